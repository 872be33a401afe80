import Basics
import CoordinatorLogic
import MeshModel
import Synchronization

/// How often a machine, and an address, may ask.
final class RequestLimits: Sendable {
    private let machines: Mutex<RateLimiter<MachineID>>
    private let addresses: Mutex<RateLimiter<String>>
    /// Lines of the log that an address may cause.
    private let lines: Mutex<RateLimiter<String>>
    private let now: @Sendable () -> MonotonicTime

    /// The most machines and addresses that are remembered, each.
    static let capacity = 65_536

    /// How many requests a machine may make at once, of so many a second.
    static func machineBurst(_ rate: Int) -> Int { 2 * rate }
    /// The same for an address.
    static func addressBurst(_ rate: Int) -> Int { 4 * rate }

    /// - Parameter heartbeatInterval: of a fleet that is not too large for it; a machine may ask four times as often at least.
    init(_ limits: ConnectionLimits, heartbeatInterval: Duration, now: @escaping @Sendable () -> MonotonicTime) {
        let machineRate = max(limits.machineRate, Int(4_000 / max(1, heartbeatInterval.wholeMilliseconds)))
        machines = Mutex(RateLimiter(rate: machineRate, burst: Self.machineBurst(machineRate), capacity: Self.capacity))
        lines = Mutex(RateLimiter(rate: 1, burst: 60, capacity: Self.capacity))
        addresses = Mutex(
            RateLimiter(
                rate: limits.addressRate, burst: Self.addressBurst(limits.addressRate), capacity: Self.capacity))
        self.now = now
    }

    /// Counts a request of a machine that has proved who it is.
    ///
    /// - Throws: `CodedError` with code `too-many-requests`.
    func count(_ machine: MachineID) throws(CodedError) {
        let now = now()
        guard machines.withLock({ $0.take(machine, at: now) }) else { throw Self.refusal("the machine \(machine)") }
    }

    /// Looks whether an address has failed too often of late. What costs the coordinator something before it knows the caller asks here first.
    ///
    /// - Throws: `CodedError` with code `too-many-requests`.
    func check(_ address: String?) throws(CodedError) {
        let now = now()
        guard let address else { return }
        guard addresses.withLock({ $0.allows(address, at: now) }) else { throw Self.refusal("the address \(address)") }
    }

    /// Whether one more line may be logged of what an address did: one a second, and 60 at once. What is not logged is in the metrics.
    func mayLog(_ address: String?) -> Bool {
        guard let address else { return true }
        let now = now()
        return lines.withLock { $0.take(address, at: now) }
    }

    /// Counts a challenge, a reading of the metrics, or a request of somebody who did not prove who it is.
    ///
    /// - Throws: `CodedError` with code `too-many-requests`.
    func count(_ address: String?) throws(CodedError) {
        let now = now()
        guard let address else { return }
        guard addresses.withLock({ $0.take(address, at: now) }) else { throw Self.refusal("the address \(address)") }
    }

    private static func refusal(_ who: String) -> CodedError {
        CodedError("too-many-requests", "\(who) asks too often: wait a second")
    }
}
