import Basics
import MeshModel
import MessengerLogic
import Testing

@testable import MessengerCore

struct ReceivingTests {
    private let birch: Roster.Member
    private let oak: Roster.Member

    init() throws {
        birch = try StandInMesh.member("birch")
        oak = try StandInMesh.member("oak")
    }

    @Test func aMessageIsOnTheDiskWhenItIsAcknowledged() async throws {
        let station = try await Station(birch, knows: [oak])
        let connection = try await station.greet(from: oak.address)
        let id = MessageID.random()
        #expect(try await connection.ask(.message(id, try MessageText("hé 🙂\nline"))) == .acknowledge(id))
        // Read through another connection to the file, at once.
        let found = try await InboxStore(path: station.inboxPath).messages(after: nil, limit: 10)
        #expect(found.map(\.text) == ["hé 🙂\nline"])
        #expect(found.first?.id == "\(id)")
        #expect(found.first?.from == oak.name)
        connection.close()
        await station.stop()
    }

    @Test func whatCannotBeStoredIsNotAcknowledged() async throws {
        let station = try await Station(birch, knows: [oak])
        let connection = try await station.greet(from: oak.address)
        try station.store.close()
        guard case .refuse(let refusal) = try await connection.ask(.message(.random(), try MessageText("hi"))) else {
            Issue.record("it was acknowledged")
            return
        }
        #expect(refusal.code == "not-stored")
        #expect(await station.log.event("store-failed")?.level == .error)
    }

    @Test func aDuplicateIsAcknowledgedAgainAndStoredOnce() async throws {
        let elm = try StandInMesh.member("elm")
        let station = try await Station(birch, knows: [oak, elm])
        let id = MessageID.random()
        let message = Frame.message(id, try MessageText("once"))
        let first = try await station.greet(from: oak.address)
        #expect(try await first.ask(message) == .acknowledge(id))
        #expect(try await first.ask(message) == .acknowledge(id))
        first.close()
        let second = try await station.greet(from: oak.address)
        #expect(try await second.ask(message) == .acknowledge(id))
        #expect(try await station.store.count() == 1)
        #expect(station.log.all("message-received").count == 1)
        #expect(station.log.all("message-duplicate").count == 2)
        #expect(station.state.counters.duplicates == 2)
        // The same id of another machine is another message.
        let other = try await station.greet(from: elm.address)
        #expect(try await other.ask(message) == .acknowledge(id))
        #expect(try await station.store.messages(after: nil, limit: 10).map(\.from) == [oak.name, elm.name])
    }

    @Test func anAddressThatTheDirectoryDoesNotKnowIsRefused() async throws {
        let station = try await Station(birch, knows: [])
        let connection = try await station.connect(from: oak.address)
        guard case .refuse(let refusal) = try await connection.ask(.hello(Hello(versions: [1], program: "birch"))) else {
            Issue.record("it was welcomed")
            return
        }
        #expect(refusal.code == "unknown-sender")
        #expect(try await connection.drain().isEmpty)
        let event = try #require(await station.log.event("connection-refused"))
        #expect(event.fields["address"] == "\(oak.address)")
        #expect(event.fields["reason"] == "unknown-sender")
        // As soon as the directory knows it, it is welcome.
        station.directory.set(.answers(Roster(own: birch, others: [oak])))
        _ = try await station.greet(from: oak.address)
    }

    @Test(arguments: [StandInDirectory.Mood.fails, .hangs])
    func withoutADirectoryNobodyIsBelieved(mood: StandInDirectory.Mood) async throws {
        let station = try await Station(birch, knows: [oak]) { $0.directoryDeadline = .milliseconds(200) }
        station.directory.set(mood)
        let connection = try await station.connect(from: oak.address)
        guard case .refuse(let refusal) = try await connection.ask(.hello(Hello(versions: [1], program: ""))) else {
            Issue.record("it was welcomed")
            return
        }
        #expect(refusal.code == "directory-unavailable")
    }

    @Test func theTextIsNowhereInTheLog() async throws {
        let station = try await Station(birch, knows: [oak])
        let connection = try await station.greet(from: oak.address)
        _ = try await connection.ask(.message(.random(), try MessageText("a very secret text")))
        _ = try await connection.ask(.acknowledge(.random()))
        connection.close()
        await station.stop()
        #expect(station.log.events.count >= 2)
        for event in station.log.events { #expect(!event.fields.values.contains { $0.contains("secret") }) }
    }
}
