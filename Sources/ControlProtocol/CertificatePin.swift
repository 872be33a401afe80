import Basics
import FoundationEssentials

/// The fingerprint by which a coordinator's certificate is known: SHA-256 of its public key (DER SubjectPublicKeyInfo, RFC 7469, section 2.4).
///
/// A certificate that is renewed with the same key keeps its pin. The text form is the one that curl takes: `sha256//` and base64.
public struct CertificatePin: Sendable, Hashable {
    /// Always 32.
    public let bytes: [UInt8]
    private static let prefix = "sha256//"

    /// Nil unless there are 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Reads the form that `description` writes; nil for anything else.
    public init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let data = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))) else {
            return nil
        }
        self.init(bytes: [UInt8](data))
        guard description == text else { return nil }
    }
}

extension CertificatePin: CustomStringConvertible, Codable {
    public var description: String { Self.prefix + Data(bytes).base64EncodedString() }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let pin = CertificatePin(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected a certificate pin: sha256// and 32 bytes in base64")
        }
        self = pin
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
