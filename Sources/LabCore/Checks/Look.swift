import LabReport

/// One look at a condition.
struct Look: Sendable {
    enum Answer: Sendable, Hashable {
        case yes
        case no
        /// It could not be looked at. Not the same as no: a check that sees nothing shows nothing.
        case unknown

        /// The answer to the opposite question.
        var opposite: Answer {
            switch self {
            case .yes: .no
            case .no: .yes
            case .unknown: .unknown
            }
        }
    }

    var answer: Answer
    /// What was seen, for a person.
    var detail: String

    init(_ answer: Answer, _ detail: String) {
        self.answer = answer
        self.detail = detail
    }

    /// Yes if nothing is wrong.
    static func noneWrong(_ wrong: [String], else good: @autoclosure () -> String) -> Look {
        guard !wrong.isEmpty else { return Look(.yes, good()) }
        let more = wrong.count > 6 ? " and \(wrong.count - 6) more" : ""
        return Look(.no, wrong.prefix(6).joined(separator: ", ") + more)
    }

    /// The same look at the opposite condition.
    var opposite: Look { Look(answer.opposite, detail) }

    /// What a check that ended with this look comes to.
    var outcome: Outcome {
        switch answer {
        case .yes: .pass
        case .no: .fail
        case .unknown: .inconclusive
        }
    }
}
