import Basics

/// When a machine comes and goes too often to be believed at its first word.
public struct Damping: Sendable, Hashable {
    /// So many times unresponsive …
    public let times: Int
    /// … within so long.
    public let within: Duration

    /// Three times within ten minutes.
    public static let standard = Damping(times: 3, within: .seconds(600))

    /// - Parameter times: at least 2, so that one restart is never delayed; less counts as 2.
    public init(times: Int, within: Duration) {
        self.times = max(2, times)
        self.within = within
    }
}

/// How often one machine was unresponsive lately.
struct FlapHistory: Sendable {
    /// Awake times of becoming unresponsive, the latest `Damping.times` of them, oldest first.
    private var times: [MonotonicTime] = []
    /// Since when (awake) it is heard again without a gap, while that is not believed yet.
    var steadySince: MonotonicTime?
    /// Real time of the last sign of life before the latest silence.
    private(set) var lostSince = MonotonicTime.zero

    mutating func add(_ awake: MonotonicTime, lostSince: MonotonicTime, _ damping: Damping) {
        times.append(awake)
        if times.count > damping.times { times.removeFirst() }
        self.lostSince = lostSince
        steadySince = nil
    }

    /// Whether it is too much.
    func isFlapping(at awake: MonotonicTime, _ damping: Damping) -> Bool {
        guard times.count == damping.times, let oldest = times.first else { return false }
        return awake - oldest <= damping.within
    }
}
