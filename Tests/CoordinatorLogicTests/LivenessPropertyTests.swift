import Basics
import MeshModel
import Testing

@testable import CoordinatorLogic

/// Random operations against a model that keeps all times in plain arrays and looks at every machine at every tick.
@Suite struct LivenessPropertyTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func randomOperationsAgreeWithTheModel(_ seed: UInt64) throws {
        var run = try LivenessRun(seed: seed)
        for _ in 0..<100_000 where run.agrees { try run.step() }
        #expect(run.agrees)
        #expect(run.suspicions > 500 && run.losses > 300 && run.reached > 200 && run.early > 50 && run.damped > 50)
        #expect(run.ignored > 500 && run.paces.count >= 3)
    }
}

private struct LivenessRun {
    static let machines = 24
    private struct Asked {
        let number: Int
        let question: WitnessQuestion
        let asked: MonotonicTime
        let expires: MonotonicTime
    }

    private var random: SeededGenerator
    private var tracker: LivenessTracker
    private let ids: [MachineID]
    private var now = MonotonicTime.zero
    private var awake = MonotonicTime.zero
    private var noticed = MonotonicTime.zero

    // The model: one array a fact, by the machine's number.
    private var state = [Liveness?](repeating: nil, count: machines)
    private var heard = [MonotonicTime](repeating: .zero, count: machines)
    private var broke = [MonotonicTime?](repeating: nil, count: machines)
    private var reachedAt = [MonotonicTime?](repeating: nil, count: machines)
    private var steady = [MonotonicTime?](repeating: nil, count: machines)
    private var lost = [[MonotonicTime]](repeating: [], count: machines)
    private var factor = [Double](repeating: 1, count: machines)
    private var told = [Double](repeating: 1, count: machines)
    private var hasStream = [Bool](repeating: false, count: machines)
    private var open: [Asked] = []

    private(set) var agrees = true
    private(set) var suspicions = 0, losses = 0, reached = 0, early = 0, damped = 0, ignored = 0
    private(set) var paces: Set<Double> = []

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        ids = try (0..<Self.machines).map { try id($0 + 1) }
        tracker = LivenessTracker(
            limits: try LivenessLimits(
                heartbeatInterval: .seconds(1), suspectAfter: .seconds(3), unresponsiveAfter: .seconds(6)),
            ceiling: 14)
        _ = tracker.tick(at: now)
    }

    private var present: Double { tracker.limits.heartbeatInterval.inSeconds }

    mutating func step() throws {
        let pause = Int.random(in: 0..<4_000, using: &random) == 0 ? Duration.seconds(40) : .zero
        now = now + .milliseconds(Int.random(in: 0...80, using: &random)) + pause
        let number = Int.random(in: 0..<Self.machines, using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<2: remove(number)
        case 2..<45: hear(number)
        case 45..<50: openStream(number)
        case 50..<54: closeStream(number)
        case 54..<70: answer()
        default: tick()
        }
        paces.insert(present)
    }

    private mutating func notice() {
        awake = awake + min(now - noticed, .milliseconds(1_500))
        noticed = now
    }

    private mutating func fail(_ text: String, _ number: Int) {
        Issue.record("machine \(number) at \(now): \(text)")
        agrees = false
    }

    private mutating func remove(_ number: Int) {
        // Rarely whole crowds, so that the pace changes.
        let crowd = Int.random(in: 0..<40, using: &random) == 0 ? Array(0..<Self.machines - 4) : [number]
        for number in crowd {
            tracker.remove(ids[number])
            state[number] = nil
            (broke[number], reachedAt[number], steady[number], lost[number], hasStream[number]) = (nil, nil, nil, [], false)
        }
    }

    private mutating func hear(_ number: Int) {
        // A third of the machines, another third every nine seconds, is silent.
        guard (number + Int(now.nanoseconds / 9_000_000_000)) % 3 != 0 else { return }
        let transition = tracker.heard(ids[number], at: now)
        notice()
        let gap = (awake - heard[number]).inSeconds
        let before = state[number]
        let old = factor[number]
        if before == nil {
            (factor[number], told[number]) = (present, present)
        } else {
            if told[number] < factor[number], gap <= 1.5 * told[number] { factor[number] = told[number] }
            told[number] = present
            factor[number] = max(factor[number], present)
        }
        heard[number] = awake
        broke[number] = nil
        var isBelieved = true
        let recent = lost[number].suffix(3)
        if before == .unresponsive, recent.count == 3, let oldest = recent.first, awake - oldest <= .seconds(600) {
            if steady[number] == nil || gap >= 3 * old { steady[number] = awake }
            isBelieved = (awake - (steady[number] ?? awake)).inSeconds >= 3 * old
            if !isBelieved { damped += 1 }
        }
        if isBelieved {
            (state[number], reachedAt[number], steady[number]) = (.alive, nil, nil)
        }
        let expected = isBelieved && before != nil && before != .alive
        if (transition != nil) != expected {
            fail("a transition \(String(describing: transition)), expected: \(expected)", number)
        }
    }

    private mutating func openStream(_ number: Int) {
        tracker.streamOpened(ids[number])
        guard state[number] != nil else { return }
        hasStream[number] = true
        broke[number] = nil
    }

    private mutating func closeStream(_ number: Int) {
        let isBroken = Int.random(in: 0..<3, using: &random) > 0
        tracker.streamClosed(ids[number], broke: isBroken, at: now)
        notice()
        hasStream[number] = false
        if isBroken, state[number] == .alive, broke[number] == nil { broke[number] = awake }
    }

    private mutating func answer() {
        guard !open.isEmpty else { return }
        let index = Int.random(in: max(0, open.count - 12)..<open.count, using: &random)
        let entry = open[index]
        let isLie = Int.random(in: 0..<4, using: &random) == 0
        let reachable = Int.random(in: 0..<3, using: &random) == 0
        let liar = ids[Int.random(in: 0..<Self.machines, using: &random)]
        let witness = isLie && liar != entry.question.witness ? liar : entry.question.witness
        let answer = tracker.answer(
            entry.question.request, about: entry.question.suspect, by: witness, reachable: reachable, at: now)
        notice()
        guard witness == entry.question.witness else {
            ignored += 1
            if answer != .ignored { fail("a stranger was heard", entry.number) }
            return
        }
        open.remove(at: index)
        guard entry.expires > awake else {
            if answer != .ignored { fail("an old answer was heard", entry.number) }
            return
        }
        guard reachable, state[entry.number] == .suspect else {
            if answer != .noted { fail("\(answer) instead of noted", entry.number) }
            return
        }
        let isFirst = reachedAt[entry.number] == nil
        if answer != .reached(isFirst: isFirst) { fail("\(answer) instead of reached", entry.number) }
        reachedAt[entry.number] = max(reachedAt[entry.number] ?? entry.asked, entry.asked)
        reached += 1
    }

    private mutating func tick() {
        let tick = tracker.tick(at: now)
        notice()
        if tick.wake <= now || tick.wake > now + .milliseconds(750) { fail("wakes at \(tick.wake)", 0) }
        var expected: [MachineID: [Liveness]] = [:]
        for number in 0..<Self.machines {
            if state[number] == .alive, isQuiet(number) {
                state[number] = .suspect
                suspicions += 1
                expected[ids[number], default: []].append(.suspect)
            }
            guard state[number] == .suspect else { continue }
            let last = max(heard[number], reachedAt[number] ?? heard[number])
            guard (awake - last).inSeconds >= 6 * factor[number] else { continue }
            (state[number], reachedAt[number], broke[number], steady[number]) = (.unresponsive, nil, nil, nil)
            lost[number].append(awake)
            losses += 1
            expected[ids[number], default: []].append(.unresponsive)
        }
        let real = Dictionary(grouping: tick.transitions, by: \.id).mapValues { $0.map(\.to) }
        if real != expected { fail("\(real) instead of \(expected)", 0) }
        for number in 0..<Self.machines where tracker.liveness(of: ids[number]) != state[number] {
            fail(
                "\(String(describing: tracker.liveness(of: ids[number]))) instead of \(String(describing: state[number]))", number
            )
        }
        ask()
    }

    private mutating func isQuiet(_ number: Int) -> Bool {
        if (awake - heard[number]).inSeconds >= 3 * factor[number] { return true }
        guard let broke = broke[number], (awake - broke).inSeconds >= 1.5 * factor[number] else { return false }
        early += 1
        return true
    }

    private mutating func ask() {
        let asking = tracker.askWitnesses(at: now, using: &random)
        var perSuspect: [MachineID: Int] = [:]
        for question in asking.questions {
            guard let suspect = ids.firstIndex(of: question.suspect), let witness = ids.firstIndex(of: question.witness) else {
                fail("asked by or about a stranger", 0)
                return
            }
            perSuspect[question.suspect, default: 0] += 1
            if state[suspect] != .suspect || state[witness] != .alive || !hasStream[witness] || suspect == witness {
                fail("asked \(witness)", suspect)
            }
            open.append(
                Asked(number: suspect, question: question, asked: awake, expires: awake + .seconds(6 * factor[suspect])))
        }
        if perSuspect.values.contains(where: { $0 > 3 }) { fail("too many asked", 0) }
        if open.count > 200 { open.removeFirst(100) }
    }
}
