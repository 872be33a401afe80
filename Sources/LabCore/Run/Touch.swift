import NetworkModel
import ScenarioModel

/// Which machines and links a fault, or a step that ends something, has touched so far in the run.
struct Touch: Sendable {
    private var machines: Set<String> = []
    private var links: Set<DirectedLink> = []

    /// Whether anything was done that may cost packets between the two.
    func isTouched(_ from: String, _ to: String) -> Bool {
        machines.contains(from) || machines.contains(to) || links.contains(DirectedLink(from: from, to: to))
            || links.contains(DirectedLink(from: to, to: from))
    }

    mutating func note(_ action: Action, siteMembers: (String) -> [String]) {
        switch action {
        case .boot, .start, .heal, .run, .disk: break
        case .kill(let target, let signal): if signal != 0 { note(target) }
        case .stop(let target, _), .restart(let target), .pause(let target), .resume(let target): note(target)
        case .crash(let names), .cable(let names, _), .flap(let names, _, _, _), .mtu(let names, _), .roam(let names, _):
            machines.formUnion(names)
        case .fault(_, let fault): links.formUnion(fault.links)
        case .nat(let site, _): machines.formUnion(siteMembers(site))
        }
    }

    private mutating func note(_ target: Target) {
        // A coordinator or an application carries no packet between machines.
        guard target.service != "coordinator", target.service != "messenger" else { return }
        machines.formUnion(target.machines.filter { $0 != Scenario.coordinatorMachine })
    }
}
