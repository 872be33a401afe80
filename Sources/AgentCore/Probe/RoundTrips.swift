import AgentLogic
import Basics
import MeshModel
import Synchronization
import Timing

/// How long packets take to peers and back, measured at this moment: one datagram to each through its tunnel, and another one to those
/// that have not answered after a third of the time.
final class RoundTrips: Sendable {
    private let found = Mutex<[MachineID: Duration]>([:])
    private let signal = WakeSignal()

    /// - Parameters:
    ///   - machines: configured peers.
    ///   - limit: when to answer at the latest; sooner if all have answered.
    static func measure(
        to machines: [MachineID], by desk: ProbeDesk, within limit: Duration
    ) async -> [MachineID: Duration] {
        let roundTrips = RoundTrips()
        let start = MonotonicTime.now
        var numbers: [UInt64] = []
        defer { for number in numbers { desk.forget(measurement: number) } }
        for part in [limit / 3, limit] {
            let known = roundTrips.all
            let missing = machines.filter { known[$0] == nil }
            guard !missing.isEmpty, !Task.isCancelled else { break }
            numbers.append(desk.measure(missing, within: start + limit - .now, into: roundTrips))
            await roundTrips.wait(for: machines.count, until: start + part)
        }
        return roundTrips.all
    }

    func note(_ outcome: ProbeBook.Outcome) {
        guard let time = outcome.roundTrip else { return }
        found.withLock { $0[outcome.machine] = min($0[outcome.machine] ?? time, time) }
        signal.wake()
    }

    private var all: [MachineID: Duration] { found.withLock { $0 } }

    private func wait(for count: Int, until deadline: MonotonicTime) async {
        while all.count < count, .now < deadline, !Task.isCancelled { await signal.wait(until: deadline) }
    }
}
