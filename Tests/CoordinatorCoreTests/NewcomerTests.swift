import ControlProtocol
import Testing

@testable import CoordinatorCore

/// What is bounded for those whom nobody knows yet.
@Suite struct NewcomerTests {
    @Test func aHandshakeThatIsDrawnOutIsCutOff() async throws {
        var test = TestSettings(transport: .ownCertificate)
        test.clients.handshakeTime = .milliseconds(300)
        try await withCoordinator(TestDirectory(), test) { client in
            // A record of TLS that promises 512 bytes of a ClientHello (RFC 8446, section 5.1), which come one at a time.
            let pieces = [[22, 3, 1, 2, 0, 1, 0, 1, 252]] + Array(repeating: [UInt8(3)], count: 200)
            let (_, isCutOff) = try await RawConnection(to: client.url).exchange(pieces, pause: .milliseconds(50))
            #expect(isCutOff)
            #expect(try await client.send("GET", APIPath.health).status == 200)
        }
    }

    @Test func aNewcomerWhoSaysNothingIsClosedAndAMachineIsNot() async throws {
        var test = TestSettings()
        test.clients.newcomerTime = .milliseconds(200)
        try await withCoordinator(TestDirectory(), test) { client in
            let machine = try await client.register("a", key: 1, bearer: client.issueToken().secret)
            let known = "GET /v1/machines HTTP/1.1\r\nHost: c\r\nAuthorization: Bearer \(machine.credential)\r\n\r\n"
            let unknown = "GET /health HTTP/1.1\r\nHost: c\r\n\r\n"
            func answers(_ request: String) async throws -> Int {
                let end = request.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n")
                let (bytes, _) = try await RawConnection(to: client.url)
                    .exchange([Array(request.utf8), Array(end.utf8)], pause: .milliseconds(600))
                return String(decoding: bytes, as: UTF8.self).matches(of: /HTTP\/1.1 200/).count
            }
            let (silent, _) = try await RawConnection(to: client.url).exchange([])
            #expect(silent.isEmpty)
            #expect(try await answers(unknown) == 1, "closed between its two requests")
            #expect(try await answers(known) == 2)
        }
    }

    @Test func newcomersLeaveRoomForMachines() async throws {
        var test = TestSettings()
        test.clients.newcomers = 0
        try await withCoordinator(TestDirectory(), test) { client in
            let (bytes, _) = try await RawConnection(to: client.url)
                .exchange([Array("GET /health HTTP/1.1\r\nHost: c\r\n\r\n".utf8)])
            #expect(bytes.isEmpty)
        }
        let table = ConnectionTable(limit: 100, addressLimit: 50, newcomerLimit: 4)
        #expect(table.open("a") && table.open("a") && !table.open("a"), "half of them from one address")
        table.welcome("a")
        #expect(table.open("a") && table.open("b") && table.open("b") && table.newcomers == 4)
        #expect(!table.open("c") && table.open(nil), "the local socket is not concerned")
        table.close("a", isNewcomer: false)
        #expect(!table.open("c"), "a machine that goes makes no room for newcomers")
        table.close("b", isNewcomer: true)
        #expect(table.open("c") && table.open == 5 && table.newcomers == 4)
    }
}
