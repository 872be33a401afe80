import Basics
import MeshModel

/// Collects what is wanted of every cable and link, and then decides who does it.
struct LinkCompiler {
    /// One direction of one cable.
    struct Lane: Hashable, Comparable {
        let owner: String
        let direction: LinkPlan.Queue.Direction

        static func < (left: Self, right: Self) -> Bool {
            (left.owner, left.direction.rawValue) < (right.owner, right.direction.rawValue)
        }
    }

    /// Properties, and who asked for them.
    struct Wish {
        var properties = LinkProperties()
        var faults: [String] = []

        mutating func add(_ more: LinkProperties, for fault: String) {
            properties = properties.combined(with: more)
            if !faults.contains(fault) { faults.append(fault) }
        }
    }

    let ports: PortTable
    let capabilities: Capabilities
    private let machines: Set<String>
    private var demands: [FilterDemand] = []
    private var whole: [Lane: Wish] = [:]
    private var single: [Lane: [String: Wish]] = [:]
    private var names: [String] = []

    init(ports: PortTable, capabilities: Capabilities) {
        self.ports = ports
        self.capabilities = capabilities
        machines = ports.machines
    }

    /// What the topology says of cables.
    mutating func add(_ basis: [String: LinkPair]) throws(CodedError) {
        for (owner, pair) in basis.sorted(by: { $0.key < $1.key }) {
            for (direction, properties) in [(LinkPlan.Queue.Direction.up, pair.up), (.down, pair.down)] where !properties.isPlain
            {
                remember(LinkPlan.topology)
                guard let millionths = properties.onlyLoss else {
                    whole[Lane(owner: owner, direction: direction), default: Wish()].add(properties, for: LinkPlan.topology)
                    continue
                }
                var coverage = Coverage(LinkSet(), machines: [])
                if direction == .up { coverage.up = [owner] } else { coverage.down = [owner] }
                demands.append(FilterDemand(fault: LinkPlan.topology, share: .millionths(millionths), coverage: coverage))
            }
        }
    }

    mutating func add(_ fault: Fault) throws(CodedError) {
        remember(fault.name)
        let coverage = Coverage(fault.links, machines: machines)
        func demand(_ share: FilterDemand.Share) {
            demands.append(FilterDemand(fault: fault.name, share: share, coverage: coverage))
        }
        switch fault.effect {
        case .cut: demand(.all)
        case .block(let traffic): demand(.traffic(traffic))
        case .impairment(let properties):
            guard !properties.isPlain else { return }
            if let millionths = properties.onlyLoss { return demand(.millionths(millionths)) }
            for owner in coverage.up {
                whole[Lane(owner: owner, direction: .up), default: Wish()].add(properties, for: fault.name)
            }
            for owner in coverage.down {
                whole[Lane(owner: owner, direction: .down), default: Wish()].add(properties, for: fault.name)
            }
            try assign(coverage.rest, properties, fault.name)
        }
    }

    func finish() throws(CodedError) -> LinkPlan {
        var relays: [LinkPlan.Relay] = []
        var queues: [LinkPlan.Queue] = []
        for owner in Set(whole.keys.map(\.owner)).union(single.keys.map(\.owner)).sorted() {
            let port = try ports.port(owner)
            guard port.isOn else { continue }
            let lanes = [Lane(owner: owner, direction: .up), Lane(owner: owner, direction: .down)]
            let disciplines = lanes.map { lane in whole[lane].map { ($0, discipline($0.properties)) } }
            // One engine a cable: a relay's packet sockets go around the queue at the fabric's end.
            let needsRelay = lanes.contains { single[$0] != nil } || disciplines.contains { $0.map { $0.1 == nil } ?? false }
            if needsRelay {
                relays.append(LinkPlan.Relay(port: port, program: program(owner)))
                continue
            }
            for (lane, entry) in zip(lanes, disciplines) {
                guard let (wish, found) = entry, let discipline = found else { continue }
                queues.append(.init(port: port, direction: lane.direction, discipline: discipline, faults: wish.faults))
            }
        }
        let filter = try FilterCompiler(ports: ports, relayed: Set(relays.map(\.port.owner))).table(demands)
        return LinkPlan(
            filter: filter, relays: relays, queues: queues,
            engines: EngineWords(names: names, demands: demands, relays: relays, queues: queues).uses)
    }

    private mutating func remember(_ fault: String) { if !names.contains(fault) { names.append(fault) } }

    /// Puts single links to the sender's or the receiver's relay: to whichever makes fewer relays, unless a router hides one of them.
    private mutating func assign(_ links: LinkSet, _ properties: LinkProperties, _ fault: String) throws(CodedError) {
        guard !links.isEmpty else { return }
        let receivers = links.rows.values.reduce(into: Set<String>()) { $0.formUnion($1) }
        let prefersSender = links.rows.count <= receivers.count
        for (from, row) in links.rows {
            let sender = try ports.port(from)
            for to in row {
                let receiver = try ports.port(to)
                let isNear = sender.place == receiver.place
                let (canSend, canReceive) = (isNear || !receiver.isHidden, isNear || !sender.isHidden)
                guard canSend || canReceive else { throw FilterCompiler.notPossible(DirectedLink(from: from, to: to)) }
                if canSend && (prefersSender || !canReceive) {
                    single[Lane(owner: from, direction: .up), default: [:]][to, default: Wish()].add(properties, for: fault)
                } else {
                    single[Lane(owner: to, direction: .down), default: [:]][from, default: Wish()].add(properties, for: fault)
                }
            }
        }
    }

    /// The kernel's own way to do it for a whole cable; nil: the relay must.
    private func discipline(_ properties: LinkProperties) -> LinkPlan.Queue.Discipline? {
        if let rate = properties.onlyRate { return capabilities.hasTokenBucket ? .tokenBucket(TokenBucket(bits: rate)) : nil }
        return capabilities.hasNetem && properties.rate == nil ? .netem(properties) : nil
    }

    private func program(_ owner: String) -> RelayProgram {
        func direction(_ direction: LinkPlan.Queue.Direction) -> RelayProgram.Direction {
            let lane = Lane(owner: owner, direction: direction)
            var result = RelayProgram.Direction()
            result.all = whole[lane]?.properties ?? LinkProperties()
            result.faults = whole[lane]?.faults ?? []
            result.links = (single[lane] ?? [:]).sorted { $0.key < $1.key }.map { peer, wish in
                RelayProgram.Link(
                    peer: peer, addresses: ports[peer]?.addresses ?? [], properties: wish.properties, faults: wish.faults)
            }
            return result
        }
        var program = RelayProgram()
        program.up = direction(.up)
        program.down = direction(.down)
        return program
    }
}

extension LinkProperties {
    /// The loss in millionths, if there is nothing else; at least one, so that what is asked for is there.
    var onlyLoss: Int? {
        var rest = self
        rest.loss = 0
        return rest.isPlain && loss > 0 ? max(1, Int((min(loss, 1) * 1_000_000).rounded())) : nil
    }

    /// The rate, if there is nothing else.
    var onlyRate: Int? {
        var rest = self
        rest.rate = nil
        return rest.isPlain ? rate : nil
    }
}
