/// What is wrong with a stream of frames. None can be recovered from: the connection is closed.
public enum FrameError: Error, Hashable, Sendable {
    /// A length below 2.
    case tooShort(Int)
    /// A length above 65,536.
    case tooLong(Int)
    case unsupportedVersion(UInt8)
    case unknownKind(UInt8)
    /// The body is not what its kind demands.
    case malformed(String)
    /// The stream ended inside a frame.
    case truncated
    /// More bytes arrived than anybody waits for.
    case flood

    /// A stable word for logs and refusals.
    public var code: String {
        switch self {
        case .tooShort: "frame-too-short"
        case .tooLong: "frame-too-long"
        case .unsupportedVersion: "unsupported-version"
        case .unknownKind: "unknown-kind"
        case .malformed: "malformed-frame"
        case .truncated: "frame-truncated"
        case .flood: "frame-flood"
        }
    }
}

extension FrameError: CustomStringConvertible {
    /// For a person: what was found and what is allowed.
    public var description: String {
        switch self {
        case .tooShort(let length), .tooLong(let length):
            "a frame announces \(length) bytes; allowed are \(RawFrame.lengthRange.lowerBound) to \(RawFrame.lengthRange.upperBound)"
        case .unsupportedVersion(let version):
            "a frame has version \(version); this messenger speaks version \(RawFrame.version)"
        case .unknownKind(let kind): "a frame has the unknown kind \(kind)"
        case .malformed(let what): what
        case .truncated: "the stream ended inside a frame"
        case .flood: "the peer sends faster than it is answered"
        }
    }
}
