import Basics
import MeshModel

/// The messages of this machine to one other, in order: who goes next, over which connection, when to try again, and what
/// becomes of each.
///
/// It does nothing itself. Whoever drives it hands in events and carries out the actions in their order. All messages go over
/// one connection, oldest first; when it breaks, the next one begins with the oldest that is not acknowledged. So a message can be
/// received twice, which the receiver recognises by its id, and none can overtake another.
///
/// An attempt that fails fails the direct sends in the line with its reason; queued messages stay, and are tried again.
public struct DeliveryLine: Sendable {
    /// What happens to the line.
    public enum Event: Hashable, Sendable {
        /// A message is on the disk and takes its place. A `looked` for it follows.
        case join(LineEntry)
        /// What the directory says: for the message that joined just now, or for a `look`.
        case looked(Look, for: MessageID?)
        /// The TCP connection is there; the hello is on its way.
        case connected
        /// The peer said welcome: messages may follow.
        case opened
        /// There is no connection; why not. After `timed-out` direct sends wait on, as long as they may.
        case openFailed(SendVerdict)
        case acknowledged(MessageID)
        /// The peer refused the oldest unacknowledged message and closes; what that means for its send.
        case refused(SendVerdict)
        /// The connection ended, or what came could not be read; why.
        case broken(String)
        /// Time has passed.
        case tick
    }

    /// What the directory says about the receiver.
    public enum Look: Hashable, Sendable {
        case resolved(Roster.Resolution)
        /// There is no answer; why not.
        case unavailable(String)
    }

    /// What is to be done.
    public enum Action: Hashable, Sendable {
        /// Ask the directory; then `looked(_, for: nil)`.
        case look
        /// Connect and say hello; then `connected` and `opened`, or `openFailed`. Any connection before is closed already.
        case open(from: IPAddress, to: IPAddress)
        /// Send this message over the open connection.
        case transmit(MessageID)
        /// Close the connection, or give up opening it; no events of it any more.
        case close
        /// This came of the message; it has left the line.
        case settle(MessageID, SendVerdict)
        /// The message stays in the line, and whoever waits for it is told; why it was not delivered yet.
        case tellQueued(MessageID, String)
    }

    struct Target: Hashable {
        let own: IPAddress
        let peer: IPAddress
    }

    enum Phase: Hashable {
        case idle
        case looking
        case connecting(Target)
        case greeting(Target)
        case open(Target)
        case resting(until: MonotonicTime)
    }

    public let receiver: MachineName
    public let limits: LineLimits
    /// Oldest first; the first `sentCount` of them are out.
    var entries: ArraySlice<LineEntry> = []
    var sentCount = 0
    var bytes = 0
    /// When the first of them runs out of time; may be too early, never too late.
    var due: MonotonicTime?
    /// What is out, oldest first; also messages whose send has ended meanwhile.
    var flight: [Flying] = []
    var phase = Phase.idle
    /// Whether anything was acknowledged on the open connection.
    var isProven = false
    var idleSince = MonotonicTime.zero
    /// The directory's last word: the receiver cannot be reached.
    var isAway = false
    var lastFailure = ""
    private var backoff: Backoff
    private var random: UInt64

    struct Flying: Hashable {
        let id: MessageID
        let size: Int
        let sentAt: MonotonicTime
    }

    /// - Parameter seed: of the jitter of pauses.
    public init(to receiver: MachineName, limits: LineLimits = LineLimits(), seed: UInt64) {
        self.receiver = receiver
        self.limits = limits
        backoff = limits.backoff
        random = seed
    }

    /// How many messages stand in it.
    public var count: Int { entries.count }
    /// Whether a message stands in it or a connection is open: whether the directory is worth watching.
    public var isActive: Bool { !entries.isEmpty || phase != .idle }

    /// Takes an event, and says what is to be done.
    public mutating func handle(_ event: Event, at now: MonotonicTime) -> [Action] {
        var actions: [Action] = []
        passTime(now, &actions)
        switch event {
        case .join(let entry):
            join(entry, now, &actions)
            // First the directory is asked.
            return actions
        case .looked(let look, let id): looked(look, for: id, now, &actions)
        case .connected:
            if case .connecting(let target) = phase { phase = .greeting(target) }
        case .opened:
            if case .greeting(let target) = phase { open(target, now) }
        case .openFailed(let verdict): openFailed(verdict, now, &actions)
        case .acknowledged(let id): acknowledged(id, now, &actions)
        case .refused(let verdict): refused(verdict, now, &actions)
        case .broken(let why): broken(why, now, &actions)
        case .tick: break
        }
        advance(now, &actions)
        return actions
    }

    private mutating func join(_ entry: LineEntry, _ now: MonotonicTime, _ actions: inout [Action]) {
        guard entries.count < limits.entries, bytes + entry.size <= limits.bytes else {
            let detail = "\(entries.count) messages wait for \(receiver) already; the line holds no more"
            return actions.append(.settle(entry.id, .failed(.lineFull, detail)))
        }
        // In the outbox's order, though two sends at one time may come here the other way round.
        let unsent = entries.dropFirst(sentCount)
        let place = unsent.lastIndex { $0.sequence < entry.sequence }.map { $0 + 1 } ?? unsent.startIndex
        entries.insert(entry, at: place)
        bytes += entry.size
        for time in [due, entry.bound, entry.expiry].compactMap({ $0 }) { due = min(due ?? time, time) }
    }

    private mutating func open(_ target: Target, _ now: MonotonicTime) {
        phase = .open(target)
        isProven = false
        idleSince = now
    }

    /// Starts what the state calls for.
    private mutating func advance(_ now: MonotonicTime, _ actions: inout [Action]) {
        guard case .open = phase else { return }
        while sentCount < entries.count, flight.count < limits.window,
            flight.isEmpty || flight.reduce(0, { $0 + $1.size }) < limits.windowBytes
        {
            let place = entries.startIndex + sentCount
            entries[place].wasSent = true
            flight.append(Flying(id: entries[place].id, size: entries[place].size, sentAt: now))
            sentCount += 1
            actions.append(.transmit(entries[place].id))
        }
    }

    /// The pause before the next attempt begins.
    mutating func rest(_ now: MonotonicTime) {
        guard !entries.isEmpty else { return phase = .idle }
        // SplitMix64.
        random &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (random ^ (random >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        let fraction = Double((mixed ^ (mixed >> 31)) >> 11) / Double(1 << 53)
        phase = .resting(until: now + backoff.next(random: fraction))
    }

    mutating func resetBackoff() { backoff.reset() }
}
