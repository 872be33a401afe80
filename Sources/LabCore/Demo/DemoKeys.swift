/// Makes lines out of what a presenter types on a terminal whose keys arrive one by one, or out of a pipe. Pure.
public struct DemoKeys: Sendable, Hashable {
    public enum Typed: Sendable, Hashable {
        case line(String)
        /// Ctrl-C.
        case interrupt
    }

    /// Whether these are single keys. Otherwise whole lines, of which an empty one counts at any time.
    private let isTerminal: Bool
    private var bytes: [UInt8] = []
    /// Whether the key that is read began with an escape.
    private var isEscape = false

    /// The longest line, in bytes.
    public static let limit = 512

    public init(isTerminal: Bool) { self.isTerminal = isTerminal }

    /// What has been typed of a line that is not ended.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// - Parameter isPaused: a line without a word, which means to go on, counts at a pause only.
    public mutating func take(_ typed: [UInt8], isPaused: Bool) -> [Typed] {
        var result: [Typed] = []
        for byte in typed {
            guard isTerminal || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t") else {
                if bytes.count < Self.limit, byte != UInt8(ascii: "\r") { bytes.append(byte) }
                continue
            }
            if isEscape {
                // A sequence ends with a letter or a tilde (ECMA-48).
                if byte != UInt8(ascii: "["), (0x40...0x7e).contains(byte) { isEscape = false }
                continue
            }
            switch byte {
            case 0x03: result.append(.interrupt)
            case 0x1b: isEscape = true
            case 0x0a, 0x0d: end(&result, isPaused)
            case 0x20 where bytes.isEmpty: end(&result, isPaused)
            case 0x15: bytes = []
            case 0x08, 0x7f:
                while let last = bytes.popLast(), last & 0xc0 == 0x80 {}
            case 0x20...: if bytes.count < Self.limit { bytes.append(byte) }
            default: break
            }
        }
        return result
    }

    private mutating func end(_ result: inout [Typed], _ isPaused: Bool) {
        if !bytes.isEmpty || isPaused || !isTerminal { result.append(.line(text)) }
        bytes = []
    }
}
