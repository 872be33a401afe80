import Basics
import LabReport
import ScenarioModel
import Timing

/// What steps do, as events of the timeline.
extension ScenarioRun {
    /// To be called before a step is carried out.
    func tellBegin(_ action: Action, id: String, _ text: String) {
        let number = scenario.steps.firstIndex { $0.id == id }.map { "\($0 + 1)" } ?? ""
        journal.add(.step, text, machines: action.machines, fields: ["id": id, "step": number])
        // What ends something begins before it is done; what starts something ends after.
        switch action {
        case .crash(let names): journal.add(.power, text, machines: names, fields: ["state": "off"])
        case .stop(let target, _): tellServices(target, "stopped")
        case .kill(let target, _): tellServices(target, "killed")
        case .pause(let target): tellServices(target, "paused")
        default: break
        }
    }

    /// To be called when it is known whether it took effect.
    ///
    /// - Parameter time: when it was carried out: the lab's own look at it comes after that.
    func tellEnd(_ action: Action, id: String, _ text: String, isVerified: Bool, at time: MonotonicTime = .now) async {
        switch action {
        case .boot(let names): journal.add(.power, text, machines: names, fields: ["state": "on"], at: time)
        case .start(let target), .restart(let target):
            if target.service == nil { journal.add(.power, text, machines: target.machines, fields: ["state": "on"], at: time) }
            tellServices(target, "running", at: time)
        case .resume(let target): tellServices(target, "running", at: time)
        case .fault(let name, let fault): beginBand(name, action.word, fault.machines, isVerified, at: time)
        case .cable(let names, let isUp):
            if isUp { endBands(at: time) { $0.hasPrefix("unplug:") && names.contains(String($0.dropFirst(7))) } }
            if !isUp { for name in names { beginBand("unplug:\(name)", "unplug", [name], isVerified, at: time) } }
        case .mtu(let names, _): for name in names { beginBand("mtu:\(name)", "mtu", [name], isVerified, at: time) }
        case .disk(let names, let state):
            endBands(at: time) { $0.hasPrefix("disk:") && names.contains(String($0.dropFirst(5))) }
            if state != .normal {
                for name in names { beginBand("disk:\(name)", "disk \(state.rawValue)", [name], isVerified, at: time) }
            }
        case .heal(let name): endBands(at: time) { name == nil || $0 == name }
        default: break
        }
    }

    private func tellServices(_ target: Target, _ state: String, at time: MonotonicTime? = nil) {
        for name in target.machines {
            for service in network.book.services(of: target, on: name) {
                journal.add(.service, machines: [name], fields: ["service": service, "state": state], at: time)
            }
        }
    }

    private func beginBand(
        _ name: String, _ word: String, _ machines: [String], _ isVerified: Bool, at time: MonotonicTime
    ) {
        bands.insert(name)
        journal.add(
            .faultBegin, name, machines: machines,
            fields: ["id": name, "fault": word, "engine": "", "effect": isVerified ? "verified" : "unverified"], at: time)
    }

    func endBands(at time: MonotonicTime? = nil, _ isEnding: (String) -> Bool) {
        for name in bands.filter(isEnding).sorted() {
            bands.remove(name)
            journal.add(.faultEnd, name, fields: ["id": name], at: time)
        }
    }
}

extension Action {
    /// The machines that it is about.
    var machines: [String] {
        switch self {
        case .boot(let names), .crash(let names), .run(_, let names), .cable(let names, _), .flap(let names, _, _, _),
            .mtu(let names, _), .roam(let names, _), .disk(let names, _):
            names
        case .start(let target), .kill(let target, _), .stop(let target, _), .restart(let target), .pause(let target),
            .resume(let target):
            target.machines
        case .fault(_, let fault): fault.machines
        case .heal, .nat: []
        }
    }
}

extension LinkFault {
    /// The machines at the ends of its links, in the order of their names.
    var machines: [String] {
        var names: Set<String> = []
        for link in links {
            names.insert(link.from)
            names.insert(link.to)
        }
        return names.sorted()
    }
}
