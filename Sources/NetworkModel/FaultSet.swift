/// One named fault of the network.
public struct Fault: Sendable, Hashable {
    /// What it does to its links.
    public enum Effect: Sendable, Hashable {
        /// Nothing passes.
        case cut
        /// This kind of packet does not pass.
        case block(Traffic)
        /// Packets suffer this.
        case impairment(LinkProperties)
    }

    /// By which it is healed.
    public let name: String
    public let effect: Effect
    public let links: LinkSet

    public init(name: String, effect: Effect, links: LinkSet) {
        self.name = name
        self.effect = effect
        self.links = links
    }
}

/// What all faults together do to one directed link.
public struct LinkState: Sendable, Hashable {
    /// Nothing passes.
    public var isCut = false
    /// What does not pass.
    public var blocked: Set<Traffic> = []
    /// What the rest suffers.
    public var properties = LinkProperties()

    public init() {}
}

/// The faults that are wanted at one time. They compose: cuts and blocks add up, impairments combine, each is healed singly.
public struct FaultSet: Sendable, Hashable {
    /// In the order in which they were added.
    public private(set) var faults: [Fault] = []

    public init() {}

    public var isEmpty: Bool { faults.isEmpty }

    /// Adds a fault; one of the same name is replaced and the new one comes last.
    public mutating func add(_ name: String, _ effect: Fault.Effect, on links: LinkSet) {
        remove(name)
        faults.append(Fault(name: name, effect: effect, links: links))
    }

    /// Heals one fault.
    ///
    /// - Returns: whether there was one of that name.
    @discardableResult
    public mutating func remove(_ name: String) -> Bool {
        let before = faults.count
        faults.removeAll { $0.name == name }
        return faults.count != before
    }

    /// Heals everything.
    public mutating func removeAll() { faults = [] }

    /// What a packet meets that travels this link now.
    public func state(of link: DirectedLink) -> LinkState {
        var state = LinkState()
        for fault in faults where fault.links.contains(link) {
            switch fault.effect {
            case .cut: state.isCut = true
            case .block(let traffic): state.blocked.insert(traffic)
            case .impairment(let properties): state.properties = state.properties.combined(with: properties)
            }
        }
        return state
    }
}
