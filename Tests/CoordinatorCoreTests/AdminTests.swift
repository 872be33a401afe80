import Basics
import ControlProtocol
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct AdminTests {
    @Test func eventsTellWhatHappened() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            _ = try await client.register("a", key: 1, bearer: token.secret)
            try await client.admin.delete(APIPath.machine(one.id))
            let all = try await client.admin.get(AdminPath.events, as: MembershipEventList.self).events
            #expect(all.map(\.event) == ["machine-registered", "machine-registered", "machine-removed"])
            let last = try await client.admin.get(AdminPath.events + "?limit=1", as: MembershipEventList.self).events
            #expect(last == Array(all.suffix(1)))
            let error = await #expect(throws: CodedError.self) {
                _ = try await client.admin.get(AdminPath.events + "?limit=0", as: MembershipEventList.self)
            }
            #expect(error?.code == "bad-request")
        }
    }

    @Test func unknownThingsAreErrors() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let machine = await #expect(throws: CodedError.self) { try await client.admin.delete(APIPath.machine(.random())) }
            #expect(machine?.code == "machine-unknown")
            let token = await #expect(throws: CodedError.self) { try await client.admin.delete(AdminPath.token("t-0")) }
            #expect(token?.code == "token-unknown")
            let life = await #expect(throws: CodedError.self) { try await client.issueToken(expires: 0) }
            #expect(life?.code == "bad-request")
            let outside = try await client.send("GET", AdminPath.tokens)
            #expect(outside.status == 404, "the public API has no administration")
        }
    }

    @Test func settingsAreValidated() throws {
        let listen = try #require(ListenAddress("[::1]:0"))
        #expect(listen.description == "[::1]:0")
        for bad in ["", "7400", "::1:7400", "[127.0.0.1]:1", "127.0.0.1:65536", "localhost:1", "127.0.0.1:"] {
            #expect(ListenAddress(bad) == nil, "\(bad)")
        }
        func code(_ interval: Int, _ suspect: Int, _ unresponsive: Int) throws -> String? {
            do {
                _ = try CoordinatorSettings(
                    data: "x", listen: listen, pool: #require(IPPrefix("10.0.0.0/8")), heartbeatInterval: .milliseconds(interval),
                    suspectAfter: .milliseconds(suspect), unresponsiveAfter: .milliseconds(unresponsive))
                return nil
            } catch let error as CodedError { return error.code }
        }
        #expect(try code(1_000, 3_000, 6_000) == nil)
        #expect(try code(3_000, 3_000, 6_000) == "bad-settings")
        #expect(try code(1_000, 6_000, 6_000) == "bad-settings")
        #expect(try code(19, 3_000, 6_000) == "bad-settings")
        #expect(try code(1_000, 3_000, 86_400_001) == "bad-settings")
    }
}
