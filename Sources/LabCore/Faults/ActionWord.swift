import ScenarioModel

extension Action {
    /// The word of the language that asks for it.
    var word: String {
        switch self {
        case .boot: "boot"
        case .start: "start"
        case .kill: "kill"
        case .stop: "stop"
        case .restart: "restart"
        case .crash: "crash"
        case .pause: "pause"
        case .resume: "resume"
        case .run: "run"
        case .fault(_, .cut): "partition"
        case .fault(_, .block): "block"
        case .fault(_, .impairment): "impair"
        case .heal: "heal"
        case .cable(_, let isUp): isUp ? "plug" : "unplug"
        case .flap: "flap"
        case .mtu: "mtu"
        case .roam: "roam"
        case .nat: "nat"
        case .disk: "disk"
        }
    }
}
