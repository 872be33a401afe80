import Basics
import MeshModel

/// What is known of a machine while it is suspect.
struct Suspicion: Sendable {
    /// Real time at which its connection broke, if that is why.
    let broke: MonotonicTime?
    /// Awake time of the next questions about it.
    var nextAsk: MonotonicTime
    /// Who was asked last.
    var asked: [MachineID] = []
    /// The last time that a witness reached it.
    var contact: Contact?

    struct Contact: Sendable {
        let awake: MonotonicTime
        let at: MonotonicTime
        let witness: MachineID
    }
}

extension LivenessTracker {
    /// What is to be asked now.
    public struct Asking: Sendable, Hashable {
        public let questions: [WitnessQuestion]
        /// When to ask again; nil while nobody is suspect.
        public let wake: MonotonicTime?
    }

    /// What came of an answer.
    public enum Answer: Sendable, Hashable {
        /// It answers no question that was put to this machine and is still open.
        case ignored
        /// It changes nothing: the suspect was not reached, or is not suspect any longer.
        case noted
        /// The suspect was reached: its deadline is counted from the question. `isFirst` in this suspicion.
        case reached(isFirst: Bool)
    }

    /// The machine's stream is open: it can be asked, and its connection is not broken any longer.
    public mutating func streamOpened(_ id: MachineID) {
        guard entries[id] != nil else { return }
        connected.insert(id)
        entries[id]?.broke = nil
    }

    /// The machine's stream has ended and it has no other one.
    ///
    /// - Parameter broke: it was not ended in order. The machine is then suspect early unless it is heard, or opens another stream.
    public mutating func streamClosed(_ id: MachineID, broke: Bool, at now: MonotonicTime) {
        clock.advance(to: now)
        connected.remove(id)
        guard broke, let entry = entries[id], entry.liveness == .alive, entry.broke == nil else { return }
        entries[id]?.broke = Break(awake: clock.awake, at: now)
        schedule(id)
    }

    /// Chooses who is asked about whom, for every suspect whose turn it is: once in a heartbeat interval, up to three machines that are
    /// alive and have a stream, at random and preferably others than the time before.
    public mutating func askWitnesses(at now: MonotonicTime, using generator: inout some RandomNumberGenerator) -> Asking {
        clock.advance(to: now)
        var asking: [WitnessQuestion] = []
        questions.startWindow(at: clock.awake, interval: pace.limits.heartbeatInterval)
        while let next = asks.least {
            guard var suspicion = suspicions[next.id], suspicion.nextAsk == next.time, let entry = entries[next.id] else {
                asks.removeLeast()
                continue
            }
            guard next.time <= clock.awake else {
                return Asking(questions: asking, wake: now + (next.time - clock.awake))
            }
            let limits = limits(of: entry)
            let witnesses = witnesses(for: next.id, notIfAvoidable: suspicion.asked, using: &generator)
            for witness in witnesses {
                asking.append(ask(witness, about: next.id, limits, at: now, using: &generator))
            }
            suspicion.asked = witnesses
            suspicion.nextAsk = clock.awake + limits.heartbeatInterval
            suspicions[next.id] = suspicion
            asks.replaceLeast(with: Deadline(time: suspicion.nextAsk, id: next.id))
        }
        return Asking(questions: asking, wake: nil)
    }

    /// Takes a witness's answer. Only "reachable" ever changes anything: a machine that lies can delay a removal, never cause one.
    public mutating func answer(
        _ request: UInt64, about suspect: MachineID, by witness: MachineID, reachable: Bool, at now: MonotonicTime
    ) -> Answer {
        clock.advance(to: now)
        guard let question = questions.answer(request, about: suspect, by: witness, at: clock.awake) else {
            counts.answersIgnored += 1
            return .ignored
        }
        if reachable { counts.answersReachable += 1 } else { counts.answersUnreachable += 1 }
        guard reachable, let suspicion = suspicions[suspect] else { return .noted }
        let isFirst = suspicion.contact == nil
        if let last = suspicion.contact, last.awake >= question.asked { return .reached(isFirst: false) }
        suspicions[suspect]?.contact = .init(awake: question.asked, at: question.askedAt, witness: witness)
        return .reached(isFirst: isFirst)
    }

    private mutating func ask(
        _ witness: MachineID, about suspect: MachineID, _ limits: LivenessLimits, at now: MonotonicTime,
        using generator: inout some RandomNumberGenerator
    ) -> WitnessQuestion {
        let open = WitnessQuestions.Open(
            witness: witness, suspect: suspect, asked: clock.awake, askedAt: now, expires: clock.awake + limits.unresponsiveAfter)
        counts.questions += 1
        return WitnessQuestion(
            witness: witness, suspect: suspect, request: questions.add(open, using: &generator),
            within: min(max(limits.heartbeatInterval, .milliseconds(100)), .seconds(60)))
    }

    private func witnesses(
        for suspect: MachineID, notIfAvoidable asked: [MachineID], using generator: inout some RandomNumberGenerator
    ) -> [MachineID] {
        let able = connected.sample(24, using: &generator).filter {
            $0 != suspect && entries[$0]?.liveness == .alive && questions.mayAsk($0)
        }
        let fresh = able.filter { !asked.contains($0) }
        return Array((fresh + able.filter(asked.contains)).prefix(WitnessQuestions.witnessesPerSuspect))
    }
}
