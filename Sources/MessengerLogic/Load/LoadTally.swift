import ControlProtocol

/// What came of the messages of a load generator.
public struct LoadTally: Hashable, Sendable {
    public private(set) var delivered = 0
    public private(set) var queued = 0
    /// By reason.
    public private(set) var failed: [String: Int] = [:]
    /// What the messenger of this machine did not take, by the code of its error: `busy`, `control-unreachable`, `interrupted`. Of the
    /// last two it is not known what came of them; `sent` may tell.
    public private(set) var notTaken: [String: Int] = [:]
    private var latency = LatencyRecord()

    public init() {}

    public var failures: Int { failed.values.reduce(0, +) }
    public var refusals: Int { notTaken.values.reduce(0, +) }
    public var attempts: Int { delivered + queued + failures + refusals }

    /// - Parameter milliseconds: from when the message was due to its outcome.
    public mutating func add(_ result: SendResult, milliseconds: Double) {
        switch result.outcome {
        case .delivered:
            delivered += 1
            latency.add(milliseconds: milliseconds)
        case .queued: queued += 1
        case .failed: failed[result.reason?.rawValue ?? "unknown", default: 0] += 1
        }
    }

    public mutating func addNotTaken(_ code: String) { notTaken[code, default: 0] += 1 }

    /// - Parameter seconds: how long it all took.
    public func report(seconds: Double) -> LoadReport {
        LoadReport(
            attempts: attempts, delivered: delivered, queued: queued, failed: failed, notTaken: notTaken,
            seconds: (seconds * 1_000).rounded() / 1_000,
            deliveredPerSecond: seconds > 0 ? (Double(delivered) / seconds * 10).rounded() / 10 : 0,
            latencyMilliseconds: latency.summary)
    }
}

/// What `load --json` prints.
public struct LoadReport: Codable, Hashable, Sendable {
    /// Every message that was tried, whatever came of it: the sum of the following.
    public var attempts: Int
    public var delivered: Int
    public var queued: Int
    /// By reason.
    public var failed: [String: Int]
    /// By code.
    public var notTaken: [String: Int]
    public var seconds: Double
    public var deliveredPerSecond: Double
    /// Of the delivered ones; absent if there are none.
    public var latencyMilliseconds: LatencySummary?
}
