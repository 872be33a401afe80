import ControlProtocol
import MeshModel

/// What came of a send. There is always exactly one.
public enum SendVerdict: Hashable, Sendable {
    /// The receiver acknowledged: the message is on its disk.
    case delivered
    /// Why not, as a reason for programs and a sentence for people.
    case failed(SendResult.Reason, String)
}

/// Why a TCP connection could not be opened.
public enum ConnectFailure: Error, Hashable, Sendable {
    /// The machine answered that nobody listens.
    case refused
    /// No route to the machine, or no peer behind the route; the system's words.
    case unreachable(String)
    /// Own mesh address is not on any interface.
    case noOwnAddress
    /// The network gave up before the bound.
    case timedOut
    /// Anything else; the system's words.
    case other(String)

    /// What the failure means for the send.
    public func verdict(_ receiver: MachineName) -> SendVerdict {
        switch self {
        case .refused: .failed(.refused, "no messenger listens on \(receiver)")
        case .unreachable(let why): .failed(.notReachable, "no way to \(receiver): \(why)")
        case .noOwnAddress: .failed(.notAMember, "this machine's mesh address is not on its interface")
        case .timedOut: .failed(.timedOut, "\(receiver) does not answer")
        case .other(let why): .failed(.notReachable, "no connection to \(receiver): \(why)")
        }
    }
}

extension Refusal {
    /// What the refusal means for the message that it answers.
    public func verdict(_ receiver: MachineName) -> SendVerdict {
        let reason: SendResult.Reason =
            switch Code(rawValue: code) {
            case .unsupportedVersion: .protocolError
            case .receiverFull: .receiverFull
            default: .refused
            }
        return .failed(reason, "\(receiver) refused: \(code): \(detail)")
    }
}
