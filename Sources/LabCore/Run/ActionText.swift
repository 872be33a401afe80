import Basics
import NetworkModel
import ScenarioModel

/// Actions in words, for the story and the report.
enum ActionText {
    static func describe(_ action: Action, machines: [String]) -> String {
        func names(_ list: [String]) -> String {
            if list == machines, list.count > 1 { return "all machines" }
            return list.count > 8
                ? "\(list.prefix(6).joined(separator: ", ")) and \(list.count - 6) more" : list.joined(separator: ", ")
        }
        func target(_ target: Target) -> String { (target.service.map { "\($0) on " } ?? "") + names(target.machines) }
        switch action {
        case .boot(let list): return "switch on \(names(list))"
        case .start(let what): return "start \(target(what))"
        case .kill(let what, let signal): return "kill \(target(what)) with SIG\(StepSignal.name(of: signal))"
        case .stop(let what, _): return "stop \(target(what))"
        case .restart(let what): return "restart \(target(what))"
        case .crash(let list): return "power off \(names(list))"
        case .pause(let what): return "pause \(target(what))"
        case .resume(let what): return "let \(target(what)) go on"
        case .run(let step, let list): return "run \(step.command.joined(separator: " ").prefix(80)) on \(names(list))"
        case .fault(let name, let fault): return "\(describe(fault)) (\(name))"
        case .heal(let name): return "heal \(name ?? "everything")"
        case .cable(let list, let isUp): return "\(isUp ? "plug in" : "unplug") \(names(list))"
        case .flap(let list, let down, let up, let times):
            return
                "unplug and plug \(names(list)) \(times) times, \(DurationText.format(down)) off and \(DurationText.format(up)) on"
        case .mtu(let list, let bytes): return "MTU \(bytes) for \(names(list))"
        case .roam(let list, let place): return "new underlay address for \(names(list))\(place.map { ", in \($0)" } ?? "")"
        case .nat(let site, let change):
            switch change {
            case .rebind: return "NAT of \(site): rebind"
            case .flush: return "NAT of \(site): flush"
            case .become(let kind): return "NAT of \(site): becomes \(kind.rawValue)"
            }
        case .disk(let list, let state): return "disk of \(names(list)): \(state.rawValue)"
        }
    }

    private static func describe(_ fault: LinkFault) -> String {
        let links = "\(fault.links.count) link\(fault.links.count == 1 ? "" : "s")"
        switch fault {
        case .cut(_, let shape): return "partition, \(shape), \(links) cut"
        case .block(_, let traffic):
            return "block \(traffic.transport.rawValue)\(traffic.port.map { "/\($0)" } ?? "") on \(links)"
        case .impairment(_, let properties): return "impair \(links): \(describe(properties))"
        }
    }

    static func describe(_ properties: LinkProperties) -> String {
        var parts: [String] = []
        if properties.delay > .zero { parts.append("delay \(DurationText.format(properties.delay))") }
        if properties.jitter > .zero { parts.append("jitter \(DurationText.format(properties.jitter))") }
        for (name, share) in [
            ("loss", properties.loss), ("duplicate", properties.duplicate), ("reorder", properties.reorder),
            ("corrupt", properties.corrupt),
        ] where share > 0 {
            parts.append("\(name) \((share * 10_000).rounded() / 100) %")
        }
        if let rate = properties.rate { parts.append("rate \(rate / 1_000) kbit/s") }
        return parts.joined(separator: ", ")
    }
}
