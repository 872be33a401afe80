import MeshModel

/// The address plan of the network that carries the tunnels: 198.18.0.0/15, set aside for testing networks (RFC 2544).
struct Underlay {
    static let prefixLength = 15
    private static let base: UInt32 = 198 << 24 | 18 << 16

    /// - Parameter index: 0 for the coordinator's machine, from 1 for the others.
    static func address(_ index: Int) -> IPAddress { .v4(base + 1 + UInt32(index)) }

    /// A locally administered Ethernet address that shows the machine's number.
    static func hardwareAddress(_ index: Int) -> [UInt8] {
        [0x02, 0x77] + (0..<4).map { UInt8(truncatingIfNeeded: (index + 1) >> (24 - 8 * $0)) }
    }

    /// The bridge port of a machine.
    static func portName(_ index: Int) -> String { "m\(index)" }
}
