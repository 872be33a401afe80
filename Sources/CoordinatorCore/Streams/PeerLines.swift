import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import NIOCore

/// Writes lines of the peer map stream out of JSON that is made once a machine, each line as `StreamLine` would be encoded.
enum PeerLines {
    /// One machine.
    static func json(of peer: Peer) throws(CodedError) -> ByteBuffer { ByteBuffer(bytes: try encoded(peer)) }

    /// A line besides those of the peer map, with its line feed.
    static func line(posted line: StreamLine) throws(CodedError) -> ByteBuffer {
        ByteBuffer(bytes: try encoded(line) + [UInt8(ascii: "\n")])
    }

    /// What stands before and behind the machines of a snapshot.
    static func snapshotFrame(_ position: PeerMapPosition) -> (head: ByteBuffer, tail: ByteBuffer) {
        (
            ByteBuffer(string: "\(start(position))\"peers\":["),
            ByteBuffer(string: "],\"revision\":\(position.revision),\"type\":\"snapshot\"}\n")
        )
    }

    static func delta(_ position: PeerMapPosition, upserts: [ByteBuffer], removals: [MachineID]) -> ByteBuffer {
        var line = ByteBuffer(
            string:
                "\(start(position))\"removals\":\(list(removals)),\"revision\":\(position.revision),\"type\":\"delta\",\"upserts\":["
        )
        for (index, peer) in upserts.enumerated() {
            if index > 0 { line.writeInteger(UInt8(ascii: ",")) }
            line.writeImmutableBuffer(peer)
        }
        line.writeString("]}\n")
        return line
    }

    static func keepalive(_ position: PeerMapPosition) -> ByteBuffer {
        ByteBuffer(string: "\(start(position))\"revision\":\(position.revision),\"type\":\"keepalive\"}\n")
    }

    static func unchanged(_ position: PeerMapPosition, _ suspects: [MachineID]) -> ByteBuffer {
        ByteBuffer(
            string: "\(start(position))\"revision\":\(position.revision),\"suspects\":\(list(suspects)),\"type\":\"unchanged\"}\n"
        )
    }

    // An epoch is hexadecimal digits; nothing needs quoting but what is in the machines' JSON.
    private static func start(_ position: PeerMapPosition) -> String { "{\"epoch\":\"\(position.epoch)\"," }

    private static func list(_ ids: [MachineID]) -> String { "[\(ids.map { "\"\($0)\"" }.joined(separator: ","))]" }

    private static func encoded(_ value: some Encodable) throws(CodedError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw CodedError("internal", "a line could not be written as JSON", cause: error)
        }
    }
}
