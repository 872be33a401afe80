import MeshModel
import NIOCore

/// A snapshot for everybody: the machines one after the other, and where each of them stands.
struct SharedSnapshot: Sendable {
    let position: PeerMapPosition
    private let machines: ByteBuffer
    /// Where a machine's JSON is in `machines`, without commas.
    private let places: [MachineID: Range<Int>]
    private let head: ByteBuffer
    private let tail: ByteBuffer

    init(_ position: PeerMapPosition, _ entries: [MachineID: PeerFeed.Entry]) {
        self.position = position
        var machines = ByteBuffer()
        machines.reserveCapacity(entries.values.reduce(0) { $0 + $1.json.readableBytes + 1 })
        var places: [MachineID: Range<Int>] = [:]
        places.reserveCapacity(entries.count)
        for (id, entry) in entries {
            if machines.writerIndex > 0 { machines.writeInteger(UInt8(ascii: ",")) }
            let start = machines.writerIndex
            machines.writeImmutableBuffer(entry.json)
            places[id] = start..<machines.writerIndex
        }
        self.machines = machines
        self.places = places
        (head, tail) = PeerLines.snapshotFrame(position)
    }

    /// The line without the reader's own entry: slices of what all readers share.
    func turn(for reader: MachineID) -> PeerFeed.Turn {
        PeerFeed.Turn(
            parts: [head] + others(than: reader).filter { $0.readableBytes > 0 } + [tail], position: position, type: "snapshot")
    }

    private func others(than reader: MachineID) -> [ByteBuffer] {
        guard let own = places[reader] else { return [machines] }
        // One of the commas goes with it: the one before, or for the first machine the one behind.
        let before = slice(0, own.lowerBound - 1)
        let behind = slice(own.lowerBound == 0 ? own.upperBound + 1 : own.upperBound, machines.writerIndex)
        return [before, behind]
    }

    private func slice(_ start: Int, _ end: Int) -> ByteBuffer {
        guard start < end else { return ByteBuffer() }
        return machines.getSlice(at: start, length: end - start) ?? ByteBuffer()
    }
}
