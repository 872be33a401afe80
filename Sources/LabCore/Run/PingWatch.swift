import Basics
import MeshModel
import Timing

/// Echoes between pairs of machines, and what came of them. Used by one task at a time.
struct PingWatch {
    /// One direction between two machines.
    struct Pair: Hashable, Sendable, Comparable, CustomStringConvertible {
        let from: String
        let to: String
        var description: String { "\(from)->\(to)" }
        static func < (left: Self, right: Self) -> Bool { (left.from, left.to) < (right.from, right.to) }
    }

    /// A probe on its way.
    private struct Probe {
        let pair: Pair
        let number: UInt64?
        let sentAt: MonotonicTime
    }

    let pairs: [Pair]
    private let prober: Prober
    private var probes: [Probe] = []
    private(set) var sent = 0
    private(set) var answered: Set<Pair> = []
    private(set) var answers = 0
    private(set) var slowest = Duration.zero

    init(from: [String], to: [String], prober: Prober) {
        pairs = from.flatMap { source in to.filter { $0 != source }.map { Pair(from: source, to: $0) } }
        self.prober = prober
    }

    /// Sends one echo for each of the pairs.
    mutating func send(_ chosen: [Pair], _ address: (String) -> IPAddress?) {
        for pair in chosen {
            let number = address(pair.to).flatMap { prober.send(from: pair.from, to: $0) }
            probes.append(Probe(pair: pair, number: number, sentAt: .now))
            sent += 1
        }
    }

    /// Takes in the answers so far.
    ///
    /// - Returns: the pairs whose probe was refused, or is older than the limit and still has no answer. Those are forgotten.
    mutating func collect(lostAfter limit: Duration?) -> [Pair] {
        let now = MonotonicTime.now
        var lost: [Pair] = []
        var open: [Probe] = []
        for probe in probes {
            if let number = probe.number, let time = prober.answered(number) {
                answered.insert(probe.pair)
                answers += 1
                slowest = max(slowest, time - probe.sentAt)
                prober.forget([number])
            } else if let limit, probe.number == nil || now - probe.sentAt > limit {
                lost.append(probe.pair)
                prober.forget(CollectionOfOne(probe.number).compactMap(\.self))
            } else if probe.number != nil {
                open.append(probe)
            }
        }
        probes = open
        return lost
    }

    /// Whether probes are still on their way.
    var isWaiting: Bool { !probes.isEmpty }

    /// Forgets what is under way.
    mutating func end() {
        prober.forget(probes.compactMap(\.number))
        probes = []
    }
}
