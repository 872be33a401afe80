import Basics
import MeshModel
import Netlink
import WireGuardControl
import WireGuardModel

/// A machine's data plane as the WireGuard device and the kernel have it, whatever the agent says.
struct DeviceView {
    /// The name that Warren's agent gives its interface.
    static let interface = "warren0"

    let network: LabNetwork
    let machine: String

    /// Peers and routes at one moment.
    struct Table {
        let peers: [WireGuardPeer]
        let keys: Set<PublicKey>
        let destinations: Set<IPPrefix>

        /// Whether the device holds the peer and the kernel a route to its address.
        func holds(_ key: PublicKey, _ address: IPAddress) -> Bool {
            keys.contains(key) && destinations.contains(IPPrefix(host: address))
        }
    }

    /// Nil if there is no such interface.
    func table() async throws -> Table? {
        guard let table = try await network.routes(of: machine, interface: Self.interface) else { return nil }
        let peers = try await device(table.link).peers
        return Table(peers: peers, keys: Set(peers.map(\.publicKey)), destinations: Set(table.routes.map(\.destination)))
    }

    /// The device, from the kernel or from the wireguard-go that serves it.
    private func device(_ link: Link) async throws -> WireGuardDevice {
        guard link.kind == KernelProtocol.linkKind else {
            let socket = try await network.socketPath(machine, "/run/wireguard/\(Self.interface).sock")
            return try UAPIClient(path: socket).read()
        }
        return try KernelClient(interface: link.index, socket: try await network.genericSocket(on: machine)).read()
    }

    /// Which WireGuard it is, in the agent's words; nil if there is no such interface.
    func backend() async throws -> String? {
        guard let table = try await network.routes(of: machine, interface: Self.interface) else { return nil }
        return table.link.kind == KernelProtocol.linkKind ? "kernel" : "wireguard-go"
    }

    /// Whether the device holds the peer, and the kernel a route to its address through the device; nil if there is no such interface.
    func state(of key: PublicKey, _ address: IPAddress) async throws -> (hasPeer: Bool, hasRoute: Bool)? {
        try await table().map { ($0.keys.contains(key), $0.destinations.contains(IPPrefix(host: address))) }
    }

    /// The device as `wg show` would tell it, without secrets.
    func dump() async throws -> String? {
        guard let table = try await table() else { return nil }
        var text = "interface \(Self.interface), \(table.peers.count) peers\n"
        for peer in table.peers.sorted(by: { "\($0.publicKey)" < "\($1.publicKey)" }) {
            let addresses = peer.allowedIPs.map { "\($0)" }.joined(separator: ",")
            text += "peer \(peer.publicKey) endpoint \(peer.endpoint.map { "\($0)" } ?? "-") allowed-ips \(addresses)"
            text +=
                " handshake \(peer.lastHandshake.map { "\($0.seconds)" } ?? "-") received \(peer.receivedBytes) sent \(peer.sentBytes)\n"
        }
        return text
    }
}
