/// How large the packets inside the tunnels may be.
public enum TunnelMTU {
    /// Bytes: fits a WireGuard packet into 1500 over IPv4 and IPv6. Never more by itself: what lies behind the first hop may be no larger.
    public static let standard = 1_420
    /// Bytes: what IPv6 needs (RFC 8200, section 5). Over a smaller underlay the outer packets are fragmented.
    public static let minimum = 1_280
    /// What a user may set: 576 is what every IPv4 host must take (RFC 1122, section 3.3.2). Below `minimum` there is no IPv6 in the mesh.
    public static let allowed = 576...65_535

    /// The way to one endpoint.
    public struct Path: Sendable, Hashable {
        public var isIPv4: Bool
        /// Bytes: what one packet there may have, its IP header included.
        public var mtu: Int

        public init(isIPv4: Bool, mtu: Int) {
            self.isIPv4 = isIPv4
            self.mtu = mtu
        }

        /// Bytes left for a packet inside: less an IP header of 20 or 40, a UDP header of 8, and WireGuard's 32 of a data message.
        var inner: Int { mtu - (isIPv4 ? 60 : 80) }
    }

    /// What fits through all of them, within `minimum` and `standard`.
    public static func fitting(_ paths: some Sequence<Path>) -> Int {
        max(minimum, paths.reduce(standard) { min($0, $1.inner) })
    }
}
