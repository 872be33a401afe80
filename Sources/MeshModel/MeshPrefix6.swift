/// The IPv6 side of a mesh: a unique local /64 (RFC 4193) in which each machine has one address, made of its IPv4 mesh address.
///
/// `fd12:3456:789a::` and 100.64.0.7 make `fd12:3456:789a::6440:7`. So one pool of IPv4 addresses decides about both, and two machines
/// with different IPv4 addresses never share an IPv6 address.
public struct MeshPrefix6: Hashable, Sendable {
    /// Of length 64, inside fd00::/8.
    public let prefix: IPPrefix
    private let network: UInt64

    /// Nil unless the prefix is a /64 inside fd00::/8.
    public init?(_ prefix: IPPrefix) {
        guard case .v6(let high, _) = prefix.address, prefix.length == 64, high >> 56 == 0xfd else { return nil }
        self.prefix = prefix
        network = high
    }

    /// From the 40 random bits that make such a prefix unique; higher bits are cleared. The subnet is 0.
    public init(globalID: UInt64) {
        network = 0xfd << 56 | (globalID & 0xff_ffff_ffff) << 16
        prefix = IPPrefix(.v6(network, 0), length: 64) ?? IPPrefix(host: .v6(network, 0))
    }

    /// The address that goes with an IPv4 mesh address; nil for an address that is not IPv4.
    public func address(for meshAddress: IPAddress) -> IPAddress? {
        guard case .v4(let word) = meshAddress else { return nil }
        return .v6(network, UInt64(word))
    }
}
