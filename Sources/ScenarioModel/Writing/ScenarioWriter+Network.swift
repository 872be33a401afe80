import NetworkModel

extension ScenarioWriter {
    var network: JSONNode? {
        let topology = scenario.topology
        guard topology != Topology() else { return nil }
        let switches = topology.switches.map { JSONNode([("name", JSONNode($0.name)), ("link", link($0.link))]) }
        let sites = topology.sites.map {
            JSONNode([("name", JSONNode($0.name)), ("nat", $0.nat.map(nat)), ("link", link($0.link))])
        }
        return JSONNode([
            ("families", JSONNode(topology.families.rawValue)), ("mtu", JSONNode(topology.mtu)),
            ("switches", switches.isEmpty ? nil : JSONNode(switches)), ("sites", sites.isEmpty ? nil : JSONNode(sites)),
        ])
    }

    private func nat(_ plan: NATPlan) -> JSONNode {
        JSONNode([("kind", JSONNode(plan.kind.rawValue)), ("mapping-timeout", .duration(plan.mappingTimeout))])
    }

    func machine(_ plan: MachinePlan) -> JSONNode {
        guard plan != MachinePlan(name: plan.name) else { return JSONNode(plan.name) }
        return JSONNode([
            ("name", JSONNode(plan.name)), ("labels", plan.labels.isEmpty ? nil : JSONNode(plan.labels)),
            ("place", plan.place == Topology.backbone ? nil : JSONNode(plan.place)), ("link", link(plan.link)),
        ])
    }

    private func link(_ pair: LinkPair) -> JSONNode? {
        guard pair != LinkPair() else { return nil }
        func side(_ properties: LinkProperties) -> JSONNode? { properties.isPlain ? nil : JSONNode(members(properties)) }
        return JSONNode([("up", side(pair.up)), ("down", side(pair.down))])
    }

    /// Only those that differ from a plain wire.
    func members(_ properties: LinkProperties) -> [(String, JSONNode?)] {
        func share(_ share: Double) -> JSONNode? { share == 0 ? nil : JSONNode(Quantity.text(share: share)) }
        return [
            ("delay", properties.delay == .zero ? nil : .duration(properties.delay)),
            ("jitter", properties.jitter == .zero ? nil : .duration(properties.jitter)),
            ("loss", share(properties.loss)), ("duplicate", share(properties.duplicate)),
            ("reorder", share(properties.reorder)), ("corrupt", share(properties.corrupt)),
            ("rate", properties.rate.map { JSONNode("\($0)bit") }),
        ]
    }

    // MARK: System

    var system: JSONNode? {
        guard case .commands(let system) = scenario.system else { return nil }
        let mesh = JSONNode([
            ("address", system.meshAddress.map { .escaped($0) }), ("interface", system.interface.map { JSONNode($0) }),
        ])
        return JSONNode([
            ("mesh", mesh.members.isEmpty ? nil : mesh), ("services", JSONNode(system.services.map(service))),
        ])
    }

    private func service(_ plan: ServicePlan) -> JSONNode {
        JSONNode([
            ("name", JSONNode(plan.name)), ("on", selectors.machines(plan.machines)), ("command", .escaped(plan.command)),
            ("environment", plan.environment.isEmpty ? nil : .escaped(plan.environment)),
            ("files", plan.files.isEmpty ? nil : .escaped(plan.files)),
            ("prepare", plan.prepare.isEmpty ? nil : JSONNode(plan.prepare.map { .escaped($0) })),
            ("stop-signal", JSONNode(StepSignal.name(of: plan.stopSignal))), ("stop-within", .duration(plan.stopWithin)),
            ("good-codes", JSONNode(plan.goodCodes.map(Int.init))),
        ])
    }
}
