import ControlProtocol
import FoundationEssentials
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct StreamLineEncoderTests {
    private func peer(_ number: Int) throws -> Peer {
        Peer(
            id: try #require(MachineID("m-" + String(repeating: "0", count: 12) + String(1_000 + number))),
            name: try #require(MachineName("n\(number)")), publicKey: try key(number), meshAddress: .v4(0x6440_0001),
            endpoints: [
                Endpoint(address: .v4(0xc000_0201), port: 1), Endpoint(address: .v6(0x2001_0db8 << 32, 1), port: 65_535),
            ],
            liveness: .suspect)
    }

    @Test func linesAreWhatTheProtocolSays() throws {
        let position = PeerMapPosition(epoch: "0123456789abcdef", revision: 42)
        let (one, two) = (try peer(1), try peer(2))
        let encoder = StreamLineEncoder()
        var changed = two
        changed.liveness = .alive
        let updates: [PeerMapUpdate] = [
            .snapshot(position, []), .snapshot(position, [one]), .snapshot(position, [one, two]),
            .delta(position, upserts: [], removals: [one.id, two.id]), .delta(position, upserts: [changed], removals: []),
            .delta(position, upserts: [one, changed], removals: [two.id]), .keepalive(position),
        ]
        let plain = JSONEncoder()
        plain.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for update in updates {
            let line = try encoder.line(update)
            #expect(String(buffer: line) == String(decoding: try plain.encode(StreamLine.update(update)), as: UTF8.self) + "\n")
        }
    }

    @Test func machinesThatAreGoneAreForgotten() throws {
        let position = PeerMapPosition(epoch: "e", revision: 1)
        let encoder = StreamLineEncoder()
        for number in 0..<500 { _ = try encoder.line(.delta(position, upserts: [peer(number)], removals: [])) }
        #expect(encoder.remembered == 500)
        _ = try encoder.line(.snapshot(position, [peer(1)]))
        #expect(encoder.remembered == 1)
    }
}
