import ScenarioModel

/// Actions in words, for the story and the report.
enum ActionText {
    static func describe(_ action: Action, machines: [String]) -> String {
        func names(_ list: [String]) -> String {
            list == machines && list.count > 1 ? "all machines" : list.joined(separator: ", ")
        }
        func target(_ target: Target) -> String { (target.service.map { "\($0) on " } ?? "") + names(target.machines) }
        switch action {
        case .boot(let list): return "switch on \(names(list))"
        case .start(let what): return "start \(target(what))"
        case .kill(let what, let signal): return "kill \(target(what)) with SIG\(StepSignal.name(of: signal))"
        case .stop(let what): return "stop \(target(what))"
        case .restart(let what): return "restart \(target(what))"
        case .crash(let list): return "power off \(names(list))"
        case .partition(let name, let groups):
            return "partition \(name): \(groups.map { $0.joined(separator: ", ") }.joined(separator: " | "))"
        case .heal(let name): return "heal \(name ?? "all partitions")"
        }
    }
}
