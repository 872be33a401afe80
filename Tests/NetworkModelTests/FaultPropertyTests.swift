import Basics
import NetworkModel
import Testing

@Suite struct FaultPropertyTests {
    /// What the lab believes, written as simply as can be: every fault's every link.
    private struct Model {
        var faults: [(name: String, effect: Fault.Effect, links: Set<DirectedLink>)] = []

        func isDropped(_ link: DirectedLink, _ transport: String, _ port: Int) -> Bool {
            faults.contains { fault in
                guard fault.links.contains(link) else { return false }
                switch fault.effect {
                case .cut: return true
                case .block(let traffic):
                    return traffic.transport.rawValue == transport && (traffic.port == nil || traffic.port == port)
                case .impairment: return false
                }
            }
        }

        func delay(_ link: DirectedLink) -> Duration {
            faults.reduce(.zero) { sum, fault in
                guard fault.links.contains(link), case .impairment(let properties) = fault.effect else { return sum }
                return sum + properties.delay
            }
        }
    }

    /// A random set of links in one of the shapes that scenarios have.
    private func links(_ names: [String], _ random: inout SeededRandom) -> LinkSet {
        let shuffled = names.shuffled(using: &random)
        let half = Int.random(in: 1..<names.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return .between([Array(shuffled[..<half]), Array(shuffled[half...])])
        case 1: return LinkSet(from: shuffled[..<half], to: names)
        case 2: return LinkSet(from: names, to: shuffled[..<half])
        case 3: return LinkSet(from: shuffled[..<half], to: shuffled[..<half])
        case 4: return LinkSet(LinkSet(from: names, to: names).links.filter { _ in Bool.random(using: &random) })
        default:
            // A ring: each talks to its neighbours only.
            return LinkSet(
                LinkSet(from: names, to: names).links.filter { link in
                    let ends = [link.from, link.to].compactMap { shuffled.firstIndex(of: $0) }
                    let distance = abs(ends[0] - ends[1])
                    return distance != 1 && distance != names.count - 1
                })
        }
    }

    private func effect(_ random: inout SeededRandom) -> Fault.Effect {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return .block(Traffic(transport: .udp, port: Bool.random(using: &random) ? 1 : nil))
        case 1: return .block(Traffic(transport: .tcp, port: 2))
        case 2:
            var properties = LinkProperties()
            properties.delay = .milliseconds(Int.random(in: 1...9, using: &random))
            return .impairment(properties)
        default: return .cut
        }
    }

    /// The delay that the plan's relays and queues give a link's packets.
    private func delay(_ plan: LinkPlan, _ link: DirectedLink) -> Duration {
        var sum = Duration.zero
        for relay in plan.relays {
            let program = relay.program
            if relay.port.owner == link.from {
                sum += program.up.all.delay
                sum += program.up.links.first { $0.peer == link.to }?.properties.delay ?? .zero
            }
            if relay.port.owner == link.to {
                sum += program.down.all.delay
                sum += program.down.links.first { $0.peer == link.from }?.properties.delay ?? .zero
            }
        }
        for queue in plan.queues where queue.port.owner == (queue.direction == .up ? link.from : link.to) {
            if case .netem(let properties) = queue.discipline { sum += properties.delay }
        }
        return sum
    }

    @Test(arguments: [
        ["a", "a", "a"], ["a", "a", "a", "a", "a", "a", "a", "a", "a"], ["a", "a", "a", "b", "b", "c"],
        ["a", "a", "a", "a", "nat1", "nat1", "nat1"],
    ])
    func whatWasAddedAndNotHealedIsInEffectAndNothingElse(places: [String]) throws {
        for seed in 0..<25 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let network = TestNetwork(places)
            var faults = FaultSet()
            var model = Model()
            for _ in 0..<6 {
                let name = "fault \(Int.random(in: 0..<4, using: &random))"
                model.faults.removeAll { $0.name == name }
                if Int.random(in: 0..<4, using: &random) == 0 {
                    faults.remove(name)
                } else {
                    let (effect, links) = (effect(&random), links(network.names, &random))
                    faults.add(name, effect, on: links)
                    model.faults.append((name, effect, Set(links.links)))
                }
                #expect(faults.faults.map(\.name) == model.faults.map(\.name))
                for capabilities in [everything, onlyTokenBucket] {
                    let plan = try LinkPlan.compile(faults, ports: network.table, capabilities: capabilities)
                    try compare(plan, faults, model, network, seed, isFiltered: capabilities == onlyTokenBucket)
                }
            }
        }
    }

    private func compare(
        _ plan: LinkPlan, _ faults: FaultSet, _ model: Model, _ network: TestNetwork, _ seed: UInt64, isFiltered: Bool
    ) throws {
        let filter = FilterInterpreter(plan.filter.script)
        for link in network.links {
            // What the kernel has beside nftables makes no difference to the filter.
            for (transport, port, isIPv4) in [("udp", 1, true), ("udp", 1, false), ("udp", 7, true), ("tcp", 2, true)]
            where isFiltered {
                let packets = network.packets(link, transport: transport, port: port, isIPv4: isIPv4)
                let isDropped = packets.contains { filter.run($0).isDropped }
                try #require(
                    isDropped == model.isDropped(link, transport, port),
                    "seed \(seed) \(link) \(transport) \(port) \(plan.filter.script)")
            }
            let state = faults.state(of: link)
            try #require(state.isCut == model.isDropped(link, "icmp", 0))
            try #require(state.properties.delay == model.delay(link))
            try #require(delay(plan, link) == model.delay(link), "seed \(seed) \(link) \(plan.relays) \(plan.queues)")
        }
    }

    @Test func theSameFaultsGiveTheSamePlan() throws {
        let network = TestNetwork(["a", "a", "b", "b", "nat"])
        func plan() throws -> LinkPlan {
            var faults = FaultSet()
            faults.add("x", .cut, on: .between([["n0", "n1"], ["n2", "n3"]]))
            var properties = LinkProperties()
            properties.jitter = .milliseconds(1)
            properties.delay = .milliseconds(2)
            faults.add("y", .impairment(properties), on: LinkSet(from: ["n0", "n4"], to: ["n1", "n2"]))
            return try LinkPlan.compile(faults, ports: network.table, capabilities: onlyTokenBucket)
        }
        let first = try plan()
        for _ in 0..<10 { #expect(try plan() == first) }
    }
}
