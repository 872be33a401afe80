import Basics

/// Where a peer's WireGuard can be reached on the underlay: `192.0.2.1:51820` or `[2001:db8::1]:51820`.
public struct Endpoint: Hashable, Sendable {
    public let address: IPAddress
    /// UDP port, 1…65535.
    public let port: UInt16

    public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Reads the form that `description` writes; nil for anything else, port 0 included.
    public init?(_ text: String) { self.init(ascii: Array(text.utf8)[...]) }

    /// The same from bytes.
    public init?(ascii text: ArraySlice<UInt8>) {
        guard let colon = text.lastIndex(of: UInt8(ascii: ":")),
            let port: UInt16 = DecimalText.readCanonical(text[(colon + 1)...]), port > 0
        else { return nil }
        var host = text[..<colon]
        let bracketed = host.first == UInt8(ascii: "[") && host.last == UInt8(ascii: "]")
        if bracketed { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(ascii: host), address.isIPv4 != bracketed else { return nil }
        self.init(address: address, port: port)
    }
}

extension Endpoint: CustomStringConvertible, Codable {
    public var description: String { address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }

    public init(from decoder: any Decoder) throws {
        self = try decodeText(from: decoder, expected: "an endpoint such as 192.0.2.1:51820", Endpoint.init)
    }
    public func encode(to encoder: any Encoder) throws { try encodeText(description, to: encoder) }
}
