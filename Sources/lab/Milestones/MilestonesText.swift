import LabCore
import MilestoneModel

/// The table for people: week by week the artifact, the documents, and each claim.
struct MilestonesText {
    let results: MilestoneResults
    let isStyled: Bool

    var text: String {
        let chosen = results.weeks.filter { $0.outcome != .notSelected }
        let width = chosen.flatMap(\.claims).map(\.id.count).max() ?? 0
        return chosen.map { week($0, width) }.joined(separator: "\n") + "\n" + summary
    }

    private var summary: String {
        let claims = results.weeks.filter { $0.outcome != .notSelected }.flatMap(\.claims)
        let held = claims.count { $0.outcome == .held }
        let line =
            "\(results.held) of \(results.selected) milestones hold, \(held) of \(claims.count) claims, in \(seconds(results.seconds))"
        return styled(line, results.outcome) + "\n"
    }

    private func week(_ week: WeekResult, _ width: Int) -> String {
        var text = "\(word(week.outcome))  \(bold("Week \(week.week): \(week.title)"))\n"
        if !week.artifact.isEmpty { text += "      \(week.artifact)\n" }
        let documents = week.documents.map { $0.isThere ? $0.path : "\($0.path) IS MISSING" }
        text += "      documents: \(documents.joined(separator: ", "))\n"
        for claim in week.claims {
            let id = claim.id + String(repeating: " ", count: width - claim.id.count)
            let leading = claim.leading
            let time = leading.map(time) ?? "not shown"
            let space = String(repeating: " ", count: max(0, 18 - time.count))
            let kind = claim.kind == .limitation ? "(limitation) " : ""
            text += "  \(word(claim.outcome))  \(id)  \(time)\(space)  \(kind)\(claim.statement)\n"
            text += "\(String(repeating: " ", count: width + 10))\(leading.map { "in \($0.place)" } ?? "")\n"
            for evidence in claim.evidence where evidence.outcome != .held {
                text += "        \(evidence.scenario)/\(evidence.check): \(evidence.detail)\n"
            }
        }
        for run in week.runs where run.outcome != .held {
            text += "  \(word(run.outcome))  the run of \(run.scenario): exit code \(run.exit), \(run.place)\n"
            for remark in run.remarks.prefix(8) { text += "        \(remark)\n" }
        }
        return text
    }

    private func time(_ evidence: ClaimEvidence) -> String {
        guard let bound = evidence.bound else { return seconds(evidence.seconds) }
        return "\(seconds(evidence.seconds)) \(evidence.isLasting ? "for" : "of") \(seconds(bound))"
    }

    private func seconds(_ seconds: Double) -> String { "\(StoryText.fixed(seconds, seconds < 10 ? 2 : 1)) s" }

    private func word(_ outcome: MilestoneOutcome) -> String {
        switch outcome {
        case .held: styled("HELD", outcome)
        case .failed: styled("FAIL", outcome)
        case .inconclusive: styled("????", outcome)
        case .notSelected: "----"
        }
    }

    private func styled(_ text: String, _ outcome: MilestoneOutcome) -> String {
        guard isStyled else { return text }
        let code =
            switch outcome {
            case .held: "32"
            case .failed: "31"
            case .inconclusive, .notSelected: "33"
            }
        return "\u{1b}[\(code)m\(text)\u{1b}[0m"
    }

    private func bold(_ text: String) -> String { isStyled ? "\u{1b}[1m\(text)\u{1b}[0m" : text }
}
