import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

/// A tracker whose clock a test moves in whole steps, as its driver would: it ticks and asks whenever that is due.
struct LivenessBench {
    var tracker: LivenessTracker
    var random = SeededGenerator(seed: 7)
    private(set) var now: Double = 0
    /// All transitions with their times in seconds.
    private(set) var seen: [(at: Double, id: MachineID, to: Liveness)] = []
    private(set) var asked: [(at: Double, question: WitnessQuestion)] = []

    init(ceiling: Int = 1_000, damping: Damping? = .standard) throws {
        tracker = LivenessTracker(
            limits: try LivenessLimits(
                heartbeatInterval: .seconds(1), suspectAfter: .seconds(3), unresponsiveAfter: .seconds(6)),
            ceiling: ceiling, damping: damping)
    }

    var time: MonotonicTime { seconds(now) }

    @discardableResult
    mutating func hear(_ number: Int) throws -> LivenessTracker.Transition? { try tracker.heard(id(number), at: time) }

    /// Lets time pass in steps of 50 ms; `beating` send a heartbeat every second.
    mutating func pass(_ duration: Double, beating: [Int] = []) throws {
        for _ in 0..<Int((duration / 0.05).rounded()) {
            now = ((now + 0.05) * 1_000).rounded() / 1_000
            if Int((now * 1_000).rounded()) % 1_000 == 0 { for number in beating { try hear(number) } }
            for transition in tracker.tick(at: time).transitions { seen.append((now, transition.id, transition.to)) }
            for question in tracker.askWitnesses(at: time, using: &random).questions { asked.append((now, question)) }
        }
    }

    /// The witness answers a question.
    @discardableResult
    mutating func answer(_ question: WitnessQuestion, _ reachable: Bool = true, by witness: MachineID? = nil)
        -> LivenessTracker.Answer
    {
        tracker.answer(
            question.request, about: question.suspect, by: witness ?? question.witness, reachable: reachable, at: time)
    }

    func state(_ number: Int) throws -> Liveness? { try tracker.liveness(of: id(number)) }
}
