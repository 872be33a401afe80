import MeshModel

/// The underlay as this machine sees it: its own addresses and what they share a segment with.
public struct OwnUnderlay: Sendable, Hashable {
    /// An address of this machine with the range of its segment.
    public struct Place: Sendable, Hashable {
        public var address: IPAddress
        /// A single address if nothing else is on the link.
        public var segment: IPPrefix

        public init(address: IPAddress, segment: IPPrefix) {
            self.address = address
            self.segment = segment
        }
    }

    /// Without the mesh's own.
    public var places: [Place]
    /// WireGuard's UDP port.
    public var listenPort: UInt16

    public init(places: [Place], listenPort: UInt16) {
        self.places = places
        self.listenPort = listenPort
    }
}

/// In which order the candidate endpoints of a peer are tried.
public enum CandidateOrder {
    /// Addresses on a segment that both share, then the peer's other ones, then where others saw it; the two families in turns
    /// (RFC 8305, section 4), and what this machine cannot send to at all at the end. Each endpoint once.
    ///
    /// - Parameters:
    ///   - announced: what the peer says itself, best first.
    ///   - observed: where others saw it, best first.
    ///   - mesh: ranges of mesh addresses: these lead into tunnels and not to them.
    public static func order(
        announced: [Endpoint], observed: [Endpoint], own: OwnUnderlay, mesh: [IPPrefix]
    ) -> [Endpoint] {
        let families = Set(own.places.filter { !$0.address.isLoopback && !$0.address.isLinkLocal }.map(\.address.isIPv4))
        func isPossible(_ endpoint: Endpoint) -> Bool {
            endpoint.address.isUsableByOthers && !mesh.contains { $0.contains(endpoint.address) } && !isOwn(endpoint, own)
        }
        func isReachable(_ endpoint: Endpoint) -> Bool { families.isEmpty || families.contains(endpoint.address.isIPv4) }
        let candidates = announced.filter(isPossible)
        let near = candidates.filter { isOnSegment($0, own) }
        let far = candidates.filter { !isOnSegment($0, own) }
        let all = [near, far, observed.filter(isPossible)].flatMap(inTurns)
        var seen: Set<Endpoint> = []
        return (all.filter(isReachable) + all.filter { !isReachable($0) }).filter { seen.insert($0).inserted }
    }

    /// A bridge that has the same address on every machine leads to this machine itself.
    private static func isOwn(_ endpoint: Endpoint, _ own: OwnUnderlay) -> Bool {
        endpoint.port == own.listenPort && own.places.contains { $0.address == endpoint.address }
    }

    private static func isOnSegment(_ endpoint: Endpoint, _ own: OwnUnderlay) -> Bool {
        own.places.contains { $0.segment.length < $0.address.bitWidth && $0.segment.contains(endpoint.address) }
    }

    /// One of the first one's family, one of the other, and so on; each family in its order.
    private static func inTurns(_ endpoints: [Endpoint]) -> [Endpoint] {
        guard let first = endpoints.first else { return [] }
        let lead = endpoints.filter { $0.address.isIPv4 == first.address.isIPv4 }
        let other = endpoints.filter { $0.address.isIPv4 != first.address.isIPv4 }
        return (0..<max(lead.count, other.count)).flatMap { index in
            [lead, other].compactMap { index < $0.count ? $0[index] : nil }
        }
    }
}
