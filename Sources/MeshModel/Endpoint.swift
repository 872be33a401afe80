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
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard let port = UInt16(digits), port > 0, String(port) == digits else { return nil }
        var host = text[..<colon]
        let bracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if bracketed { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(String(host)), address.isIPv4 != bracketed else { return nil }
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
