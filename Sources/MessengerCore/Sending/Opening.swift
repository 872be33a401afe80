import Basics
import MeshModel
import MessengerLogic
import NIOCore

/// Opens connections to other messengers: TCP, hello, welcome.
struct Opening: Sendable {
    let port: UInt16
    /// For each of the two steps.
    let limit: Duration
    let group: any EventLoopGroup

    /// A connection on which messages may follow, or why there is none.
    func open(
        from own: IPAddress, to peer: IPAddress, of receiver: MachineName, onConnect: @Sendable () async -> Void = {}
    ) async -> Result<FrameConnection, OpeningFailure> {
        switch await Dialer.connect(from: own, to: peer, port: port, within: limit, on: group) {
        case .failure(let failure): return .failure(OpeningFailure(failure.verdict(receiver)))
        case .success(let connection):
            await onConnect()
            guard let verdict = await greet(connection, receiver) else { return .success(connection) }
            connection.close()
            return .failure(OpeningFailure(verdict))
        }
    }

    private func greet(_ connection: FrameConnection, _ receiver: MachineName) async -> SendVerdict? {
        do {
            try await connection.send(.hello(.own), within: limit)
            switch try await connection.receive(within: limit) {
            case .welcome(let welcome) where Hello.spoken.contains(welcome.version): return nil
            case .refuse(let refusal): return refusal.verdict(receiver)
            default: return .failed(.protocolError, "\(receiver) answered with something else than the protocol allows")
            }
        } catch let end as ConnectionEnd where end != .closed {
            return .failed(.timedOut, "\(receiver) took the connection and said nothing within \(DurationText.format(limit))")
        } catch {
            // Whoever listens there took the connection and gave it up.
            return .failed(.refused, "\(receiver) closed the connection before taking the message: \(error)")
        }
    }
}

/// Why there is no connection.
struct OpeningFailure: Error {
    let verdict: SendVerdict

    init(_ verdict: SendVerdict) { self.verdict = verdict }
}
