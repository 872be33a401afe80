import MeshModel
import WireGuardModel

/// What others' hands have changed: the part of a plan that undoes something this agent had put right before.
public struct Drift: Sendable, Hashable {
    /// Peers that had vanished from the device.
    public var missingPeers: [PublicKey] = []
    /// Peers that somebody else had added.
    public var foreignPeers: [PublicKey] = []
    /// Peers whose allowed IPs had been changed.
    public var alteredPeers: [PublicKey] = []
    public var missingRoutes: [IPPrefix] = []
    public var foreignRoutes: [IPPrefix] = []
    /// Whether the private key or the listening port had been changed.
    public var deviceSettings = false

    public var isEmpty: Bool { self == Drift() }

    private init() {}

    /// - Parameters:
    ///   - plan: what is about to be done.
    ///   - settled: the peers that were right at the end of the last round, with their routes.
    ///   - starts: the handshakes that the plan starts: removing and adding those is no repair.
    public init(in plan: ReconcilePlan, settled: [PublicKey: [IPPrefix]], starts: Set<PublicKey>) {
        guard !plan.isEmpty else { return }
        deviceSettings = plan.change.privateKey != nil || plan.change.listenPort != nil
        for change in plan.change.peers where !starts.contains(change.publicKey) {
            let isSettled = settled[change.publicKey] != nil
            switch change {
            case .add(let key, _, _, _) where isSettled: missingPeers.append(key)
            case .remove(let key) where !isSettled: foreignPeers.append(key)
            case .update(let key, _, .some, _) where isSettled: alteredPeers.append(key)
            default: break
            }
        }
        let settledRoutes = Set(settled.values.joined())
        missingRoutes = plan.routesToAdd.filter { settledRoutes.contains($0) }
        foreignRoutes = plan.routesToRemove.filter { !settledRoutes.contains($0) }
    }
}
