import Basics
import NetworkModel
import ScenarioModel

/// What is not as it should be, for whoever asks.
extension LabNetwork {
    /// Faults that are on: those on links by their names, all others by the words that made them.
    func liveFaults() -> [LiveStatus.Fault] { linkFaults + machineFaults + gatewayFaults + pausedServices }

    private var linkFaults: [LiveStatus.Fault] {
        let others = allMachines.filter { $0 != Scenario.coordinatorMachine }
        return faults.sorted { $0.key < $1.key }.map { name, fault in
            var used: [String] = []
            for use in enginesNow where use.fault == name && !used.contains(use.engine.rawValue) {
                used.append(use.engine.rawValue)
            }
            return LiveStatus.Fault(
                name: name, what: ActionText.describe(.fault(name: name, fault), machines: others), engines: used)
        }
    }

    private var machineFaults: [LiveStatus.Fault] {
        allMachines.compactMap { machines[$0]?.node }.flatMap { node in
            var found: [LiveStatus.Fault] = []
            if !node.isLinkUp {
                found.append(
                    LiveStatus.Fault(name: "unplug \(node.name)", what: "\(node.name) is unplugged", engines: ["rtnetlink"]))
            }
            if let bytes = node.cableMTU?.bytes {
                found.append(
                    LiveStatus.Fault(
                        name: "mtu \(node.name)", what: "MTU \(bytes) for \(node.name)", engines: ["rtnetlink"]))
            }
            if let state = diskStates[node.name] {
                found.append(
                    LiveStatus.Fault(
                        name: "disk \(node.name)", what: "disk of \(node.name): \(state.rawValue)", engines: ["tmpfs"]))
            }
            return found
        }
    }

    /// Gateways that do something else than the topology says.
    private var gatewayFaults: [LiveStatus.Fault] {
        scenario.topology.sites.compactMap { site in
            guard let planned = site.nat, let now = (try? parts().fabric.router(site.name))?.nat, now.kind != planned.kind else {
                return nil
            }
            return LiveStatus.Fault(
                name: "nat \(site.name)", what: "NAT of \(site.name): \(now.kind.rawValue) instead of \(planned.kind.rawValue)",
                engines: ["nftables"])
        }
    }

    private var pausedServices: [LiveStatus.Fault] {
        allMachines.flatMap { name in
            book.order.filter { machines[name]?.services[$0]?.isPaused ?? false }.map { service in
                LiveStatus.Fault(
                    name: "pause \(name)/\(service)", what: "\(service) on \(name) is paused", engines: ["SIGSTOP"])
            }
        }
    }
}
