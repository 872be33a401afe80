import Basics
import Crypto
import MeshModel

/// Names the content of a peer map, so that a reader whose position means nothing any longer can show that it has everything already.
///
/// SHA-256 of a text form of each machine, all of them combined by exclusive or: so the order does not matter, and a change of one machine
/// changes the digest in constant time. Whether a machine is alive or suspect is left out, for that is what a coordinator does not know just
/// after its start; whether it is unresponsive counts. Nor are observed endpoints in it, for the same reason. The digest guards against being out of step, not against forgery: a machine that
/// sends a false one fools itself only.
public struct PeerMapDigest: Sendable, Hashable {
    /// 32 bytes as four words.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// The digest of the empty map.
    public init() {}

    /// The digest of these machines, each of which must be there once.
    public init(_ peers: some Sequence<Peer>) {
        for peer in peers { toggle(PeerMapDigest(of: peer)) }
    }

    /// The digest of the map that holds this machine alone.
    public init(of peer: Peer) {
        let hash = SHA256.hash(data: Array(Self.text(of: peer).utf8))
        hash.withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 {
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
            words = (word(0), word(1), word(2), word(3))
        }
    }

    /// From the form that `hex` has; nil for anything else.
    public init?(hex text: some StringProtocol) {
        guard text.utf8.count == 64, let bytes = Hex.decode(text) else { return nil }
        func word(_ index: Int) -> UInt64 { bytes[(index * 8)..<(index * 8 + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
        words = (word(0), word(1), word(2), word(3))
        guard hex == text else { return nil }
    }

    /// Puts machines in that were not there, or takes machines out that were.
    public mutating func toggle(_ other: PeerMapDigest) {
        words = (words.0 ^ other.words.0, words.1 ^ other.words.1, words.2 ^ other.words.2, words.3 ^ other.words.3)
    }

    /// 64 hexadecimal digits in lower case.
    public var hex: String {
        Hex.encode(
            [words.0, words.1, words.2, words.3].flatMap { word in
                (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
            })
    }

    /// One field a line; none of them can hold a line feed.
    private static func text(of peer: Peer) -> String {
        let fields = [
            "warren peer 1", peer.id.text, peer.name.text, peer.publicKey.base64, peer.meshAddress.description,
            peer.meshAddress6?.description ?? "", peer.endpoints.map(\.description).joined(separator: ","),
            peer.liveness == .unresponsive ? "unresponsive" : "present",
        ]
        return fields.joined(separator: "\n")
    }

    public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}
