import Basics
import FoundationEssentials
import MeshModel
import Testing

@testable import CoordinatorLogic

/// A hundred machines that all live, on a network that loses every fifth packet, with the default settings.
@Suite struct LossySimulationTests {
    /// A day takes minutes in a build for debugging: `WARREN_SIMULATED_HOURS=24` runs it whole.
    private static let hours = ProcessInfo.processInfo.environment["WARREN_SIMULATED_HOURS"].flatMap { Int($0) } ?? 1

    @Test func nobodyThatLivesIsGivenUp() throws {
        var simulation = try LossySimulation(seed: 11)
        try simulation.run(seconds: Self.hours * 3_600)
        #expect(simulation.tracker.counts.unresponsive == 0)
        #expect(simulation.tracker.counts.suspicions > 10 * Self.hours, "the network is bad enough to matter")
        print("simulated \(Self.hours) h: \(simulation.heartbeats) heartbeats, \(simulation.tracker.counts)")
    }

    @Test func withoutWitnessesSomeWouldBe() throws {
        var simulation = try LossySimulation(seed: 11, answers: false)
        try simulation.run(seconds: 1_200)
        #expect(simulation.tracker.counts.unresponsive > 0, "or the other test shows nothing")
    }
}

/// Events in slots of 10 ms. A request and its answer each take so long as TCP needs to get them through: 0.2 s after the first loss, then
/// twice as long each time. A machine waits for the answer before it sends the next heartbeat, and never opens another connection.
private struct LossySimulation {
    private enum Event {
        case send(Int)
        case arrive(Int, [(WitnessQuestion, Bool)])
        case probe(Int, WitnessQuestion)
        case tick
    }

    static let machines = 100
    static let loss = 20
    private static let slots = 1 << 15
    private(set) var tracker: LivenessTracker
    private(set) var heartbeats = 0
    private var random: SeededGenerator
    private var slot = 0
    private var calendar = [[Event]](repeating: [], count: slots)
    private var findings = [[(WitnessQuestion, Bool)]](repeating: [], count: machines)
    private let ids: [MachineID]
    private let numbers: [MachineID: Int]
    private let answers: Bool

    init(seed: UInt64, answers: Bool = true) throws {
        self.answers = answers
        random = SeededGenerator(seed: seed)
        ids = try (0..<Self.machines).map { try id($0 + 1) }
        numbers = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        tracker = LivenessTracker(
            limits: try LivenessLimits(
                heartbeatInterval: .seconds(1), suspectAfter: .seconds(3), unresponsiveAfter: .seconds(6)))
        for number in 0..<Self.machines {
            tracker.heard(ids[number], at: .zero)
            tracker.streamOpened(ids[number])
            calendar[number].append(.send(number))
        }
        calendar[0].append(.tick)
    }

    private var now: MonotonicTime { MonotonicTime(nanoseconds: Int64(slot) * 10_000_000) }

    mutating func run(seconds: Int) throws {
        for next in 0..<(seconds * 100) {
            slot = next
            let index = next % Self.slots
            guard !calendar[index].isEmpty else { continue }
            let events = calendar[index]
            calendar[index] = []
            for event in events { handle(event) }
        }
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .send(let number):
            let request = delay()
            let answer = delay()
            after(request, .arrive(number, findings[number]))
            findings[number] = []
            after(max(100, request + answer), .send(number))
        case .arrive(let number, let findings):
            heartbeats += 1
            tracker.heard(ids[number], at: now)
            for (question, reachable) in findings {
                _ = tracker.answer(
                    question.request, about: question.suspect, by: ids[number], reachable: reachable, at: now)
            }
        case .probe(let number, let question):
            // Five pings of one packet there and one back.
            let isReached = (0..<5).contains(where: { _ in !isLost() && !isLost() })
            if answers { findings[number].append((question, isReached)) }
        case .tick:
            let tick = tracker.tick(at: now)
            let asking = tracker.askWitnesses(at: now, using: &random)
            for question in asking.questions { after(delay(), .probe(numbers[question.witness] ?? 0, question)) }
            let wake = min(tick.wake, asking.wake ?? tick.wake)
            after(max(1, Int(((wake - now).inSeconds * 100).rounded(.up))), .tick)
        }
    }

    private mutating func isLost() -> Bool { Int(random.next() % 100) < Self.loss }

    /// In slots.
    private mutating func delay() -> Int {
        var delay = 1
        var timeout = 20
        while isLost(), timeout <= 10_240 {
            delay += timeout
            timeout *= 2
        }
        return delay
    }

    private mutating func after(_ slots: Int, _ event: Event) { calendar[(slot + slots) % Self.slots].append(event) }
}
