/// What the coordinator believes of a machine, from its heartbeats.
public enum Liveness: String, Codable, Sendable, Hashable, CaseIterable {
    /// Heard from within the suspicion limit.
    case alive
    /// Silent for longer than that; still part of everybody's mesh.
    case suspect
    /// Silent beyond the deadline: the others drop its peer entry and its route.
    case unresponsive
}

/// A machine as the others see it.
public struct Peer: Codable, Sendable, Hashable, Identifiable {
    public let id: MachineID
    public var name: MachineName
    public var publicKey: PublicKey
    /// The keys that it had before under this id, the latest first, `formerKeyLimit` at the most; nil if there was none. Whoever knows it
    /// by one of them learns so that the change to `publicKey` was the machine's own.
    public var formerKeys: [PublicKey]?
    /// Its address inside the mesh; the only source address that WireGuard lets it use.
    public var meshAddress: IPAddress
    /// Its IPv6 address inside the mesh, which `meshAddress` and the mesh's IPv6 prefix make; nil in a mesh without IPv6.
    public var meshAddress6: IPAddress?
    /// Candidate underlay endpoints, best first. May be empty: such a machine must initiate.
    public var endpoints: [Endpoint]
    /// Where others saw it, for what `endpoints` does not name: behind a NAT gateway. To be tried after those; at most `observedLimit`,
    /// nil if there is none. Nobody vouches for them: WireGuard proves who answers.
    public var observedEndpoints: [Endpoint]?
    public var liveness: Liveness

    /// The most observed endpoints of one machine.
    public static let observedLimit = 4

    public init(
        id: MachineID, name: MachineName, publicKey: PublicKey, meshAddress: IPAddress, meshAddress6: IPAddress? = nil,
        endpoints: [Endpoint], observedEndpoints: [Endpoint]? = nil, liveness: Liveness, formerKeys: [PublicKey]? = nil
    ) {
        self.id = id
        self.name = name
        self.publicKey = publicKey
        self.meshAddress = meshAddress
        self.meshAddress6 = meshAddress6
        self.endpoints = endpoints
        self.observedEndpoints = observedEndpoints
        self.liveness = liveness
        self.formerKeys = formerKeys
    }

    /// How many former keys the coordinator remembers.
    public static let formerKeyLimit = 16

    /// Gives it another key; the present one becomes a former one.
    public mutating func changeKey(to key: PublicKey) {
        guard key != publicKey else { return }
        let former = ([publicKey] + (formerKeys ?? [])).filter { $0 != key }
        formerKeys = Array(former.prefix(Self.formerKeyLimit))
        publicKey = key
    }
}
