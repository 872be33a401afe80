import Basics
import NIOCore

/// Cuts a stream of bytes into lines.
struct LineSplitter {
    /// The longest line in bytes.
    let limit: Int
    private var rest: [UInt8] = []
    /// How much of `rest` is known to hold no newline.
    private var searched = 0

    init(limit: Int) { self.limit = limit }

    /// The lines that the bytes complete, without their newlines and without empty ones.
    ///
    /// - Throws: `line-too-long`.
    mutating func add(_ bytes: some Sequence<UInt8>) throws(CodedError) -> [[UInt8]] {
        rest += bytes
        var lines: [[UInt8]] = []
        var start = 0
        while let end = rest[max(start, searched)...].firstIndex(of: UInt8(ascii: "\n")) {
            if end > start { lines.append(Array(rest[start..<end])) }
            start = end + 1
            searched = start
        }
        rest.removeFirst(start)
        searched = rest.count
        guard rest.count <= limit, lines.allSatisfy({ $0.count <= limit }) else {
            throw CodedError("line-too-long", "a line of the peer map stream is longer than \(limit) bytes")
        }
        return lines
    }
}
