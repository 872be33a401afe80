import Basics
import MeshModel
import WireGuardControl
import WireGuardModel

/// A machine's data plane as the WireGuard device and the kernel have it, whatever the agent says.
struct DeviceView {
    /// The name that Warren's agent gives its interface.
    static let interface = "warren0"

    let network: LabNetwork
    let machine: String

    /// Whether the device holds the peer, and the kernel a route to its address through the device; nil if there is no such interface.
    func state(of key: PublicKey, _ address: IPAddress) async throws -> (hasPeer: Bool, hasRoute: Bool)? {
        guard let table = try await network.routes(of: machine, interface: Self.interface) else { return nil }
        let socket = try await network.socketPath(machine, "/run/wireguard/\(Self.interface).sock")
        let device = try UAPIClient(path: socket).read()
        return (
            device.peers.contains { $0.publicKey == key },
            table.routes.contains { $0.destination == IPPrefix(host: address) }
        )
    }
}
