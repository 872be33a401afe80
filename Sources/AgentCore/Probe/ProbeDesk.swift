import AgentLogic
import Basics
import ControlProtocol
import MeshModel
import Synchronization

/// Where questions about other machines are left, and the answers to them: between those who ask and the one who probes.
final class ProbeDesk: Sendable {
    fileprivate struct State {
        var questions: [ProbeBook.Question] = []
        var configured: [MachineID: IPAddress] = [:]
        var addresses: Set<IPAddress> = []
        var evidence: [(machine: MachineID, answered: Bool)] = []
        var observations: [PeerObservation] = []
        var news = 0
        var measurements: [UInt64: RoundTrips] = [:]
        var lastMeasurement: UInt64 = 0
    }

    private let state = Mutex(State())
    /// There is something to probe.
    let signal = WakeSignal()

    /// The most questions that wait.
    private static let questionLimit = ProbeBook.coordinatorLimit + ProbeBook.evidenceLimit + ProbeBook.measurementLimit

    // MARK: Questions

    /// Leaves a question. One that waits already is merged with it; the ones beyond the bound are forgotten.
    func ask(_ question: ProbeBook.Question) {
        state.withLock { state in
            guard state.questions.count < Self.questionLimit, !state.questions.contains(question) else { return }
            state.questions.append(question)
        }
        signal.wake()
    }

    /// The questions that were left since the last call.
    func takeQuestions() -> [ProbeBook.Question] {
        state.withLock { state in
            defer { state.questions = [] }
            return state.questions
        }
    }

    // MARK: Peers

    /// The peers that are configured: to nobody else a probe could go through a tunnel.
    func setConfigured(_ peers: [MachineID: IPAddress]) {
        let isNew = state.withLock { state in
            guard state.configured != peers else { return false }
            state.configured = peers
            state.addresses = Set(peers.values)
            return true
        }
        if isNew { signal.wake() }
    }

    /// These are about to go.
    func forget(_ machines: some Sequence<MachineID>) {
        state.withLock { state in
            for machine in machines { state.configured[machine] = nil }
            state.addresses = Set(state.configured.values)
        }
    }

    /// Where to probe a machine; nil unless it is a configured peer.
    func address(of machine: MachineID) -> IPAddress? { state.withLock { $0.configured[machine] } }

    /// Whether it is the address of a configured peer.
    func isConfigured(_ address: IPAddress) -> Bool { state.withLock { $0.addresses.contains(address) } }

    // MARK: Answers

    /// Leaves what came of a question for whoever asked it.
    func note(_ outcome: ProbeBook.Outcome) {
        state.withLock { state in
            switch outcome.purpose {
            case .evidence: state.evidence.append((outcome.machine, outcome.isReachable))
            case .coordinator(let request):
                state.observations.append(
                    PeerObservation(machine: outcome.machine, request: request, reachable: outcome.isReachable))
                state.news += 1
                state.trim()
            case .measurement(let number): state.measurements[number]?.note(outcome)
            }
        }
    }

    /// Has the round trips to these machines measured, and notes what comes of it there.
    ///
    /// - Returns: the number of the measurement, to `forget` it by.
    func measure(_ machines: [MachineID], within limit: Duration, into roundTrips: RoundTrips) -> UInt64 {
        let number = state.withLock { state in
            state.lastMeasurement += 1
            state.measurements[state.lastMeasurement] = roundTrips
            return state.lastMeasurement
        }
        for machine in machines {
            ask(ProbeBook.Question(machine: machine, purpose: .measurement(number), within: limit))
        }
        return number
    }

    func forget(measurement number: UInt64) { state.withLock { $0.measurements[number] = nil } }

    /// The answers to this machine's own questions since the last call.
    func takeEvidence() -> [(machine: MachineID, answered: Bool)] {
        state.withLock { state in
            defer { state.evidence = [] }
            return state.evidence
        }
    }

    /// Grows with every observation.
    var news: Int { state.withLock { $0.news } }

    /// What to tell the coordinator, at most `HeartbeatRequest.observationLimit`.
    func takeObservations() -> [PeerObservation] {
        state.withLock { state in
            defer { state.observations = [] }
            return state.observations
        }
    }

    /// Observations that did not get through, for the next heartbeat. The newest stay if there are too many.
    func putBack(_ observations: [PeerObservation]) {
        state.withLock { state in
            state.observations = observations + state.observations
            state.trim()
        }
    }
}

extension ProbeDesk.State {
    fileprivate mutating func trim() {
        observations.removeFirst(max(0, observations.count - HeartbeatRequest.observationLimit))
    }
}
