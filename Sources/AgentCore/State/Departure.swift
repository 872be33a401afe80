import Basics
import ControlProtocol
import Logging
import MeshModel
import Observability
import TransportSecurity

/// Takes this machine out of the mesh: the coordinator is told first, so that the others drop it at once; then its identity is forgotten.
struct Departure: Sendable {
    let membership: Membership
    let client: CoordinatorClient
    let keeper: IdentityKeeper
    let maps: PeerMapStore
    let logger: Logger

    /// How long the coordinator may take.
    static let limit = Duration.seconds(5)

    /// - Parameter force: forget the identity even if the coordinator cannot be told.
    /// - Throws: `coordinator-not-told`; then this machine is what it was. `state-file` if the identity could not be removed.
    func leave(force: Bool) async throws -> Left {
        membership.noteLeaving(true)
        let state = membership.current
        let told: Bool
        do {
            told = try await Self.tell(state.identity, client, force: force)
        } catch {
            membership.noteLeaving(false)
            throw error
        }
        try erase()
        let machine = state.registration.map { registration in
            AgentStatus.Identity(
                id: registration.id, name: registration.name, meshAddress: registration.meshAddress,
                meshAddress6: registration.ipv6?.address, publicKey: state.publicKey)
        }
        logger.event(
            "left", "this machine has left the mesh; its identity is forgotten",
            ["id": "\(machine.map { "\($0.id)" } ?? "none")", "told": .stringConvertible(told)])
        return Left(machine: machine, told: told)
    }

    /// Again at the end of the agent: the last peer map may have been written meanwhile.
    func erase() throws(CodedError) {
        try keeper.remove()
        try maps.remove()
    }

    /// Without an agent that runs.
    ///
    /// - Throws: as `leave(force:)`, `already-running`, `not-joined` if there is no identity, and what `IdentityStore.load` throws.
    static func leave(stateDirectory: String, force: Bool) async throws -> Left {
        let directory = try StateDirectory(stateDirectory)
        defer { withExtendedLifetime(directory) {} }
        let store = IdentityStore(directory: directory.path)
        guard let identity = try store.load() else {
            throw CodedError(
                "not-joined",
                "this machine is in no mesh: \(store.path) is not there; name the --state of the agent if it has another")
        }
        let membership = try Membership(identity: identity, map: nil)
        let departure = Departure(
            membership: membership,
            client: CoordinatorClient(trust: ServerTrust(url: identity.coordinator, pin: identity.pin?.bytes)),
            keeper: IdentityKeeper(membership: membership, store: store), maps: PeerMapStore(directory: directory.path),
            logger: Logger(label: "leave") { _ in SwiftLogNoOpLogHandler() })
        return try await departure.leave(force: force)
    }

    /// - Returns: whether the coordinator knows. One that does not know the credential has removed the machine before.
    private static func tell(_ identity: Identity, _ client: CoordinatorClient, force: Bool) async throws(CodedError) -> Bool {
        guard let registration = identity.registration else { return true }
        do throws(CoordinatorFailure) {
            try await client.leave(registration, at: identity.coordinator, limit: limit)
            return true
        } catch {
            if error.kind == .unauthorized { return true }
            if force { return false }
            throw CodedError(
                "coordinator-not-told",
                """
                the coordinator could not be told, and nothing was changed: \(error.detail). Try again when it answers, or use \
                --force: then the others drop this machine at their deadline, and its name and address stay taken until somebody \
                removes it with "warren-coordinator machine remove \(registration.name)"
                """)
        }
    }
}

/// `warren-agent leave` while no agent runs.
public enum Leaving {
    /// - Throws: `CodedError`: `already-running`, `not-joined`, `coordinator-not-told`, `identity-damaged`, `state-…`.
    public static func leave(stateDirectory: String, force: Bool) async throws -> Left {
        try await Departure.leave(stateDirectory: stateDirectory, force: force)
    }
}
