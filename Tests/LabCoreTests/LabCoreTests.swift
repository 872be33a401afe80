import LabReport
import MeshModel
import Testing

@testable import LabCore

@Suite struct EchoPacketTests {
    private let echo = EchoPacket(identifier: 0x1234, canary: Array("warren-canary-0123456789ab".utf8))
    private let header: [UInt8] = [0x45] + [UInt8](repeating: 0, count: 19)

    @Test func anAnswerIsKnownByIdentifierNumberAndCanary() {
        var packet = echo.request(number: 0x0102_0304_0506_0708, to: .v4(1), isPlain: false)
        #expect(packet.count == EchoPacket.length)
        #expect(EchoPacket.checksum(packet) == 0, "a packet with its checksum sums up to nothing")
        let request = echo.read((header + packet)[...], isIPv4: true)
        #expect(request == .init(isReply: false, number: 0x0102_0304_0506_0708, isIntact: true))
        packet[0] = 0
        let reply = echo.read((header + packet)[...], isIPv4: true)
        #expect(reply == .init(isReply: true, number: 0x0102_0304_0506_0708, isIntact: true))
        let stranger = EchoPacket(identifier: 0x1235, canary: echo.canary)
        #expect(stranger.read((header + packet)[...], isIPv4: true) == nil)
        #expect(echo.read((header + packet.dropLast(30))[...], isIPv4: true) == nil)
        packet[50] ^= 1
        #expect(echo.read((header + packet)[...], isIPv4: true)?.isIntact == false, "a flipped bit is seen")
        #expect(echo.read([][...], isIPv4: true) == nil)
    }

    @Test func onlyProbesOfTheMeshCarryTheCanary() {
        for address in [IPAddress.v4(1), .v6(1, 2)] {
            let secret = echo.request(number: 7, to: address, isPlain: false)
            let plain = echo.request(number: 7, to: address, isPlain: true)
            #expect(String(decoding: secret, as: UTF8.self).contains("warren-canary-0123456789ab"))
            #expect(!String(decoding: plain, as: UTF8.self).contains("canary"))
        }
        let v6 = echo.request(number: 9, to: .v6(1, 2), isPlain: true)
        #expect(echo.read(v6[...], isIPv4: false) == .init(isReply: false, number: 9, isIntact: true))
    }
}

@Suite struct ReportTests {
    private func outcome(_ outcomes: Outcome...) -> Outcome {
        Report.outcome(
            of: outcomes.map { Report.CheckResult(id: "x", title: "", outcome: $0, seconds: 0, bound: nil, detail: "") })
    }

    @Test func theWorstCheckDecides() {
        #expect(outcome(.pass, .pass) == .pass)
        #expect(outcome(.pass, .inconclusive) == .inconclusive)
        #expect(outcome(.pass, .skipped) == .inconclusive)
        #expect(outcome(.inconclusive, .fail) == .fail)
    }
}
