import LabReport
import MeshModel
import Testing

@testable import LabCore

@Suite struct EchoPacketTests {
    @Test func anAnswerIsKnownByIdentifierNumberAndCanary() {
        var packet = EchoPacket.request(identifier: 0x1234, number: 0x0102_0304_0506_0708)
        #expect(packet.count == EchoPacket.length)
        #expect(EchoPacket.checksum(packet) == 0, "a packet with its checksum sums up to nothing")
        let header: [UInt8] = [0x45] + [UInt8](repeating: 0, count: 19)
        #expect(EchoPacket.answer(in: (header + packet)[...], identifier: 0x1234) == nil, "a request is no answer")
        packet[0] = 0
        #expect(EchoPacket.answer(in: (header + packet)[...], identifier: 0x1234) == 0x0102_0304_0506_0708)
        #expect(EchoPacket.answer(in: (header + packet)[...], identifier: 0x1235) == nil)
        #expect(EchoPacket.answer(in: (header + packet.dropLast(30))[...], identifier: 0x1234) == nil)
        packet[20] ^= 1
        #expect(EchoPacket.answer(in: (header + packet)[...], identifier: 0x1234) == nil)
        #expect(EchoPacket.answer(in: [][...], identifier: 1) == nil)
    }
}

@Suite struct PacketFilterTests {
    @Test func theTransactionReplacesTheWholeTable() {
        let script = PacketFilter.script([.init(from: "m2", to: "m1"), .init(from: "m1", to: "m2")])
        #expect(script.hasPrefix("add table bridge lab\nflush table bridge lab\ndelete table bridge lab\n"))
        #expect(script.contains("elements = { \"m1\" . \"m2\", \"m2\" . \"m1\" }"))
        #expect(!PacketFilter.script([]).contains("elements"))
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

@Suite struct UnderlayTests {
    @Test func everyMachineHasAddressesOfItsOwn() {
        let addresses = (0...1_000).map(Underlay.address)
        #expect(Set(addresses).count == 1_001)
        #expect(addresses[0].description == "198.18.0.1" && addresses[255].description == "198.18.1.0")
        #expect(Set((0...1_000).map(Underlay.hardwareAddress)).count == 1_001)
        #expect((0...1_000).allSatisfy { Underlay.portName($0).utf8.count <= 15 })
    }
}
