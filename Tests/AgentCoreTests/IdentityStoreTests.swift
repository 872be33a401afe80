import Basics
import Testing

@testable import AgentCore

@Suite struct IdentityStoreTests {
    private let scratch: Scratch
    private let store: IdentityStore

    init() throws {
        scratch = try Scratch()
        store = IdentityStore(directory: scratch.path)
    }

    @Test func thereIsNoneAtFirst() throws {
        #expect(try store.load() == nil)
    }

    @Test func whatIsSavedIsReadBackAndPrivate() throws {
        var identity = Identity(joining: token)
        try store.save(identity)
        #expect(try store.load() == identity)
        #expect(try store.load()?.joinSecret == "the-join-secret")
        identity.registration = try registration()
        identity.joinSecret = nil
        try store.save(identity)
        #expect(try store.load() == identity)
        #expect(try scratch.mode(of: "identity.json") == 0o600)
    }

    @Test(arguments: [
        "", "{", "[]", "{}", "{\"version\":2}", "not json at all",
        "{\"version\":1,\"privateKey\":\"c2VjcmV0\",\"coordinator\":\"http://192.0.2.1\"}",
        "{\"version\":1,\"privateKey\":7,\"coordinator\":\"http://192.0.2.1\"}",
    ])
    func aDamagedFileIsNamedAndLeftAlone(_ text: String) throws {
        let file = try scratch.write(text, to: "identity.json")
        let error = try #require(throws: CodedError.self) { try store.load() }
        #expect(error.code == "identity-damaged")
        #expect(error.message.contains(file))
        #expect(!error.description.contains("c2VjcmV0"), "a secret must not be shown")
        #expect(try PrivateFile.read(file, limit: 1_000) == Array(text.utf8))
    }

    @Test func aFileThatOthersCanReadIsRefused() throws {
        _ = try scratch.write("{}", to: "identity.json", mode: 0o644)
        let error = try #require(throws: CodedError.self) { try store.load() }
        #expect(error.code == "state-file")
        #expect(error.message.contains("chmod 600"))
    }

    @Test func aFileThatIsTooLargeIsRefused() throws {
        _ = try scratch.write(String(repeating: " ", count: 70_000), to: "identity.json")
        #expect(throws: CodedError.self) { try store.load() }
    }

    @Test func aFailedReplacementLeavesTheOldFile() throws {
        let identity = Identity(joining: token)
        try store.save(identity)
        #expect(throws: CodedError.self) { try PrivateFile.replace("\(scratch.path)/missing/identity.json", with: [1]) }
        #expect(try store.load() == identity)
    }

    @Test func neverShowsItsSecrets() throws {
        var identity = Identity(joining: token)
        identity.registration = try registration()
        var shown = "\(identity) \(String(reflecting: identity))"
        dump(identity, to: &shown)
        for secret in [identity.privateKey.base64, "the-join-secret", "the-credential"] { #expect(!shown.contains(secret)) }
    }

    @Test func theKeyDecidesThePublicKey() throws {
        // Bob's keys of RFC 7748, section 6.1.
        var identity = Identity(joining: token)
        identity.privateKey = try #require(.init(hex: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
        #expect(try identity.publicKey().hex == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    }
}
