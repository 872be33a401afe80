import AsyncHTTPClient
import Basics
import ControlProtocol
import Glibc
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

    /// Answers to a client that asks and asks and never reads must not pile up for ever.
    @Test(.timeLimit(.minutes(1))) func oneThatNeverReadsIsLetGo() async throws {
        var test = TestSettings()
        test.clients.readerTime = .seconds(1)
        try await withCoordinator(TestDirectory(), test) { client in
            let port = try #require(client.url.split(separator: ":").last.flatMap { UInt16($0) })
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            try #require(status == 0 && fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
            let requests = String(repeating: "GET /openapi.json HTTP/1.1\r\nHost: c\r\n\r\n", count: 1_000)
            _ = Array(requests.utf8).withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            try await within {
                while true {
                    // The kernel that gives up says nothing: the client learns of it when it sends something.
                    _ = send(descriptor, " ", 1, Int32(MSG_NOSIGNAL))
                    var state = pollfd(fd: descriptor, events: 0, revents: 0)
                    poll(&state, 1, 0)
                    if state.revents & Int16(POLLERR | POLLHUP) != 0 { return }
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
        }
    }
}
