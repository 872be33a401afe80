import MilestoneModel

extension ClaimEvidence {
    /// What a check of a run showed.
    ///
    /// - Parameter folder: the run's folder, relative to that of the results.
    public init(_ check: Report.CheckResult, of report: Report, folder: String) {
        self.init(
            scenario: report.scenario, check: check.id, title: check.title, outcome: MilestoneOutcome(check.outcome),
            seconds: check.seconds, bound: check.bound,
            isLasting: ["never", "always", "stays", "invariant"].contains(check.kind), detail: check.detail,
            place: "\(folder)/report.html#check-\(check.id)")
    }
}

extension ScenarioEvidence {
    /// A run and what is to be said of it.
    ///
    /// - Parameters:
    ///   - report: nil if the run wrote none.
    ///   - exit: its exit code.
    public init(_ report: Report?, scenario: String, exit: Int32, folder: String, reason: String? = nil) {
        let bad = (report?.checks ?? []).filter { $0.outcome != .pass }.map { "\($0.id) (\($0.outcome.rawValue)): \($0.detail)" }
        let broken = [report?.error, reason, report == nil ? "the run wrote no report" : nil].compactMap(\.self)
        let left = exit == 5 ? ["something is left of the run"] : []
        let outcome: MilestoneOutcome =
            switch exit {
            case 0: report == nil ? .inconclusive : .held
            case 1, 5: .failed
            default: .inconclusive
            }
        self.init(
            scenario: scenario, outcome: outcome, seconds: report?.seconds ?? 0, exit: exit, place: folder,
            remarks: Array((broken + left + bad).prefix(50)))
    }
}

extension MilestoneOutcome {
    init(_ outcome: Outcome) {
        switch outcome {
        case .pass: self = .held
        case .fail: self = .failed
        case .inconclusive, .skipped, .error: self = .inconclusive
        }
    }
}
