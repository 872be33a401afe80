/// What became of one of the runs of a command.
struct RunOutcome: Codable, Sendable {
    var scenario: String
    var seed: UInt64
    /// The exit code that it stands for.
    var exit: Int32
    /// The folder of its evidence.
    var output: String
    /// Why it was not started.
    var skipped: String?
    /// The name of the lab that its machines stayed up as.
    var kept: String?
}

/// The last line of `lab run --json`.
struct RunSummary: Codable, Sendable {
    var event = "summary"
    /// The exit code of the whole command.
    var exit: Int32
    var passed: Int
    var runs: [RunOutcome]

    init(_ runs: [RunOutcome]) {
        self.runs = runs
        exit = runs.map(\.exit).reduce(0, RunEnd.worse)
        passed = runs.count { $0.exit == 0 }
    }

    /// For people: how many passed, by scenario, with the seeds of those that did not.
    var text: String {
        var names: [String] = []
        for run in runs where !names.contains(run.scenario) { names.append(run.scenario) }
        let width = names.map(\.count).max() ?? 0
        let skipped = runs.count { $0.skipped != nil }
        var text = "\n\(passed) of \(runs.count) runs passed\(skipped > 0 ? ", \(skipped) skipped" : "")\n"
        for name in names {
            let own = runs.filter { $0.scenario == name }
            let bad = own.filter { $0.exit != 0 && $0.skipped == nil }
            let passed = own.count { $0.exit == 0 }
            let space = String(repeating: " ", count: width - name.count)
            text += "  \(name)\(space)  \(passed) of \(own.count)"
            if let reason = own.lazy.compactMap(\.skipped).first { text += "; skipped: \(reason)" }
            if !bad.isEmpty {
                let seeds = bad.map { "\($0.seed) (exit \($0.exit), \($0.output))" }
                text += "; not with seed \(seeds.joined(separator: ", "))"
            }
            text += "\n"
        }
        return text
    }
}
