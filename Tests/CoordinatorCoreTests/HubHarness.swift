import Basics
import ControlProtocol
import CoordinatorLogic
import FoundationEssentials
import MeshModel
import NIOCore
import Testing

@testable import CoordinatorCore

/// The n-th machine id of a test.
func machineID(_ number: Int) throws -> MachineID {
    let digits = String(number, radix: 16)
    return try #require(MachineID("m-" + String(repeating: "0", count: 16 - digits.count) + digits))
}

/// The membership and the hub, joined as in a coordinator, without the rest of it.
struct HubMesh {
    var mesh: Membership
    let hub: StreamHub

    /// - Parameters:
    ///   - changesKept: by the registry, between two times that it is published.
    ///   - lag: of a reader, at the most.
    init(epoch: String = "e1", changesKept: Int = 64, lag: Int = 64) throws {
        let pool = try AddressPool(prefix: #require(IPPrefix("100.64.0.0/24")))
        mesh = Membership(
            registry: Registry(epoch: epoch, pool: pool, logCapacity: changesKept),
            limits: try LivenessLimits(suspectAfter: .seconds(3), unresponsiveAfter: .seconds(6)), damping: nil)
        hub = StreamHub(epoch: epoch, logCapacity: lag)
        try hub.restore(mesh.registry)
    }

    var registry: Registry { mesh.registry }

    func publish() throws { try hub.publish(mesh.registry) }

    /// Plans and applies a registration in one step.
    @discardableResult
    mutating func register(
        _ name: String, _ key: PublicKey, _ endpoints: [Endpoint] = [], newID: MachineID, at now: MonotonicTime = .zero
    ) throws -> Peer {
        let name = try #require(MachineName(name))
        let plan = try mesh.registry.plan(name: name, publicKey: key, endpoints: endpoints, newID: newID)
        _ = try mesh.admit(plan, at: now)
        return try #require(mesh.registry[plan.peer.id])
    }

    /// What the hub has for a reader, decoded as a machine does.
    func update(for reader: MachineID, since: PeerMapPosition?) throws -> PeerMapUpdate? {
        guard let turn = hub.next(for: reader, since: since) else { return nil }
        return try turn.update()
    }
}

extension PeerFeed.Turn {
    /// The line of the peer map that a reader finds in it.
    func update() throws -> PeerMapUpdate {
        let bytes = parts.flatMap { Array($0.readableBytesView) }
        #expect(bytes.last == UInt8(ascii: "\n") && bytes.count { $0 == UInt8(ascii: "\n") } == 1, "one line")
        let line = try JSONDecoder().decode(StreamLine.self, from: Data(bytes))
        guard case .update(let update) = line, update.position == position, line.type == type else {
            throw CodedError("test", "not the line that it says it is: \(line)")
        }
        return update
    }
}
