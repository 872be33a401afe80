import AgentLogic
import AsyncHTTPClient
import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import NIOCore
import Synchronization
import Timing

/// Follows one peer map stream until it ends, falls silent, or is given up.
final class PeerStreamReader: Sendable {
    private let membership: Membership
    private let heard = Mutex(MonotonicTime.now)

    /// A stream that is silent for longer is dead.
    static let silenceLimit = Duration.seconds(3 * StreamLine.keepaliveSeconds)

    init(membership: Membership) { self.membership = membership }

    /// When the last line came.
    var lastHeard: MonotonicTime { heard.withLock { $0 } }

    /// Applies line after line. Returns why that came to an end.
    func follow(_ body: HTTPClientResponse.Body) async -> CoordinatorFailure {
        heard.withLock { $0 = .now }
        return await withTaskGroup(of: CoordinatorFailure.self) { group in
            group.addTask { await self.read(body) }
            group.addTask { await self.watch() }
            let first = await group.next()
            group.cancelAll()
            return first ?? .unreachable("the stream was given up")
        }
    }

    private func read(_ body: HTTPClientResponse.Body) async -> CoordinatorFailure {
        var splitter = LineSplitter(limit: StreamLine.lengthLimit)
        do {
            for try await buffer in body {
                for line in try splitter.add(buffer.readableBytesView) {
                    let line = try JSONDecoder().decode(StreamLine.self, from: Data(line))
                    heard.withLock { $0 = .now }
                    switch line {
                    case .update(let update): try membership.apply(update)
                    case .probe(let request): membership.probes.ask(ProbeBook.Question(request))
                    case .reconnect(let milliseconds): return askedToReconnect(after: milliseconds)
                    case .unknown: break
                    }
                }
            }
            return .unreachable("the coordinator ended the stream")
        } catch let refusal as PeerMap.Refusal {
            return CoordinatorFailure(
                kind: .outOfStep, code: "out-of-step", detail: "the stream does not follow from the position reached (\(refusal))"
            )
        } catch let error as DecodingError {
            return CoordinatorFailure(
                kind: .outOfStep, code: "bad-line", detail: "a line of the stream is not understood: \(error)")
        } catch let error as CodedError {
            return CoordinatorFailure(kind: .outOfStep, code: error.code, detail: error.message)
        } catch {
            return .unreachable("the stream broke off: \(CoordinatorFailure.text(of: error))")
        }
    }

    private func askedToReconnect(after milliseconds: Int) -> CoordinatorFailure {
        CoordinatorFailure(
            kind: .unreachable, code: "reconnect", detail: "the coordinator is stopping",
            pause: .milliseconds(min(max(0, milliseconds), StreamLine.longestPauseMilliseconds)))
    }

    /// Returns when nothing has come for too long.
    private func watch() async -> CoordinatorFailure {
        while true {
            let deadline = lastHeard + Self.silenceLimit
            let now = MonotonicTime.now
            if now >= deadline {
                return .unreachable("the stream was silent for \(DurationText.format(Self.silenceLimit))")
            }
            guard (try? await Task.sleep(for: deadline - now)) != nil else { return .unreachable("the stream was given up") }
        }
    }
}

extension ProbeBook.Question {
    /// The coordinator's question.
    init(_ request: ProbeRequest) {
        self.init(
            machine: request.machine, purpose: .coordinator(request.request),
            within: .milliseconds(min(max(request.withinMilliseconds, 0), 60_000)))
    }
}
