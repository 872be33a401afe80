import MeshModel
@testable import PacketModel
import Testing

@Suite struct DissectionTests {
    @Test func udpOverIPv4() throws {
        let frame = Build.ethernet(EtherType.ipv4, Build.ipv4("192.0.2.1", "192.0.2.2", 17, Build.udp(1_000, 53, [1, 2, 3])))
        // Ethernet pads short frames; that is no payload.
        let packet = try #require(Dissection(frame + [0, 0, 0]))
        #expect(packet.source.description == "02:00:00:00:00:01" && packet.destination.description == "02:00:00:00:00:02")
        #expect(packet.ip?.source == IPAddress("192.0.2.1") && packet.ip?.destination == IPAddress("192.0.2.2"))
        #expect(packet.ip?.hopLimit == 64 && packet.ip?.fragment == nil && packet.vlan == nil && !packet.isMalformed)
        #expect(packet.transport == .udp(source: 1_000, destination: 53, length: 11))
        #expect(Array(frame[packet.payload]) == [1, 2, 3])
    }

    @Test func tagsAndOptions() throws {
        let inner = Build.ipv4("192.0.2.1", "192.0.2.2", 6, options: [1, 1, 1, 1], Build.tcp(7_400, 40_000, sequence: 77, [5]))
        let frame = Build.ethernet(EtherType.vlan, [0x30, 0x2a] + Build.half(Int(EtherType.ipv4)) + inner)
        let packet = try #require(Dissection(frame))
        #expect(packet.vlan == 42 && packet.etherType == EtherType.ipv4)
        #expect(packet.transport == .tcp(source: 7_400, destination: 40_000, sequence: 77, flags: 0x18))
        #expect(Array(frame[packet.payload]) == [5])
    }

    @Test func fragments() throws {
        let first = try #require(
            Dissection(Build.ethernet(EtherType.ipv4, Build.ipv4("192.0.2.1", "192.0.2.2", 17, more: true, Build.udp(1, 2, [1]))))
        )
        #expect(first.ip?.fragment == Fragment(identification: 7, offset: 0, more: true))
        #expect(first.transport == .udp(source: 1, destination: 2, length: 9))
        let later = try #require(
            Dissection(Build.ethernet(EtherType.ipv4, Build.ipv4("192.0.2.1", "192.0.2.2", 17, offset: 16, Build.udp(1, 2, [1]))))
        )
        #expect(later.ip?.fragment == Fragment(identification: 7, offset: 16, more: false))
        #expect(later.transport == .none && !later.isMalformed)
    }

    @Test func extensionHeadersOfIPv6() throws {
        // Hop-by-hop options of 16 bytes, then a fragment header: offset 8, more to come.
        let later: [UInt8] = [44, 1] + [UInt8](repeating: 0, count: 14) + [17, 0, 0, 9, 0, 0, 0, 5, 1, 2, 3]
        let packet = try #require(Dissection(Build.ethernet(EtherType.ipv6, Build.ipv6("fd00::1", "fd00::2", 0, later))))
        #expect(packet.ip?.fragment == Fragment(identification: 5, offset: 8, more: true))
        #expect(packet.ip?.protocolNumber == 17 && packet.transport == .none && packet.payload.count == 3)
        // A router alert before MLD, as every listener report has it.
        let report: [UInt8] = [58, 0, 5, 2, 0, 0, 1, 0, 143, 0, 0, 0, 0, 0, 0, 0]
        let listener = try #require(Dissection(Build.ethernet(EtherType.ipv6, Build.ipv6("fe80::1", "ff02::16", 0, report))))
        #expect(listener.transport == .icmpv6(type: 143, code: 0))
        #expect(
            ExpectedTraffic.multicastListener.allows(listener, nil) && !ExpectedTraffic.neighbourDiscovery.allows(listener, nil))
    }

    @Test func arpAndQuotes() throws {
        let question =
            [0, 1, 8, 0, 6, 4, 0, 1] + Build.hardware(1) + Build.bytes("192.0.2.1") + [0, 0, 0, 0, 0, 0]
            + Build.bytes("192.0.2.9")
        let arp = try #require(Dissection(Build.ethernet(EtherType.arp, question))?.arp)
        #expect(arp.operation == 1 && arp.sender == IPAddress("192.0.2.1") && arp.target == IPAddress("192.0.2.9"))
        let quote = Build.ipv4("100.64.0.1", "100.64.0.2", 17, Build.udp(1, 2, []))
        let error = Build.ethernet(EtherType.ipv4, Build.ipv4("192.0.2.1", "192.0.2.2", 1, [3, 3, 0, 0, 0, 0, 0, 0] + quote))
        #expect(Dissection(error)?.quoted == [.v4(0x6440_0001), .v4(0x6440_0002)])
    }

    @Test func whatIsCutOffIsSaidToBe() throws {
        #expect(Dissection([UInt8](repeating: 0, count: 13)) == nil)
        let frame = Build.ethernet(EtherType.ipv4, Build.ipv4("192.0.2.1", "192.0.2.2", 17, Build.udp(1, 2, [])))
        for length in 14..<frame.count {
            let packet = try #require(Dissection(Array(frame.prefix(length))))
            #expect(packet.isMalformed && packet.transport == .none, "\(length)")
        }
        #expect(Dissection(frame)?.isMalformed == false)
    }

    @Test func wireGuardIsToldByItsForm() {
        func kind(_ bytes: [UInt8], length: Int? = nil) -> WireGuardMessage.Kind? {
            bytes.withUnsafeBytes { WireGuardMessage($0, length: length ?? bytes.count)?.kind }
        }
        for (type, length) in [(UInt8(1), 148), (2, 92), (3, 64), (4, 32), (4, 1_452)] {
            let message = [type, 0, 0, 0] + [UInt8](repeating: 9, count: length - 4)
            #expect(kind(message)?.rawValue == type)
            #expect(type == 4 || kind(message + [0]) == nil)
        }
        #expect(kind([4, 0, 1, 0] + [UInt8](repeating: 9, count: 60)) == nil)
        #expect(kind([5, 0, 0, 0] + [UInt8](repeating: 9, count: 60)) == nil)
        #expect(kind([4, 0, 0, 0] + [UInt8](repeating: 9, count: 27)) == nil)
    }
}
