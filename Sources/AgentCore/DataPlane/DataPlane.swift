import AgentLogic
import Basics
import ControlProtocol
import Logging
import MeshModel
import Netlink
import Observability
import WireGuardControl
import WireGuardModel
import Timing

/// Keeps the WireGuard interface, its peers and their routes equal to what the coordinator says.
///
/// Works in rounds: look at what is, compare, change the little that differs. It runs on a queue of its own, because looking and
/// changing are blocking system calls.
actor DataPlane {
    let backend: any WireGuardBackend
    let routes: RouteSocket
    let membership: Membership
    let settings: AgentSettings
    let logger: Logger
    private nonisolated let executor = BlockingExecutor(label: "warren.data-plane")

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// The routing protocol number by which this agent knows its own routes (rtm_protocol, rtnetlink(7)).
    static let routeProtocol: UInt8 = 0x57
    /// How long news that come right after a round are gathered, so that a burst of them costs few rounds: so long for each pair of machines,
    /// and as long again as the round before took, up to `longestGathering`.
    static let gatheringPerPair = Duration.microseconds(80)
    static let longestGathering = Duration.milliseconds(400)
    /// How soon after a change everything is looked at once more, whether it has come about.
    static let readBackDelay = Duration.milliseconds(250)
    /// After a restart, peers may hold a session of this machine's former life; by then they have all been heard of.
    static let arrivalPeriod = Duration.seconds(10)

    let started = MonotonicTime.now
    /// Whether this machine was part of a mesh before the agent started.
    let wasMember: Bool
    var formation: Formation
    var generator = SystemRandomNumberGenerator()
    /// What the last round left behind.
    var settled = Settled()
    var failure = FailureState()
    /// Peers that are not dropped although the coordinator says so.
    var keptPeers = KeptPeers()
    /// By what each peer is known.
    var pins: Pins
    var ipv6 = IPv6State()
    var underlay = UnderlayState()
    var watcher: Task<Void, Never>?

    /// The outcome of the rounds so far.
    struct Settled {
        var generation = -1
        var announcements = 0
        var moves = 0
        var underlayChanges = 0
        /// When interface and routes are looked at again, whatever else happens.
        var nextFullLook = MonotonicTime.zero
        /// For whom they were looked at last.
        var registration: Registration?
        var index: Int32?
        /// The peers that are configured, and why the others are not.
        var peers: [MachineID: Peer] = [:]
        var rejected: [MachineID: PeerSelection.Reason] = [:]
        var pinGeneration = 0
        var allowedIPs: [PublicKey: [IPPrefix]] = [:]
        var routes: [ObservedRoute] = []
        /// The mesh addresses that the interface had at the last look.
        var addresses: Set<IPAddress> = []
        /// Keys that were configured at some time and are still in the map.
        var formerKeys: Set<PublicKey> = []
        /// Whether the device was made or taken over in this round, so that nothing on it can have drifted.
        var deviceIsNew = true
        /// Whether something was changed in this round.
        var isToBeReadBack = false
    }

    /// Consecutive failures, so that each kind is logged once.
    struct FailureState {
        var backoff = Backoff(floor: .milliseconds(20), ceiling: .seconds(2))
        var message: String?
    }

    init(
        backend: any WireGuardBackend, membership: Membership, settings: AgentSettings, logger: Logger
    ) throws(CodedError) {
        self.backend = backend
        self.membership = membership
        self.settings = settings
        self.logger = logger
        routes = try RouteSocket()
        let state = membership.current
        wasMember = state.registration != nil
        formation = Formation(own: state.publicKey)
        pins = Pins(state.pins)
    }

    /// Makes or takes over the interface, before anything else is known. Errors are the environment's: nothing works without it.
    func prepare() async throws(CodedError) {
        let origin = try await backend.open()
        if case .created = origin { try PortProbe.check(settings.listenPort) }
        note(origin)
        let key = membership.current.identity.privateKey
        let device = try backend.read()
        let isConfigured = device.privateKey == key && device.listenPort == settings.listenPort
        if !isConfigured { try backend.apply(DeviceChange(privateKey: key, listenPort: settings.listenPort)) }
        _ = try raiseInterface()
    }

    /// Runs until the task is cancelled, and leaves nothing behind.
    func run() async {
        while !Task.isCancelled {
            let start = MonotonicTime.now
            membership.dataPlaneSignal.clear()
            let wake = await round()
            let end = MonotonicTime.now
            let pairs = min(settled.peers.count * settled.peers.count, 1 << 20)
            let gathered = end + min(Self.gatheringPerPair * pairs + (end - start), Self.longestGathering)
            // A device with very many peers takes its time to read; leave most of the processor to others.
            let pause = max(formation.shortestPause, min((end - start) * 4, .milliseconds(500)))
            await membership.dataPlaneSignal.wait(until: max(wake, end + pause))
            if MonotonicTime.now < gathered { try? await Task.sleep(for: gathered - .now) }
        }
        await close()
    }

    /// Removes the interface, and with it every route and peer.
    func close() async {
        watcher?.cancel()
        await backend.close()
        // An interface of a process that was killed goes a moment later; one that stays is removed.
        if let link = try? routes.link(named: settings.interface), link.index == settled.index {
            try? routes.deleteLink(link.index)
        }
    }

    /// One round; failures are logged and retried.
    ///
    /// - Returns: when the next one is due.
    private func round() async -> MonotonicTime {
        do {
            let next = try await reconcile()
            if failure.message != nil {
                logger.event("data-plane-recovered", "the WireGuard interface can be configured again")
            }
            failure = FailureState()
            return next
        } catch {
            settled.nextFullLook = .zero
            if failure.message != error.description, !Task.isCancelled {
                failure.message = error.description
                logger.event(
                    "data-plane-failed", "the WireGuard interface could not be configured; trying on: \(error)",
                    ["code": "\(error.code)"], level: .error)
            }
            return .now + failure.backoff.next(using: &generator)
        }
    }
}
