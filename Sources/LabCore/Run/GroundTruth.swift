import Basics
import ScenarioModel
import Timing

/// For how long the coordinator's view of each machine was wrong, by the lab's own knowledge. Sampled; pure.
struct GroundTruth: Sendable {
    /// What was the case at one moment.
    struct Sample: Sendable {
        /// The machine is on, its agent runs and is not paused.
        var isAlive: Bool
        /// A fault of the lab keeps machine and coordinator apart: then neither answer of the coordinator is false.
        var isSeparated: Bool
        /// What the coordinator lists; nil: nothing.
        var liveness: String?
    }

    /// How long a machine that is just back may be unknown to be: until then nobody can have heard from it.
    let grace: Duration
    private(set) var falseOnline: [String: Duration] = [:]
    private(set) var falseOffline: [String: Duration] = [:]
    private(set) var samples = 0
    /// When the last sample was taken, if the coordinator has answered since.
    private(set) var lastTime: MonotonicTime?
    /// Machines that have been alive at least once: before that nobody claims anything.
    private var known: Set<String> = []
    /// Since when each machine is alive and not cut off, without a break.
    private var presentSince: [String: MonotonicTime] = [:]

    /// Whether any machine has been alive.
    var hasKnownAnybody: Bool { !known.isEmpty }

    init(grace: Duration = .zero) { self.grace = grace }

    /// The coordinator did not answer: it claims nothing for the time until the next sample.
    mutating func skip() { lastTime = nil }

    /// Takes in a sample; what it shows counts for the time since the last one.
    mutating func add(_ machines: [String: Sample], at time: MonotonicTime) {
        let span = lastTime.map { time - $0 } ?? .zero
        lastTime = time
        samples += 1
        for (name, sample) in machines {
            if sample.isAlive { known.insert(name) }
            let isPresent = sample.isAlive && !sample.isSeparated
            let since = isPresent ? presentSince[name] ?? time : nil
            presentSince[name] = since
            guard !sample.isSeparated, known.contains(name), let liveness = sample.liveness else { continue }
            if !sample.isAlive, liveness != "unresponsive" { falseOnline[name, default: .zero] += span }
            if let since, time - since >= grace, liveness == "unresponsive" { falseOffline[name, default: .zero] += span }
        }
    }

    /// The machine for which it was worst.
    static func worst(_ times: [String: Duration]) -> (name: String, time: Duration)? {
        times.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.key, $0.value) }
    }
}

extension ScenarioRun {
    func lookAtTruth(falseOnline: Duration, falseOffline: Duration) -> Look {
        guard truth.samples > 1, truth.hasKnownAnybody else {
            return Look(.unknown, "the coordinator's view of a living machine was not looked at yet")
        }
        guard let last = truth.lastTime, MonotonicTime.now - last < .seconds(2) else {
            return Look(.unknown, "the coordinator does not answer")
        }
        func text(_ what: String, _ times: [String: Duration]) -> String {
            GroundTruth.worst(times).map { "\(what) \(DurationText.format($0.time)) (\($0.name))" } ?? "\(what) never"
        }
        let detail = "\(text("falsely online", truth.falseOnline)), \(text("falsely offline", truth.falseOffline))"
        let isGood =
            (GroundTruth.worst(truth.falseOnline)?.time ?? .zero) <= falseOnline
            && (GroundTruth.worst(truth.falseOffline)?.time ?? .zero) <= falseOffline
        return Look(isGood ? .yes : .no, "\(detail), by \(truth.samples) looks")
    }
}
