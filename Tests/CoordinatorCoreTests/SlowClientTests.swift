import ControlProtocol
import FoundationEssentials
import Testing

@testable import CoordinatorCore

@Suite struct SlowClientTests {
    @Test func aByteAtATimeIsCutOffWhileOthersAreServed() async throws {
        var test = TestSettings()
        test.clients.requestTime = .milliseconds(400)
        try await withCoordinator(TestDirectory(), test) { client in
            let head = "POST /v1/machines HTTP/1.1\r\nHost: c\r\nContent-Length: 5000\r\n\r\n"
            for request in [head, head + String(repeating: " ", count: 5_000)] {
                // The head byte by byte; and the head at once, with its body byte by byte.
                let isHead = request == head
                let pieces = isHead ? Array(head.utf8).map { [$0] } : [Array(head.utf8)] + Array(repeating: [32], count: 5_000)
                async let slow = RawConnection(to: client.url).exchange(pieces, pause: .milliseconds(20))
                var served = 0
                for _ in 0..<20 where try await client.send("GET", APIPath.health).status == 200 { served += 1 }
                #expect(served == 20)
                let (bytes, _) = try await slow
                let answer = try #require(RawAnswer(bytes)?.answer, "\(String(decoding: bytes, as: UTF8.self))")
                // Without a credential the second one has its answer before its body is there.
                #expect(
                    try isHead
                        ? answer.problem() == "request-timeout"
                        : ["request-timeout", "credential-missing"].contains(answer.problem()))
            }
        }
    }

    @Test func aBodyThatDoesNotComeIsATimeout() async throws {
        var test = TestSettings()
        test.clients.requestTime = .milliseconds(300)
        try await withCoordinator(TestDirectory(), test) { client in
            let token = try await client.issueToken()
            let head =
                "POST /v1/machines HTTP/1.1\r\nHost: c\r\nAuthorization: Bearer \(token.secret)\r\nContent-Length: 50\r\n\r\n{"
            let (bytes, _) = try await RawConnection(to: client.url).exchange([Array(head.utf8)])
            let answer = try #require(RawAnswer(bytes)?.answer)
            #expect(try answer.status == 408 && answer.problem() == "request-timeout" && answer.headers["connection"] == "close")
        }
    }

    @Test func oneThatSaysNothingIsClosed() async throws {
        var test = TestSettings()
        test.clients.idleTime = .milliseconds(200)
        try await withCoordinator(TestDirectory(), test) { client in
            let (bytes, _) = try await RawConnection(to: client.url).exchange([])
            #expect(bytes.isEmpty)
        }
    }

    @Test func oneAddressCannotHaveAllConnections() async throws {
        var test = TestSettings()
        test.clients.connectionsPerAddress = 0
        try await withCoordinator(TestDirectory(), test) { client in
            let (bytes, _) = try await RawConnection(to: client.url).exchange([
                Array("GET /health HTTP/1.1\r\nHost: c\r\n\r\n".utf8)
            ])
            #expect(bytes.isEmpty)
        }
        let table = ConnectionTable(limit: 10, addressLimit: 2, newcomerLimit: 100)
        #expect(table.open("a") && table.open("a") && !table.open("a") && table.open("b") && table.open(nil))
        table.close("a", isNewcomer: true)
        #expect(table.open("a") && table.open == 4 && !table.isCrowded)
        for _ in 0..<6 { _ = table.open(nil) }
        #expect(table.isCrowded)
    }

    @Test func oneThatAsksTooOftenIsToldToWait() async throws {
        var test = TestSettings()
        test.heartbeat = .seconds(10)
        test.clients.machineRate = 1
        test.clients.addressRate = 1
        try await withCoordinator(TestDirectory(), test) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let two = try await client.register("b", key: 2, bearer: token.secret)
            var statuses: [Int] = []
            for _ in 0..<4 { statuses.append(try await client.tryHeartbeat(one).status) }
            #expect(statuses.starts(with: [200, 200]) && statuses.contains(429))
            #expect(try await client.tryHeartbeat(two).status == 200, "others are not concerned")
            var last: Answer?
            for _ in 0..<6 { last = try await client.send("GET", APIPath.machines, bearer: "wrong") }
            #expect(try last?.status == 429 && last?.problem() == "too-many-requests" && last?.headers["retry-after"] == "1")
            #expect(try await client.send("POST", APIPath.challenges, body: "{}").status == 429)
        }
    }
}
