import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import NIOCore
import Synchronization

/// Writes lines of the peer map stream.
///
/// One change goes to every machine as the same line, so the last one that was written is kept and used again.
final class StreamLineEncoder: Sendable {
    private let latest = Mutex<(update: PeerMapUpdate, line: ByteBuffer)?>(nil)
    /// Longer deltas and snapshots are not worth comparing: they are different for every reader.
    private static let sharedLimit = 256

    /// The line with its line feed.
    func line(_ update: PeerMapUpdate) throws(CodedError) -> ByteBuffer {
        guard case .delta(_, let upserts, let removals) = update, upserts.count + removals.count <= Self.sharedLimit else {
            return try encode(update)
        }
        if let known = latest.withLock({ $0 }), known.update == update { return known.line }
        let line = try encode(update)
        latest.withLock { $0 = (update, line) }
        return line
    }

    private func encode(_ update: PeerMapUpdate) throws(CodedError) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            var line = ByteBuffer(bytes: try encoder.encode(StreamLine(update)))
            line.writeInteger(UInt8(ascii: "\n"))
            return line
        } catch {
            throw CodedError("internal", "a line of the peer map stream could not be written", cause: error)
        }
    }
}
