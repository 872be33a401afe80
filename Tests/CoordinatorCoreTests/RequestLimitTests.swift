import AsyncHTTPClient
import Basics
import ControlProtocol
import MeshModel
import NIOCore
import Testing

@testable import CoordinatorCore

/// What outsiders may do before it is known who they are.
@Suite struct RequestLimitTests {
    @Test(arguments: ["/v1/challenges", "/v1/challenges/", "//v1//challenges", "/v1/machines", "/v1//machines/", "/metrics/"])
    func noSpellingOfAPathLeadsRoundTheBound(path: String) async throws {
        var test = TestSettings()
        test.clients.addressRate = 1
        try await withCoordinator(TestDirectory(), test) { client in
            var statuses: [UInt] = []
            for _ in 0..<8 {
                var request = HTTPClientRequest(url: client.url + path)
                request.method = path.contains("metrics") ? .GET : .POST
                if request.method == .POST {
                    request.headers.add(name: "authorization", value: "Bearer nobody")
                    request.body = .bytes(ByteBuffer(string: "{}"))
                }
                statuses.append(try await HTTPClient.shared.execute(request, timeout: .seconds(5)).status.code)
            }
            #expect(statuses.last == 429, "\(statuses)")
        }
    }

    @Test func whatIsNotProvedCounts() async throws {
        var test = TestSettings()
        test.clients.addressRate = 1
        try await withCoordinator(TestDirectory(), test) { client in
            let body = """
                {"name":"a","publicKey":"\(try key(1).base64)","endpoints":[],"instance":"0123456789abcdef",\
                "proof":{"challenge":"made-up","mac":"made-up"}}
                """
            var statuses: [Int] = []
            for _ in 0..<8 {
                statuses.append(try await client.send("POST", APIPath.machines, bearer: "nobody", body: body).status)
            }
            #expect(statuses.first == 403 && statuses.last == 429, "\(statuses)")
        }
    }

    @Test func theLogHasABudgetForEachAddress() {
        let limits = RequestLimits(ConnectionLimits(), heartbeatInterval: .seconds(1), now: { .zero })
        let lines = (0..<200).count { _ in limits.mayLog("192.0.2.1") }
        #expect(lines == 60)
        #expect(limits.mayLog("192.0.2.2") && limits.mayLog(nil))
    }

    @Test(arguments: [(20, 400), (1_000, 40), (60_000, 40)])
    func aMachineMaySendItsHeartbeats(intervalMilliseconds: Int, atOnce: Int) throws {
        let limits = RequestLimits(
            ConnectionLimits(), heartbeatInterval: .milliseconds(intervalMilliseconds), now: { .zero })
        let machine = MachineID.random()
        let taken = (0..<1_000).count { _ in (try? limits.count(machine)) != nil }
        #expect(taken == atOnce)
    }
}
