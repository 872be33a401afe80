import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import NIOCore
import TestSupport
import Testing

@testable import CoordinatorCore

@Suite struct PeerFeedTests {
    private func id(_ number: Int) throws -> MachineID {
        try #require(MachineID("m-" + String(repeating: "0", count: 12) + String(1_000 + number)))
    }

    private func peer(_ number: Int, port: UInt16 = 1, _ liveness: Liveness = .alive) throws -> Peer {
        Peer(
            id: try id(number), name: try #require(MachineName("n\(number)")), publicKey: try key(number),
            meshAddress: .v4(0x6440_0001 + UInt32(number)),
            endpoints: [
                Endpoint(address: .v4(0xc000_0201), port: port), Endpoint(address: .v6(0x2001_0db8 << 32, 1), port: 65_535),
            ],
            liveness: liveness)
    }

    private func next(
        _ feed: inout PeerFeed, _ reader: Int, since: PeerMapPosition?, content: PeerMapDigest? = nil
    ) throws -> PeerFeed.Turn {
        let turn = feed.next(for: try id(reader), since: since, content: content)
        return try #require(turn)
    }

    private func line(_ turn: PeerFeed.Turn) throws -> StreamLine {
        try JSONDecoder().decode(StreamLine.self, from: Data(turn.parts.flatMap { Array($0.readableBytesView) }))
    }

    /// A line must be, byte by byte, what the protocol's own encoder writes.
    private func expectPlain(_ turn: PeerFeed.Turn) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = turn.parts.map { String(buffer: $0) }.joined()
        #expect(text == String(decoding: try encoder.encode(try line(turn)), as: UTF8.self) + "\n")
    }

    @Test func whoeverAppliesTheLinesHasTheMap() throws {
        var generator = SeededGenerator(seed: 1)
        var feed = PeerFeed(epoch: "0123456789abcdef", logCapacity: 16)
        var machines: [MachineID: Peer] = [:]
        var readers = try (0..<4).map { (id: try id($0), map: PeerMap()) }
        for _ in 0..<4_000 {
            let number = Int.random(in: 0..<12, using: &generator)
            let changed = try id(number)
            if machines[changed] != nil, Int.random(in: 0..<4, using: &generator) == 0 {
                machines[changed] = nil
            } else {
                machines[changed] = try peer(
                    number, port: .random(in: 1...999, using: &generator),
                    Liveness.allCases.randomElement(using: &generator) ?? .alive)
            }
            try feed.publish([changed]) { machines[$0] }
            #expect(feed.digest == PeerMapDigest(machines.values))
            let reader = Int.random(in: 0..<40, using: &generator)
            guard readers.indices.contains(reader) else { continue }
            while let turn = feed.next(for: readers[reader].id, since: readers[reader].map.position) {
                try expectPlain(turn)
                guard case .update(let update) = try line(turn) else { throw CodedError("test", "no line of the map") }
                try readers[reader].map.apply(update)
            }
            #expect(readers[reader].map.peers == machines.filter { $0.key != readers[reader].id })
        }
    }

    @Test func aDeltaIsMadeOnceForAll() throws {
        var feed = PeerFeed(epoch: "e")
        try feed.reset((0..<10).map { try peer($0) }, revision: 7)
        let moved = try peer(0, port: 2)
        try feed.publish([moved.id]) { _ in moved }
        let since = PeerMapPosition(epoch: "e", revision: 7)
        var lines: [[ByteBuffer]] = []
        for reader in 1..<10 { lines.append(try next(&feed, reader, since: since).parts) }
        #expect(lines.allSatisfy { $0.count == 1 && $0[0] == lines[0][0] })
        let places = lines.map { parts in parts[0].withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) } }
        #expect(Set(places).count == 1, "the same memory")
        let own = try next(&feed, 0, since: since)
        #expect(try line(own) == .update(.keepalive(.init(epoch: "e", revision: 8))), "its own change is none to itself")
    }

    @Test func aSnapshotLeavesOutWhoeverReadsIt() throws {
        for count in 0..<4 {
            var feed = PeerFeed(epoch: "e")
            try feed.reset((0..<count).map { try peer($0) }, revision: 0)
            for reader in 0..<4 {
                let turn = try next(&feed, reader, since: nil)
                try expectPlain(turn)
                guard case .update(.snapshot(_, let peers)) = try line(turn) else { throw CodedError("test", "no snapshot") }
                #expect(try Set(peers.map(\.id)) == Set((0..<count).filter { $0 != reader }.map { try id($0) }))
            }
        }
    }

    @Test func whoeverHasTheContentGetsNoSnapshot() throws {
        var feed = PeerFeed(epoch: "e")
        try feed.reset([peer(0), peer(1), peer(2, .suspect), peer(3, .unresponsive)], revision: 0)
        let before = PeerMapPosition(epoch: "before", revision: 99)
        // Who is suspect is told; it does not count for the content.
        var map = PeerMap(position: before)
        try map.apply(.snapshot(before, [peer(1, .suspect), peer(2), peer(3, .unresponsive)]))
        let turn = try next(&feed, 0, since: before, content: PeerMapDigest(map.peers.values))
        try expectPlain(turn)
        guard case .update(let update) = try line(turn) else { throw CodedError("test", "no line of the map") }
        #expect(try update == .unchanged(.init(epoch: "e", revision: 0), suspects: [id(2)]))
        try map.apply(update)
        #expect(try Array(map.peers.values.sorted { $0.id < $1.id }) == [peer(1), peer(2, .suspect), peer(3, .unresponsive)])

        let other = PeerMapDigest([try peer(1, port: 9), try peer(2), try peer(3, .unresponsive)])
        let snapshot = try next(&feed, 0, since: before, content: other)
        guard case .update(.snapshot) = try line(snapshot) else { throw CodedError("test", "no snapshot") }
    }
}
