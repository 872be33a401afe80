import Basics
import MeshModel
import Testing
import WireGuardModel

@testable import AgentLogic

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }

    /// True with the given probability.
    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }
}

/// A public key that sorts by its number.
func key(_ number: Int) throws -> PublicKey {
    try #require(PublicKey(bytes: [UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 7, count: 30)))
}

/// 100.64.0.`number` as a host prefix.
func host(_ number: Int) -> IPPrefix { IPPrefix(host: .v4(0x6440_0000 + UInt32(number))) }

/// 192.0.2.`number`, port 51820.
func underlay(_ number: Int) -> Endpoint { Endpoint(address: .v4(0xc000_0200 + UInt32(number)), port: 51820) }

func peer(_ number: Int, liveness: Liveness = .alive, key wanted: Int? = nil, address: Int? = nil) throws -> Peer {
    let digits = String(number, radix: 16)
    return Peer(
        id: try #require(MachineID("m-" + String(repeating: "0", count: 16 - digits.count) + digits)),
        name: try #require(MachineName("n\(number)")), publicKey: try key(wanted ?? number),
        meshAddress: host(address ?? number).address, endpoints: [underlay(number)], liveness: liveness)
}

extension MonotonicTime {
    static func milliseconds(_ number: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: number * 1_000_000) }
}
