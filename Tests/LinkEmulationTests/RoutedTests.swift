import Basics
import LinkEmulation
import LinuxProcess
import MeshModel
import NetworkModel
import Testing

/// Faults between machines on different bridges, with a router between them.
@Suite(.serialized, .enabled(if: findExecutable("nft") != nil)) struct RoutedTests {
    /// Which of the two hides behind its router. No address is translated here: what counts is where the plan looks.
    enum Hidden: CaseIterable {
        case none
        case sender
        case receiver
    }

    private func network(_ hidden: Hidden) async throws -> (TestNet, PortTable) {
        let net = try TestNet(isRouted: true)
        try await net.connectPlaces()
        var ports = net.ports
        if hidden == .sender { ports["n0"]?.externalAddresses = [TestNet.address(0)] }
        if hidden == .receiver { ports["n1"]?.externalAddresses = [TestNet.address(1)] }
        return (net, ports)
    }

    @Test(.timeLimit(.minutes(1)), arguments: Hidden.allCases) func aCutHoldsOneWayThroughARouter(hidden: Hidden) async throws {
        let (net, ports) = try await network(hidden)
        let probes = try Probes(net)
        var faults = FaultSet()
        faults.add("cut", .cut, on: [DirectedLink(from: "n0", to: "n1")])
        try await net.emulator.apply(faults, ports: ports)
        var wanted = probes.delivered(20)
        #expect(wanted.removeValue(forKey: .init(0, 1)) == 0)
        #expect(wanted.values.allSatisfy { $0 == 20 })
        try await net.emulator.apply(FaultSet(), ports: ports)
        #expect(probes.delivered(20).values.allSatisfy { $0 == 20 })
    }

    @Test(.timeLimit(.minutes(1)), arguments: Hidden.allCases) func aDelayHoldsOneWayThroughARouter(hidden: Hidden) async throws {
        let (net, ports) = try await network(hidden)
        var properties = LinkProperties()
        properties.delay = .milliseconds(20)
        var faults = FaultSet()
        faults.add("slow", .impairment(properties), on: [DirectedLink(from: "n0", to: "n1")])
        try await net.emulator.apply(faults, ports: ports)
        #expect(try net.fabric.link(named: hidden == .receiver ? "rm1b" : "rm0b") != nil)
        for (from, to) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
            let probe = try Probe(net, from: from, to: to)
            try probe.warmUp()
            let range = (from, to) == (0, 1) ? 20.0..<22 : 0..<3
            let median = probe.median(in: range)
            #expect(range.contains(median), "\(from) to \(to): \(median)")
        }
    }
}
