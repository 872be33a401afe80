import Basics
import ControlProtocol
import LocalControl
import MessengerLogic
import Timing

/// Who is in the mesh, asked anew each time: a machine that was dropped a moment ago is dropped in the answer.
public protocol Directory: Sendable {
    /// - Throws: any error if there is no answer. The caller sets the bound.
    func roster() async throws -> Roster
}

/// The directory of the agent on this machine.
public struct AgentDirectory: Directory {
    private let client: LocalControlClient

    /// - Parameter socket: path of the agent's control socket.
    public init(socket: String) { client = LocalControlClient(socket: socket) }

    public func roster() async throws -> Roster {
        if let complaint = await SocketProbe.complaint(about: client.socket) {
            throw CodedError("control-unreachable", "\(client.socket): \(complaint)")
        }
        return Roster(try await client.get("/v1/status", as: AgentStatus.self))
    }
}

extension Roster {
    /// The agent's view: a peer that its WireGuard device does not hold is known and not reachable.
    init(_ status: AgentStatus) {
        self.init(
            own: status.machine.map { Member(id: $0.id, name: $0.name, address: $0.meshAddress, isReachable: true) },
            others: status.peers.map {
                Member(
                    id: $0.id, name: $0.name, address: $0.meshAddress, isReachable: $0.configured,
                    isDoubted: $0.liveness != .alive || ($0.state ?? "connected") != "connected")
            })
    }
}

extension Directory {
    /// The roster, or why there is none, in no more time than the limit.
    func roster(within limit: Duration) async -> Result<Roster, CodedError> {
        let answer = await bounded(within: limit) { () -> Result<Roster, CodedError> in
            do {
                return .success(try await roster())
            } catch {
                return .failure(CodedError("directory-unavailable", "\(error)", cause: nil))
            }
        }
        return answer ?? .failure(CodedError("directory-unavailable", "no answer within \(DurationText.format(limit))"))
    }
}
