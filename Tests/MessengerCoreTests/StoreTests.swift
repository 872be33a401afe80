import Basics
import FoundationEssentials
import MessengerLogic
import Testing

@testable import MessengerCore

struct StoreTests {
    private let files: TemporaryDirectory
    private let oak: Roster.Member
    private var path: String { files.path + "/inbox.sqlite" }

    init() throws {
        files = try TemporaryDirectory()
        oak = try StandInMesh.member("oak")
    }

    private func store(_ text: String, in store: InboxStore, id: MessageID = .random()) async throws -> Bool {
        try await store.store(MessageKey(sender: oak.id, id: id), from: oak, text: try MessageText(text))
    }

    @Test func reopeningKeepsTheInbox() async throws {
        let id = MessageID.random()
        let first = try InboxStore(path: path)
        #expect(try await store("one", in: first, id: id))
        #expect(try await store("two", in: first))
        try first.close()
        let second = try InboxStore(path: path)
        #expect(try await second.messages(after: nil, limit: 10).map(\.text) == ["one", "two"])
        // What was there before is a duplicate still, and sequence numbers go on.
        #expect(try await !store("one", in: second, id: id))
        #expect(try await store("three", in: second))
        let sequences = try await second.messages(after: nil, limit: 10).map(\.sequence)
        #expect(sequences.count == 3)
        #expect(sequences == Array(Set(sequences)).sorted())
    }

    @Test func pagesAreInOrder() async throws {
        let inbox = try InboxStore(path: path)
        for number in 1...5 { _ = try await store("\(number)", in: inbox) }
        #expect(try await inbox.messages(after: nil, limit: 2).map(\.text) == ["4", "5"])
        #expect(try await inbox.messages(after: 0, limit: 2).map(\.text) == ["1", "2"])
        #expect(try await inbox.messages(after: 2, limit: 9).map(\.text) == ["3", "4", "5"])
        #expect(try await inbox.messages(after: 5, limit: 9).isEmpty)
        #expect(try await inbox.count() == 5)
    }

    @Test func everyFileIsForThisUserAlone() async throws {
        let inbox = try InboxStore(path: path)
        _ = try await store("x", in: inbox)
        let names = try FileManager.default.contentsOfDirectory(atPath: files.path)
        #expect(Set(names).isSuperset(of: ["inbox.sqlite", "inbox.sqlite-wal", "inbox.sqlite-shm"]))
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(files.path)/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    @Test func aFileThatIsNoInboxIsAClearError() throws {
        try Data("this is not a database, however long it may be".utf8).write(to: URL(filePath: path))
        let error = #expect(throws: CodedError.self) { try InboxStore(path: path) }
        #expect(error?.code == "inbox-open")
        #expect(error?.message.contains(path) == true)
        let missing = #expect(throws: CodedError.self) { try InboxStore(path: "/nowhere/at/all/inbox.sqlite") }
        #expect(missing?.code == "inbox-open")
    }

    @Test func writesReachTheDisk() async throws {
        let inbox = try InboxStore(path: path)
        // FULL.
        #expect(try await inbox.synchronousLevel() == 2)
    }

    @Test func aStateDirectoryHasOneUser() throws {
        let path = files.path + "/a/b"
        let holder = try StateDirectory(path)
        let error = #expect(throws: CodedError.self) { try StateDirectory(path) }
        #expect(error?.code == "already-running")
        withExtendedLifetime(holder) {}
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o700)
    }

    @Test func theLockEndsWithItsHolder() throws {
        let path = files.path + "/c"
        do { withExtendedLifetime(try StateDirectory(path)) {} }
        _ = try StateDirectory(path)
    }
}
