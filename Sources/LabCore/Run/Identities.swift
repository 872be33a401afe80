import ControlProtocol
import MeshModel

/// What the coordinator has said of each machine: first, and last.
struct Identities: Sendable {
    /// What must never change for a machine.
    struct Identity: Sendable, Hashable {
        let id: MachineID
        let publicKey: PublicKey
        let meshAddress: IPAddress
    }

    private(set) var first: [String: Identity] = [:]
    private(set) var current: [String: Identity] = [:]

    mutating func learn(_ list: MachineList) {
        current = [:]
        for machine in list.machines {
            let identity = Identity(id: machine.id, publicKey: machine.publicKey, meshAddress: machine.meshAddress)
            current[machine.name.text] = identity
            if first[machine.name.text] == nil { first[machine.name.text] = identity }
        }
    }

    /// The addresses that a mesh of so many machines will get, if they are handed out from the lowest up: what a control probes
    /// before anybody has one.
    static func predictedAddresses(_ count: Int) -> [IPAddress] {
        (1...max(1, count)).map { .v4(100 << 24 | 64 << 16 | UInt32($0)) }
    }
}
