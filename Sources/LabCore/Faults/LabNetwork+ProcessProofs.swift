import Glibc
import LinuxProcess
import ScenarioModel

/// Whether processes are as a step should have left them, by the kernel's process table and by what ran before.
extension LabNetwork {
    func proofOfProcesses(_ action: Action) throws -> FaultProof? {
        let table = try ProcessTable.read()
        switch action {
        case .start(let target): return try proof(target, "running") { _, pid in isRunning(pid, in: table) }
        case .stop(let target, _):
            return try proof(target, "stopped") { label, pid in pid == nil && isGone(memory.processes[label], in: table) }
        case .restart(let target): return try proofOfRestart(target, table)
        case .pause(let target):
            return try proof(target, "paused") { _, pid in
                let states = states(of: pid, in: table)
                return !states.isEmpty && states.subtracting(["Z"]) == ["T"]
            }
        case .resume(let target): return try proof(target, "running") { _, pid in isRunning(pid, in: table) }
        case .kill(let target, let signal): return try proofOfSignal(target, signal, table)
        default: return nil
        }
    }

    /// A service that went on is not one that was started again, and a machine with nothing on it has booted once more.
    private func proofOfRestart(_ target: Target, _ table: ProcessTable) throws -> FaultProof {
        if target.service == nil {
            let same = try target.machines.filter { try machine($0).node?.boots == memory.boots[$0] }
            guard same.isEmpty else { return .missing(same, else: "", "not booted again") }
        }
        return try proof(target, "running anew") { label, pid in
            isRunning(pid, in: table) && pid != memory.processes[label] && isGone(memory.processes[label], in: table)
        }
    }

    private func proofOfSignal(_ target: Target, _ signal: Int32, _ table: ProcessTable) throws -> FaultProof {
        switch signal {
        case SIGSTOP:
            return try proof(target, "stopped by the signal") { _, pid in pid.flatMap { table.entries[$0]?.state } == "T" }
        case SIGCONT:
            return try proof(target, "going on") { _, pid in pid.flatMap { table.entries[$0]?.state }.map { $0 != "T" } ?? false }
        case SIGHUP:
            // What a program makes of it is its own business.
            return try proof(target, "told") { label, _ in memory.signalled.contains(label) }
        default:
            return try proof(target, "ended") { label, _ in
                memory.processes[label] != nil && isGone(memory.processes[label], in: table)
            }
        }
    }

    /// - Parameter isThere: of a service as `MACHINE/SERVICE`, and of its process now.
    private func proof(_ target: Target, _ what: String, _ isThere: (String, Int32?) throws -> Bool) throws -> FaultProof {
        let services = try processes(of: target)
        let off = services.isEmpty ? try target.machines.filter { try !isRunning($0) } : []
        let wrong = try services.filter { try !isThere($0.label, $0.pid) }.map(\.label) + off
        return .missing(wrong, else: "\(services.count) \(what)", "not \(what)")
    }

    private func states(of pid: Int32?, in table: ProcessTable) -> Set<Character> {
        Set((pid.map { table.tree(of: $0) } ?? []).compactMap { table.entries[$0]?.state })
    }

    private func isRunning(_ pid: Int32?, in table: ProcessTable) -> Bool {
        let states = states(of: pid, in: table)
        return !states.isEmpty && !states.contains("T") && states != ["Z"]
    }

    /// Whether the process has ended; true for none.
    func isGone(_ pid: Int32?, in table: ProcessTable) -> Bool {
        guard let pid, let entry = table.entries[pid] else { return true }
        return entry.state == "Z"
    }
}
