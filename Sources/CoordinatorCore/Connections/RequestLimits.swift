import Basics
import CoordinatorLogic
import MeshModel
import Synchronization

/// How often a machine, and an address, may ask.
final class RequestLimits: Sendable {
    private let machines: Mutex<RateLimiter<MachineID>>
    private let addresses: Mutex<RateLimiter<String>>
    private let now: @Sendable () -> MonotonicTime

    /// The most machines and addresses that are remembered, each.
    static let capacity = 65_536

    init(_ limits: ConnectionLimits, now: @escaping @Sendable () -> MonotonicTime) {
        machines = Mutex(RateLimiter(rate: limits.machineRate, burst: 2 * limits.machineRate, capacity: Self.capacity))
        addresses = Mutex(RateLimiter(rate: limits.addressRate, burst: 4 * limits.addressRate, capacity: Self.capacity))
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

    /// Counts a challenge or a failed authentication.
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
