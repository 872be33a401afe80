import Basics
import LinuxProcess
import ScenarioModel

/// Conditions about processes and what they use.
extension ScenarioRun {
    func lookAtService(_ target: Target, _ state: ServiceState) async throws -> Look {
        let table = try ProcessTable.read()
        var wrong: [String] = []
        for (label, pid) in try await network.processes(of: target) {
            let seen = Self.state(of: pid, in: table)
            if seen != state { wrong.append("\(label) is \(seen.rawValue)") }
        }
        return .noneWrong(wrong, else: "\(state.rawValue)")
    }

    private static func state(of pid: Int32?, in table: ProcessTable) -> ServiceState {
        guard let pid, let entry = table.entries[pid], entry.state != "Z" else { return .stopped }
        return entry.state == "T" || entry.state == "t" ? .paused : .running
    }

    func lookAtMemory(_ target: Target, below limit: Int) async throws -> Look {
        try await lookAtUse(target, limit) { table, pids in
            let bytes = pids.reduce(0) { $0 + (table.entries[$1]?.residentBytes ?? 0) }
            return (bytes, "\((bytes + 999_999) / 1_000_000) MB")
        }
    }

    func lookAtDescriptors(_ target: Target, below limit: Int) async throws -> Look {
        try await lookAtUse(target, limit) { table, pids in
            let count = pids.reduce(0) { $0 + (table.descriptorCount(of: $1) ?? 0) }
            return (count, "\(count) descriptors")
        }
    }

    private func lookAtUse(_ target: Target, _ limit: Int, _ measure: (ProcessTable, [Int32]) -> (Int, String)) async throws
        -> Look
    {
        let table = try ProcessTable.read()
        var wrong: [String] = []
        var highest = (value: 0, text: "nothing")
        for (label, pid) in try await network.processes(of: target) {
            guard let pid else { return Look(.unknown, "\(label) does not run") }
            let (value, text) = measure(table, table.tree(of: pid))
            if value >= limit { wrong.append("\(label): \(text)") }
            if value > highest.value { highest = (value, "\(text) (\(label))") }
        }
        return .noneWrong(wrong, else: "at most \(highest.text)")
    }

    func lookAtCommand(_ expectation: CommandExpectation, on names: [String]) async throws -> Look {
        var wrong: [String] = []
        var last = ""
        for name in names {
            let result: CommandRun.Result
            do {
                result = try await network.run(expectation.command, on: name, within: expectation.within)
            } catch let error as CodedError where error.code == "command.timeout" {
                wrong.append("\(name): \(error.message)")
                continue
            }
            let lines = result.output.split(whereSeparator: \.isNewline).map(String.init)
            last = lines.last ?? ""
            let facts = try await network.facts(of: name)
            if result.status != .exited(expectation.exits) {
                wrong.append("\(name): \(result.complaint)")
            } else if let text = expectation.prints, !result.output.contains(Template.fill(text, facts)) {
                wrong.append("\(name) printed \"\(lines.joined(separator: " / ").prefix(120))\"")
            }
        }
        return .noneWrong(wrong, else: "\(names.count == 1 ? names[0] : "all \(names.count)"): \(last.prefix(120))")
    }
}
