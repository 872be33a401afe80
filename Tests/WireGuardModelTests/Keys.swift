import MeshModel
import Testing

@testable import WireGuardModel

/// A key of 32 equal bytes: `aa` × 32 in hexadecimal for 0xaa.
func key(_ byte: UInt8) throws -> PublicKey {
    try #require(PublicKey(bytes: [UInt8](repeating: byte, count: 32)))
}

/// Sixty-four hexadecimal digits for such a key.
func digits(_ byte: UInt8) -> String {
    let pair = String(byte, radix: 16)
    return String(repeating: pair.count == 1 ? "0" + pair : pair, count: 32)
}

func endpoint(_ text: String) throws -> Endpoint { try #require(Endpoint(text)) }
func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }
