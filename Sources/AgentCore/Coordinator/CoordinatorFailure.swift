import AgentLogic
import Basics

/// Why the coordinator did not do what it was asked.
struct CoordinatorFailure: Error, Sendable, CustomStringConvertible {
    var kind: CoordinatorLink.Failure
    /// The coordinator's problem code, or `unreachable`.
    var code: String
    /// For a person.
    var detail: String

    var description: String { detail }

    static func unreachable(_ detail: String) -> CoordinatorFailure {
        CoordinatorFailure(kind: .unreachable, code: "unreachable", detail: detail)
    }
}
