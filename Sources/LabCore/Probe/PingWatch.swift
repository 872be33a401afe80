import Basics
import LinuxProcess
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
        let number: UInt64
        let sentAt: MonotonicTime
    }

    let pairs: [Pair]
    private let prober: Prober
    private let isPlain: Bool
    private var probes: [Probe] = []
    /// Attempts that failed at once, since the last `collect`.
    private var refusals: [Pair] = []
    /// Packets that left a machine.
    private(set) var sent = 0
    /// Attempts that a machine's kernel refused, by errno.
    private(set) var refused: [Int32: Int] = [:]
    /// Machines that were off when they should have sent.
    private(set) var off: Set<String> = []
    /// Machines whose mesh address nobody knew.
    private(set) var unknown: Set<String> = []
    private(set) var answered: Set<Pair> = []
    private(set) var answers = 0
    private(set) var lostCount = 0
    private(set) var slowest = Duration.zero

    /// - Parameter isPlain: the probes are meant to travel outside the mesh.
    init(from: [String], to: [String], prober: Prober, isPlain: Bool = false) {
        pairs = from.flatMap { source in to.filter { $0 != source }.map { Pair(from: source, to: $0) } }
        self.prober = prober
        self.isPlain = isPlain
    }

    /// Sends one echo for each of the pairs.
    mutating func send(_ chosen: [Pair], _ address: (String) -> IPAddress?) {
        for pair in chosen {
            guard let target = address(pair.to) else {
                unknown.insert(pair.to)
                refusals.append(pair)
                continue
            }
            switch prober.send(from: pair.from, to: target, isPlain: isPlain) {
            case .sent(let number):
                sent += 1
                probes.append(Probe(pair: pair, number: number, sentAt: .now))
            case .refused(let reason):
                refused[reason, default: 0] += 1
                refusals.append(pair)
            case .machineOff:
                off.insert(pair.from)
                refusals.append(pair)
            }
        }
    }

    /// Takes in the answers so far.
    ///
    /// - Returns: the pairs that could not send, or whose probe is older than the limit and has no answer. Those are forgotten.
    mutating func collect(lostAfter limit: Duration) -> [Pair] {
        let now = MonotonicTime.now
        var lost = refusals
        refusals = []
        var open: [Probe] = []
        for probe in probes {
            if let time = prober.answered(probe.number) {
                answered.insert(probe.pair)
                answers += 1
                slowest = max(slowest, time - probe.sentAt)
                prober.forget([probe.number])
            } else if now - probe.sentAt > limit {
                lost.append(probe.pair)
                prober.forget([probe.number])
            } else {
                open.append(probe)
            }
        }
        probes = open
        lostCount += lost.count
        return lost
    }

    /// Whether probes are still on their way.
    var isWaiting: Bool { !probes.isEmpty }

    /// How the attempts went, for a person.
    var summary: String {
        var parts = ["\(sent) probes sent, \(answers) answered"]
        for (reason, count) in refused.sorted(by: { $0.key < $1.key }) { parts.append("\(count) refused (\(errorText(reason)))") }
        if !off.isEmpty { parts.append("off: \(off.sorted().joined(separator: ", "))") }
        if !unknown.isEmpty { parts.append("without an address: \(unknown.sorted().joined(separator: ", "))") }
        return parts.joined(separator: ", ")
    }

    /// Forgets what is under way.
    mutating func end() {
        prober.forget(probes.map(\.number))
        probes = []
    }
}
