import MeshModel

/// Reads numbers in network order at any offset. Outside of the bytes there is nothing: nil, never a trap.
struct ByteView {
    let bytes: UnsafeRawBufferPointer

    var count: Int { bytes.count }

    private func has(_ offset: Int, _ size: Int) -> Bool {
        // No sum that could overflow: both are small or the first comparison has failed.
        offset >= 0 && offset <= bytes.count && size <= bytes.count - offset
    }

    func byte(_ offset: Int) -> UInt8? {
        has(offset, 1) ? bytes[offset] : nil
    }

    func half(_ offset: Int) -> UInt16? {
        has(offset, 2) ? UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)) : nil
    }

    func word(_ offset: Int) -> UInt32? {
        has(offset, 4) ? UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) : nil
    }

    func long(_ offset: Int) -> UInt64? {
        has(offset, 8) ? UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) : nil
    }

    func hardwareAddress(_ offset: Int) -> HardwareAddress? {
        guard let high = word(offset), let low = half(offset + 4) else { return nil }
        return HardwareAddress(UInt64(high) << 16 | UInt64(low))
    }

    func address4(_ offset: Int) -> IPAddress? {
        word(offset).map { .v4($0) }
    }

    func address6(_ offset: Int) -> IPAddress? {
        guard let high = long(offset), let low = long(offset + 8) else { return nil }
        return .v6(high, low)
    }

    /// The bytes from one offset to another, as far as there are any.
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range.clamped(to: 0..<bytes.count)])
    }
}
