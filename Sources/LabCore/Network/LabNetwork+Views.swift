import Basics
import LinuxProcess
import ScenarioModel

/// What the lab knows by itself of machines and services, without asking any of their programs.
extension LabNetwork {
    /// The services of a target, as `MACHINE/SERVICE`, with their process ids in the lab's own numbering; nil: not running.
    func processes(of target: Target) throws(CodedError) -> [(label: String, pid: Int32?)] {
        var found: [(String, Int32?)] = []
        for name in target.machines {
            for service in book.services(of: target, on: name) {
                found.append(("\(name)/\(service)", try machine(name).services[service]?.process.pid))
            }
        }
        return found
    }

    /// The machines on which the service runs.
    func machinesRunning(_ service: String) -> [String] {
        allMachines.filter { machines[$0]?.services[service] != nil }
    }

    /// The machines on which something runs that makes them members of the network under test: Warren's agent, or any service.
    func membersRunning() -> [String] {
        let services = book.isWarren ? ["agent"] : book.order
        return allMachines.filter { name in services.contains { machines[name]?.services[$0] != nil } }
    }

    /// Whether each machine's agent runs, and whether a fault keeps it from the coordinator.
    func agentStates() -> [String: (isAlive: Bool, isSeparated: Bool)] {
        var states: [String: (isAlive: Bool, isSeparated: Bool)] = [:]
        for name in allMachines where name != Scenario.coordinatorMachine {
            let running = machines[name]?.services["agent"]
            states[name] = (running.map { !$0.isPaused } ?? false, isSeparated(name, Scenario.coordinatorMachine))
        }
        return states
    }

    /// Peak use of every service, by `MACHINE/SERVICE`.
    func uses() throws(CodedError) -> [String: (bytes: Int, cpuSeconds: Double, descriptors: Int)] {
        let table = try ProcessTable.read()
        var found: [String: (bytes: Int, cpuSeconds: Double, descriptors: Int)] = [:]
        for (label, pid) in try processes(of: Target(machines: allMachines, service: nil)) {
            guard let pid else { continue }
            let tree = table.tree(of: pid)
            found[label] = (
                tree.reduce(0) { $0 + (table.entries[$1]?.residentBytes ?? 0) },
                tree.reduce(0) { $0 + (table.entries[$1]?.cpuSeconds ?? 0) },
                tree.reduce(0) { $0 + (table.descriptorCount(of: $1) ?? 0) }
            )
        }
        return found
    }
}
