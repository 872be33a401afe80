import Basics
import CoordinatorLogic
import MeshModel
import Testing

/// A seeded generator, so that a failing run can be repeated (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }
func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
func name(_ text: String) throws -> MachineName { try #require(MachineName(text)) }
func endpoint(_ port: Int) throws -> Endpoint { try #require(Endpoint("192.0.2.1:\(port)")) }

/// The n-th key, id and so on of a test.
func key(_ number: Int) throws -> PublicKey {
    let bytes = (0..<32).map { UInt8(truncatingIfNeeded: $0 < 8 ? number >> (8 * $0) : 1) }
    return try #require(PublicKey(bytes: bytes))
}
func id(_ number: Int) throws -> MachineID {
    let digits = String(number, radix: 16)
    return try #require(MachineID("m-" + String(repeating: "0", count: 16 - digits.count) + digits))
}

func seconds(_ value: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64((value * 1e9).rounded())) }

func makeMembership(pool: String = "100.64.0.0/24", epoch: String = "e1", logCapacity: Int = 64) throws -> Membership {
    Membership(
        registry: Registry(epoch: epoch, pool: try AddressPool(prefix: prefix(pool)), logCapacity: logCapacity),
        limits: try LivenessLimits(suspectAfter: .seconds(3), unresponsiveAfter: .seconds(6)), damping: nil)
}

extension Membership {
    /// Plans and applies a registration in one step.
    @discardableResult
    mutating func register(
        _ machineName: MachineName, _ key: PublicKey, _ endpoints: [Endpoint] = [], newID: MachineID,
        at now: MonotonicTime = .zero
    ) throws -> Peer {
        let plan = try registry.plan(name: machineName, publicKey: key, endpoints: endpoints, newID: newID)
        _ = try admit(plan, at: now)
        return try #require(registry[plan.peer.id])
    }
}

/// The code of the error that the closure throws.
func code(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return (error as? CodedError)?.code
    }
}
