/// A WireGuard message, told by its form: a type byte, three zeros, and the length that belongs to the type (the protocol's
/// white paper, section 5.4).
public struct WireGuardMessage: Sendable, Hashable {
    /// The type byte.
    public enum Kind: UInt8, Sendable, Hashable, CaseIterable, Codable {
        case initiation = 1
        case response = 2
        case cookie = 3
        case data = 4
    }

    public let kind: Kind
    /// The same in each copy of one data packet wherever it is seen, whatever its addresses were changed to, and different for every
    /// other: made of the receiver's index, the counter and the first bytes of the ciphertext. 0 for the other kinds.
    public let identity: UInt64

    /// - Parameters:
    ///   - payload: what UDP carries, or as much of it as there is; at least 32 bytes are needed.
    ///   - length: how long UDP's header says that it is.
    public init?(_ payload: UnsafeRawBufferPointer, length: Int) {
        let view = ByteView(bytes: payload)
        guard payload.count >= 32, let head = view.word(0), head & 0xff_ffff == 0, let kind = Kind(rawValue: UInt8(head >> 24)),
            Self.fits(kind, length)
        else { return nil }
        self.kind = kind
        guard kind == .data, let index = view.long(4), let counter = view.long(8), let text = view.long(16) else {
            identity = 0
            return
        }
        identity = Self.mix(Self.mix(index) ^ counter) ^ text
    }

    private static func fits(_ kind: Kind, _ length: Int) -> Bool {
        switch kind {
        case .initiation: length == 148
        case .response: length == 92
        case .cookie: length == 64
        // A header of 16 bytes and a tag of as many.
        case .data: length >= 32
        }
    }

    /// Spreads the bits of a number over all of it (the finaliser of SplitMix64).
    private static func mix(_ number: UInt64) -> UInt64 {
        var bits = number &+ 0x9e37_79b9_7f4a_7c15
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }
}
