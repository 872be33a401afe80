import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import NIOCore
import Synchronization

/// Writes lines of the peer map stream, each as `StreamLine` would be encoded.
///
/// The JSON of a machine is made once and used in all lines that hold it: after a restart everybody asks for a snapshot, and
/// encoding every machine for every reader would keep the coordinator from its heartbeats.
final class StreamLineEncoder: Sendable {
    private struct Fragment: Sendable {
        let peer: Peer
        let json: ByteBuffer
    }
    private let fragments = Mutex<[MachineID: Fragment]>([:])

    /// The line with its line feed.
    func line(_ update: PeerMapUpdate) throws(CodedError) -> ByteBuffer {
        // An epoch is hexadecimal digits; nothing in the line needs quoting but what is in the fragments.
        let position = update.position
        var line = ByteBuffer(string: "{\"epoch\":\"\(position.epoch)\",")
        switch update {
        case .snapshot(_, let peers):
            line.writeString("\"peers\":")
            try write(peers, to: &line)
            line.writeString(",\"revision\":\(position.revision),\"type\":\"snapshot\"}\n")
            forgetOthers(than: peers)
        case .delta(_, let upserts, let removals):
            let ids = removals.map { "\"\($0)\"" }.joined(separator: ",")
            line.writeString("\"removals\":[\(ids)],\"revision\":\(position.revision),\"type\":\"delta\",\"upserts\":")
            try write(upserts, to: &line)
            line.writeString("}\n")
        case .keepalive:
            line.writeString("\"revision\":\(position.revision),\"type\":\"keepalive\"}\n")
        }
        return line
    }

    /// A line besides those of the peer map, with its line feed.
    func line(posted line: StreamLine) throws(CodedError) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return ByteBuffer(bytes: try encoder.encode(line) + [UInt8(ascii: "\n")])
        } catch {
            throw CodedError("internal", "a line could not be written as JSON", cause: error)
        }
    }

    /// How many machines are remembered.
    var remembered: Int { fragments.withLock { $0.count } }

    private func write(_ peers: [Peer], to line: inout ByteBuffer) throws(CodedError) {
        line.writeInteger(UInt8(ascii: "["))
        for (index, peer) in peers.enumerated() {
            if index > 0 { line.writeInteger(UInt8(ascii: ",")) }
            line.writeImmutableBuffer(try json(of: peer))
        }
        line.writeInteger(UInt8(ascii: "]"))
    }

    private func json(of peer: Peer) throws(CodedError) -> ByteBuffer {
        if let known = fragments.withLock({ $0[peer.id] }), known.peer == peer { return known.json }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let json = ByteBuffer(bytes: try encoder.encode(peer))
            fragments.withLock { $0[peer.id] = Fragment(peer: peer, json: json) }
            return json
        } catch {
            throw CodedError("internal", "a machine could not be written as JSON", cause: error)
        }
    }

    /// Keeps the memory in proportion to the mesh: machines that were removed are forgotten once they are the greater part.
    private func forgetOthers(than peers: [Peer]) {
        guard remembered > 2 * peers.count + 64 else { return }
        let present = Set(peers.map(\.id))
        fragments.withLock { $0 = $0.filter { present.contains($0.key) } }
    }
}
