import AgentLogic
import AsyncHTTPClient
import Basics
import LinuxProcess
import NIOCore

/// Why the coordinator did not do what it was asked.
struct CoordinatorFailure: Error, Sendable, Equatable, CustomStringConvertible {
    var kind: CoordinatorLink.Failure
    /// The coordinator's problem code, or `unreachable`.
    var code: String
    /// For a person.
    var detail: String
    /// How long the coordinator asked this machine to wait before it connects again; nil if it did not.
    var pause: Duration?

    var description: String { detail }

    /// Somebody else answers at the coordinator's address.
    var isImpostor: Bool { code == "certificate-pin-mismatch" }

    static func unreachable(_ detail: String) -> CoordinatorFailure {
        CoordinatorFailure(kind: .unreachable, code: "unreachable", detail: detail)
    }

    /// What went wrong on the way, for people.
    static func text(of error: any Error) -> String {
        switch error {
        case let error as CodedError: error.cause.map { "\(error.message): \(text(of: $0))" } ?? error.message
        case let error as IOError: errorText(error.errnoCode)
        case let error as HTTPClientError: error.shortDescription
        default: "\(error)"
        }
    }
}
