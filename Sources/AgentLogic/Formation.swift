import Basics
import MeshModel
import WireGuardModel

/// Decides when handshakes are started, so that a mesh forms in well under a second.
///
/// Of two machines the one that has just come starts, and of two that have just come the one whose turn it is by an order that both know; the
/// other waits and starts as well if nothing comes. While there is no session the start is repeated, with the next candidate endpoint, at growing
/// intervals. A new session is proven by a few keepalives; a peer with a session is left alone.
///
/// To be used in rounds: `track` the wanted peers, `observe` the device, `decide`, carry out, wait until `nextWake`.
public struct Formation: Sendable {
    /// This machine's key.
    public let own: PublicKey
    public let settings: FormationSettings
    private(set) var peers: [PublicKey: PeerFormation] = [:]
    /// Until when to look often.
    private var attentiveUntil = MonotonicTime.zero

    public init(own: PublicKey, settings: FormationSettings = FormationSettings()) {
        self.own = own
        self.settings = settings
    }

    /// What was seen of a peer.
    public enum Event: Sendable, Hashable {
        /// A session exists, so long after the peer was added (or its last session was lost).
        case sessionFormed(PublicKey, after: Duration)
        /// There was a session and it is over.
        case sessionLost(PublicKey)
        /// A new session carried nothing, and is given up.
        case sessionSilent(PublicKey)
    }

    /// Follows the set of wanted peers and their candidate endpoints, best first.
    ///
    /// - Parameters:
    ///   - startsFirst: whether it is this machine's turn with that peer, and not the peer's; if left out, that of the lower key. Best is that
    ///     of the one that registered later: it is the one that both know of last.
    ///   - encounter: how this machine came to know the peers that are new in the set.
    public mutating func track(
        _ wanted: [PublicKey: [Endpoint]], now: MonotonicTime, startsFirst: ((PublicKey) -> Bool)? = nil,
        encounter: (PublicKey) -> Encounter = { _ in .newcomer }
    ) {
        if peers.count != wanted.count || !wanted.keys.allSatisfy({ peers[$0] != nil }) { attend(now) }
        for key in peers.keys where wanted[key] == nil { peers[key] = nil }
        for (key, candidates) in wanted {
            if let known = peers[key] {
                if known.candidates != candidates { peers[key]?.replaceCandidates(candidates, now: now) }
            } else {
                peers[key] = PeerFormation(
                    startsFirst: startsFirst?(key) ?? (own < key), candidates: candidates, encounter: encounter(key), now: now)
            }
        }
    }

    /// Takes note of what the device shows.
    ///
    /// - Parameter wallClock: the time that handshake times are compared with, once per session at most: a clock that is set must not
    ///   end sessions.
    public mutating func observe(
        _ device: WireGuardDevice, wallClock: HandshakeTime, now: MonotonicTime, using generator: inout some RandomNumberGenerator
    ) -> [Event] {
        let observed = Dictionary(device.peers.map { ($0.publicKey, $0) }) { first, _ in first }
        let count = peers.count
        var events: [Event] = []
        for key in peers.keys.sorted() {
            let event = peers[key]?.observe(
                observed[key], among: count, wallClock: wallClock, now: now, settings: settings, using: &generator)
            switch event {
            case .formed(let after): events.append(.sessionFormed(key, after: after))
            case .lost: events.append(.sessionLost(key))
            case .silent: events.append(.sessionSilent(key))
            case nil: break
            }
        }
        if !events.isEmpty { attend(now) }
        return events
    }

    /// The handshakes to start now. Each answer counts as carried out.
    public mutating func decide(
        now: MonotonicTime, using generator: inout some RandomNumberGenerator
    ) -> [PublicKey: HandshakeStart] {
        var starts: [PublicKey: HandshakeStart] = [:]
        for key in peers.keys.sorted() {
            starts[key] = peers[key]?.decide(now: now, settings: settings, using: &generator)
        }
        return starts
    }

    /// Starts are due at once with all peers that have no session: to be called when the others have just heard of this machine.
    public mutating func nudge(now: MonotonicTime, using generator: inout some RandomNumberGenerator) {
        attend(now)
        for key in peers.keys.sorted() { peers[key]?.nudge(now: now, settings: settings, using: &generator) }
    }

    /// Sends keepalives over all sessions: to be called when this machine's addresses have changed, because WireGuard sends to wherever
    /// the last packet came from.
    public mutating func move(now: MonotonicTime) {
        attend(now)
        for key in peers.keys { peers[key]?.move(now: now) }
    }

    /// A peer has said that it is not at these endpoints any longer: a session that still points to one of them is pointed to where the
    /// peer is now. To be called after `track` with its new candidates.
    public mutating func leave(_ endpoints: Set<Endpoint>, by key: PublicKey) { peers[key]?.leave(endpoints) }

    /// The peer as the reconciler wants it. Nil for one that is not tracked.
    ///
    /// - Parameter start: what `decide` answered for it in this round.
    public func wanted(_ key: PublicKey, allowedIPs: [IPPrefix], start: HandshakeStart?) -> WantedPeer? {
        guard let peer = peers[key] else { return nil }
        return WantedPeer(
            publicKey: key, allowedIPs: allowedIPs, endpoint: peer.endpoint, keepsAlive: peer.keepsAlive,
            hasSession: peer.hasSession, start: start)
    }

    /// Whether the peer has a session.
    public func hasSession(_ key: PublicKey) -> Bool { peers[key]?.hasSession ?? false }

    /// How many starts the peer has had since it was added, was nudged or had a session.
    public func attempts(_ key: PublicKey) -> Int { peers[key]?.attempts ?? 0 }

    private mutating func attend(_ now: MonotonicTime) { attentiveUntil = now + settings.attention }

    /// How long the device may go without being looked at when nothing is due: short while something forms, longer at rest.
    public func lookInterval(now: MonotonicTime) -> Duration {
        now < attentiveUntil ? settings.busyLookInterval(among: peers.count) : settings.restInterval
    }

    /// The shortest time from one round to the next that is not for news.
    public var shortestPause: Duration { settings.shortestPause(among: peers.count) }

    /// When to run the next round; nil while every peer has a session.
    public func nextWake(now: MonotonicTime) -> MonotonicTime? {
        peers.values.compactMap { $0.nextWake(now: now, settings: settings) }.min()
    }
}
