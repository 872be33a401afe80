import NetworkModel

extension ScenarioWriter {
    func step(_ step: Step) -> JSONNode {
        let id = ("id", Optional(JSONNode(step.id)))
        switch step.kind {
        case .mark(let title): return JSONNode([("mark", JSONNode(step.id)), ("title", title.map { .escaped($0) })])
        case .action(let action): return JSONNode([id] + members(action))
        case .check(let check): return JSONNode([id] + members(check))
        }
    }

    // MARK: Actions

    private func members(_ action: Action) -> [(String, JSONNode?)] {
        switch action {
        case .boot(let list): [("boot", selectors.machines(list))]
        case .start(let target): [("start", selectors.target(target))]
        case .kill(let target, let signal):
            [("kill", selectors.target(target)), ("signal", JSONNode(StepSignal.name(of: signal)))]
        case .stop(let target, let grace): [("stop", selectors.target(target)), ("grace", .duration(grace))]
        case .restart(let target): [("restart", selectors.target(target))]
        case .crash(let list): [("crash", selectors.machines(list))]
        case .pause(let target): [("pause", selectors.target(target))]
        case .resume(let target): [("resume", selectors.target(target))]
        case .run(let step, let list):
            [
                ("run", .escaped(step.command)), ("on", selectors.machines(list)), ("within", .duration(step.within)),
                ("exits", JSONNode(Int(step.exits))),
            ]
        case .fault(let name, let fault): [self.fault(name, fault)]
        case .heal(let name): [("heal", .escaped(name ?? "all"))]
        default: linkMembers(action)
        }
    }

    private func linkMembers(_ action: Action) -> [(String, JSONNode?)] {
        switch action {
        case .cable(let list, let isUp): [(isUp ? "plug" : "unplug", selectors.machines(list))]
        case .flap(let list, let down, let up, let times):
            [("flap", selectors.machines(list)), ("down", .duration(down)), ("up", .duration(up)), ("times", JSONNode(times))]
        case .mtu(let list, let bytes): [("mtu", selectors.machines(list)), ("bytes", JSONNode(bytes))]
        case .roam(let list, let place): [("roam", selectors.machines(list)), ("to", place.map { JSONNode($0) })]
        case .nat(let site, .rebind): [("nat", JSONNode(site)), ("does", JSONNode("rebind"))]
        case .nat(let site, .flush): [("nat", JSONNode(site)), ("does", JSONNode("flush"))]
        case .nat(let site, .become(let kind)): [("nat", JSONNode(site)), ("becomes", JSONNode(kind.rawValue))]
        case .disk(let list, let state): [("disk", selectors.machines(list)), ("is", JSONNode(state.rawValue))]
        default: []
        }
    }

    private func fault(_ name: String, _ fault: LinkFault) -> (String, JSONNode?) {
        let name = ("name", Optional(JSONNode.escaped(name)))
        switch fault {
        case .cut(let links, let shape):
            let (word, value) = selectors.cut(links)
            return ("partition", JSONNode([name, (word, value), ("shape", shape == word ? nil : JSONNode(shape))]))
        case .block(let links, let traffic):
            let what = [
                ("protocol", Optional(JSONNode(traffic.transport.rawValue))), ("port", traffic.port.map { JSONNode($0) }),
            ]
            return ("block", JSONNode([name] + selectors.members(links) + what))
        case .impairment(let links, let properties):
            var changes = members(properties)
            // An impairment that changes nothing must say so.
            if properties.isPlain { changes = [("delay", JSONNode("0s"))] }
            return ("impair", JSONNode([name] + selectors.members(links) + changes))
        }
    }

    // MARK: Checks

    private func members(_ check: Check) -> [(String, JSONNode?)] {
        let condition = condition(check.condition)
        let mode: [(String, JSONNode?)]
        switch check.mode {
        case .eventually(let within, let since):
            mode = [("eventually", condition), ("within", .duration(within)), ("since", since.map { JSONNode($0) })]
        case .stays(let length, let within, let since):
            mode = [
                ("stays", condition), ("for", .duration(length)), ("within", .duration(within)),
                ("since", since.map { JSONNode($0) }),
            ]
        case .lasting(let expected, let length):
            mode = [(expected ? "always" : "never", condition), ("for", .duration(length))]
        case .lastingUntil(let expected, let mark):
            mode = [(expected ? "always" : "never", condition), ("until", JSONNode(mark ?? "end"))]
        }
        return about(check) + mode
    }
}
