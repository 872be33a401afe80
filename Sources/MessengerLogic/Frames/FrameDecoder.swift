/// One frame as it travels: a 4-byte big-endian length of what follows, a version byte, a kind byte, a body.
public struct RawFrame: Hashable, Sendable {
    public let kind: UInt8
    public let body: [UInt8]

    /// The version of the frame format that this code speaks.
    public static let version: UInt8 = 1
    /// The bytes that the length counts besides the body: version and kind.
    static let overhead = 2
    /// The least and the most that the length may say.
    public static let lengthRange = overhead...65_536

    public init(kind: UInt8, body: [UInt8]) {
        self.kind = kind
        self.body = body
    }

    /// The bytes on the wire.
    public var encoded: [UInt8] {
        let length = UInt32(Self.overhead + body.count)
        var bytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
        bytes.append(Self.version)
        bytes.append(kind)
        bytes.append(contentsOf: body)
        return bytes
    }
}

/// Cuts a stream of bytes into frames. Holds one incomplete frame at the most, and no more memory than has arrived of it.
public struct FrameDecoder: Sendable {
    private var length: [UInt8] = []
    private var content: [UInt8] = []
    private var expected: Int?
    private var failure: FrameError?

    public init() {}

    /// How many bytes of an incomplete frame are held.
    public var buffered: Int { length.count + content.count }

    /// Takes bytes from the front of `input` until a frame is complete, and leaves the rest there.
    ///
    /// - Returns: the frame, or nil when `input` is used up.
    /// - Throws: `FrameError` as soon as the stream is known to be wrong; from then on always the same.
    public mutating func next<Bytes: Collection<UInt8>>(
        _ input: inout Bytes
    ) throws(FrameError) -> RawFrame? where Bytes.SubSequence == Bytes {
        if let failure { throw failure }
        do {
            return try take(from: &input)
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func take<Bytes: Collection<UInt8>>(
        from input: inout Bytes
    ) throws(FrameError) -> RawFrame? where Bytes.SubSequence == Bytes {
        if expected == nil {
            Self.move(from: &input, to: &length, until: 4)
            guard length.count == 4 else { return nil }
            let value = length.reduce(0) { $0 << 8 | Int($1) }
            guard value >= RawFrame.lengthRange.lowerBound else { throw .tooShort(value) }
            guard value <= RawFrame.lengthRange.upperBound else { throw .tooLong(value) }
            expected = value
        }
        guard let expected else { return nil }
        Self.move(from: &input, to: &content, until: expected)
        // Checked as soon as it is there: the rest of a frame of another version need not be waited for.
        if let version = content.first, version != RawFrame.version { throw .unsupportedVersion(version) }
        guard content.count == expected else { return nil }
        let frame = RawFrame(kind: content[1], body: Array(content[2...]))
        self.expected = nil
        length = []
        content = []
        return frame
    }

    private static func move<Bytes: Collection<UInt8>>(
        from input: inout Bytes, to target: inout [UInt8], until count: Int
    ) where Bytes.SubSequence == Bytes {
        let part = input.prefix(count - target.count)
        target.append(contentsOf: part)
        input = input.dropFirst(part.count)
    }
}
