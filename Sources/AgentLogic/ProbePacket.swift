/// What a mesh probe and its answer are on the wire: one UDP datagram of 20 bytes each.
///
/// 16 bytes that the asking side made up, then four letters that tell a question from an answer. Because an answer is as long as its
/// question and is never answered itself, nobody can make two machines talk to each other for ever, or send more than was sent.
public struct ProbePacket: Sendable, Hashable {
    /// What the packet is.
    public enum Kind: Sendable, Hashable, CaseIterable {
        case question, answer
    }

    /// The UDP port of probes on mesh addresses.
    public static let port: UInt16 = 7_401
    /// Bytes.
    public static let length = nonceLength + 4
    /// Bytes.
    public static let nonceLength = 16
    private static let question = Array("wrP?".utf8)
    private static let answer = Array("wrP!".utf8)

    public let kind: Kind
    /// Names the question: 16 bytes that cannot be guessed, so that an answer proves that the question arrived.
    public let nonce: [UInt8]

    /// Nil unless the nonce has 16 bytes.
    public init?(_ kind: Kind, nonce: [UInt8]) {
        guard nonce.count == Self.nonceLength else { return nil }
        self.kind = kind
        self.nonce = nonce
    }

    /// Reads a datagram; nil for anything that is not exactly one of the two.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        nonce = Array(bytes.prefix(Self.nonceLength))
        switch Array(bytes.suffix(4)) {
        case Self.question: kind = .question
        case Self.answer: kind = .answer
        default: return nil
        }
    }

    /// The datagram.
    public var bytes: [UInt8] { nonce + (kind == .question ? Self.question : Self.answer) }
}
