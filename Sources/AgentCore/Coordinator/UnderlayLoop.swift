import AgentLogic
import Basics
import ControlProtocol
import Logging
import MeshModel
import Netlink
import Observability
import Timing

/// Notices at once when this machine's addresses change, whatever else is under way, and lets the parts know that have to follow.
struct UnderlayLoop: Sendable {
    let membership: Membership
    let endpoints: LocalEndpoints
    let session: CoordinatorSession
    let logger: Logger
    private let changed = WakeSignal()

    /// How often the machine's addresses are looked at when nobody says that they changed.
    static let lookInterval = Duration.seconds(2)

    init(membership: Membership, endpoints: LocalEndpoints, session: CoordinatorSession, logger: Logger) {
        self.membership = membership
        self.endpoints = endpoints
        self.session = session
        self.logger = logger
    }

    /// Runs until the task is cancelled.
    func run() async {
        let watch = makeWatch()
        var known: [IPAddress]?
        while !Task.isCancelled {
            let addresses = endpoints.addresses(mesh: membership.current.registration?.meshRanges ?? [])
            if let known, known != addresses { noteMove(from: known, to: addresses) }
            known = addresses
            await changed.wait(until: .now + Self.lookInterval)
        }
        withExtendedLifetime(watch) {}
    }

    /// Without it, changes are noticed by looking now and then.
    private func makeWatch() -> ChangeWatch? {
        do throws(CodedError) {
            return try ChangeWatch { [membership, changed] in
                changed.wake()
                membership.noteUnderlayChanged()
            }
        } catch {
            logger.event(
                "underlay-not-watched", "changes of addresses are noticed late: \(error)", ["code": "\(error.code)"],
                level: .warning)
            return nil
        }
    }

    /// The peers hear of it over the tunnels, the coordinator by a heartbeat.
    private func noteMove(from before: [IPAddress], to addresses: [IPAddress]) {
        logger.event(
            "endpoints-changed", "this machine's addresses have changed",
            ["endpoints": .array(endpoints.candidates(of: addresses).map { "\($0)" })])
        if !Set(before).isSubset(of: addresses) {
            // Connections from an address that is gone would be silent until their timeouts.
            session.interrupt(
                CoordinatorFailure(
                    kind: .doubtful, code: "doubtful", detail: "this machine's address has changed; following anew"))
            CoordinatorClient.renewConnections()
        }
        membership.noteMoved()
    }
}
