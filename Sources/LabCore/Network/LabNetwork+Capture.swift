import Basics
import Fabric
import MeshModel
import NetworkModel
import PacketCapture
import PacketModel
import ScenarioModel

/// What is seen on the cables.
extension LabNetwork {
    /// Above so many machines cables are captured only if a check asks for it: it costs some microseconds a frame.
    static let captureLimit = 100

    func startCapture(folder: String) throws(CodedError) -> WireCapture? {
        guard allMachines.count <= Self.captureLimit || scenario.asksForWire else { return nil }
        var judge = WireJudge.Settings(canaryPrefix: canary, expected: expectedTraffic)
        if book.isWarren {
            if let pool = IPPrefix("100.64.0.0/10") { judge.meshPrefixes = [pool] }
        }
        for node in machines.values.compactMap(\.node) { for address in node.addresses { judge.machines[address] = node.name } }
        judge.networkCorrupts = scenario.corruptsPackets
        var settings = WireCapture.Settings(judge: judge, file: "\(folder)/capture.pcapng")
        let owners = Dictionary(machines.values.compactMap { machine in machine.node.map { ($0.portName, machine.name) } }) {
            first, _ in
            first
        }
        settings.resolve = { seen in
            guard seen.driver == "veth" else { return nil }
            return CapturedLink(name: seen.name, machine: owners[seen.name])
        }
        return try WireCapture(settings)
    }

    /// What may be on the cables: what the checks say, what every stack says, and the lab's own probes.
    private var expectedTraffic: [ExpectedTraffic] {
        var expected = ExpectedTraffic.housekeeping
        expected += [8, 0, 3, 128, 129, 1].map { .icmp(type: $0) }
        for word in scenario.expectedOnWire {
            let parts = word.split(separator: "/")
            switch (parts.first, parts.dropFirst().first.flatMap { UInt16($0) }) {
            case ("udp", let port?) where book.isWarren: expected.append(.wireGuard(port: scenario.hasNAT ? nil : port))
            case ("udp", let port?): expected.append(.udp(port: port))
            case ("tcp", let port?): expected.append(.tcp(port: port))
            case ("icmp", _), ("icmp6", _): expected.append(.icmp(type: nil))
            default: break
            }
        }
        return expected
    }

    /// Tells the capture who has which underlay address now. Old ones stay known: packets to them are still on their way.
    func learnUnderlayAddresses() {
        guard let capture = (try? parts())?.capture else { return }
        for node in machines.values.compactMap(\.node) {
            for address in node.addresses { capture.learn(address, of: node.name) }
        }
    }

    /// Tells the capture which mesh addresses must not be seen.
    func learnMeshAddresses(_ addresses: [IPAddress]) {
        guard let capture = (try? parts())?.capture else { return }
        for address in addresses where !knownMeshAddresses.contains(address) {
            knownMeshAddresses.insert(address)
            // One too many is only not searched for; the prefix of the mesh still is.
            try? capture.add(meshAddress: address)
        }
    }

    /// What the cables have shown so far; nil if they are not captured.
    func wireVerdict() async throws -> WireVerdict? {
        guard let capture = try parts().capture else { return nil }
        _ = await capture.flush(within: .seconds(2))
        // Another system's packets are not WireGuard's: their absence is no reason to doubt.
        return capture.snapshot(talking: book.isWarren ? nil : []).verdict
    }

    /// Ends the capture and writes the rest of its file.
    ///
    /// - Returns: what is missing from it, for a person.
    func stopCapture() async -> String? {
        guard let capture = (try? parts())?.capture else { return nil }
        await capture.stop(within: .seconds(10))
        let report = capture.snapshot()
        if let problem = report.fileProblem { return "capture.pcapng: \(problem)" }
        if report.omitted > 0 { return "capture.pcapng ends early: \(report.omitted) frames are only counted" }
        return nil
    }
}

extension Scenario {
    private var conditions: [Condition] {
        allSteps.compactMap { step in
            if case .check(let check) = step.kind { check.condition } else { nil }
        } + recovery.conditions
    }

    var asksForWire: Bool { conditions.contains { if case .wire = $0 { true } else { false } } }

    /// What each check allows on the cables.
    var wireLists: [Set<String>] {
        conditions.compactMap { if case .wire(.encrypted(let only)) = $0 { Set(only) } else { nil } }
    }

    /// The kinds of packets that checks allow.
    var expectedOnWire: [String] { wireLists.first?.sorted() ?? ["udp/51820", "tcp/7400"] }

    var hasNAT: Bool { topology.sites.contains { $0.nat != nil } }

    var corruptsPackets: Bool {
        let links = machines.map(\.link) + topology.sites.map(\.link) + topology.switches.map(\.link)
        return links.contains { $0.up.corrupt > 0 || $0.down.corrupt > 0 }
            || steps.contains { step in
                if case .action(.fault(_, .impairment(_, let properties))) = step.kind { properties.corrupt > 0 } else { false }
            }
    }
}
