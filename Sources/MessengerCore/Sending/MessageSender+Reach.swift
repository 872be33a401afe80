import Basics
import ControlProtocol
import MeshModel
import MessengerLogic
import Timing

extension MessageSender {
    /// Sends to every other machine of the mesh, to all at one time.
    ///
    /// - Returns: what came of each, by name.
    /// - Throws: `CodedError` as `send` does, and `not-a-member` if nobody can say who is in the mesh.
    func broadcast(_ request: BroadcastRequest) async throws -> [BroadcastResult] {
        _ = try MessageText(request.text)
        let names = try await roster.others()
        return try await withThrowingTaskGroup(of: BroadcastResult.self) { group in
            var results: [BroadcastResult] = []
            // Each counts as a send under way; half of those allowed are left to others.
            let share = max(1, settings.sendsAtOnce / 2)
            for (number, name) in names.enumerated() {
                if number >= share, let result = try await group.next() { results.append(result) }
                group.addTask {
                    let send = SendRequest(to: name, text: request.text, timeoutMilliseconds: request.timeoutMilliseconds)
                    return BroadcastResult(to: name, result: try await self.send(send))
                }
            }
            for try await result in group { results.append(result) }
            return results.sorted { $0.to.text < $1.to.text }
        }
    }

    /// Asks another messenger for a sign of life, over a connection of its own.
    ///
    /// - Throws: `CodedError` with code `bad-timeout`.
    func ping(_ request: PingRequest) async throws(CodedError) -> PingResult {
        try Self.check(timeout: request.timeoutMilliseconds)
        let limit = Duration.milliseconds(request.timeoutMilliseconds)
        let answer = await bounded(within: limit) { await self.exchangePing(with: request.to, within: limit) }
        return answer
            ?? PingResult(
                milliseconds: 0, connectMilliseconds: 0, reason: .timedOut,
                detail: "no answer from \(request.to) within \(DurationText.format(limit))")
    }

    private func exchangePing(with name: MachineName, within limit: Duration) async -> PingResult {
        let start = MonotonicTime.now
        let line = DeliveryLine(to: name, seed: 0)
        guard case .resolved(let resolution) = await roster.look(name) else {
            return Self.failed(.failed(.notAMember, "this machine's agent does not answer"))
        }
        guard case .reachable(let own, let member) = resolution else { return Self.failed(line.verdict(on: resolution)) }
        switch await opening.open(from: own, to: member.address, of: name) {
        case .failure(let failure): return Self.failed(failure.verdict)
        case .success(let connection):
            defer { connection.close() }
            let connect = Self.milliseconds(since: start)
            let nonce = MessageID.random()
            let asked = MonotonicTime.now
            do {
                try await connection.send(.ping(nonce), within: limit)
                switch try await connection.receive(within: limit) {
                case .pong(nonce):
                    return PingResult(
                        milliseconds: Self.milliseconds(since: asked), connectMilliseconds: connect, reason: nil, detail: "")
                case .refuse(let refusal): return Self.failed(refusal.verdict(name))
                default:
                    return Self.failed(.failed(.protocolError, "\(name) answered with something else than the protocol allows"))
                }
            } catch {
                return Self.failed(.failed(.protocolError, "no answer from \(name): \(error)"))
            }
        }
    }

    private static func failed(_ verdict: SendVerdict) -> PingResult {
        var result = PingResult(milliseconds: 0, connectMilliseconds: 0, reason: .protocolError, detail: "")
        if case .failed(let reason, let detail) = verdict { (result.reason, result.detail) = (reason, detail) }
        return result
    }
}
