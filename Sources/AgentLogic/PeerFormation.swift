import Basics
import MeshModel
import WireGuardModel

/// How far the session with one peer has come.
struct PeerFormation: Sendable {
    /// Whether it is this machine's turn.
    let startsFirst: Bool
    private(set) var candidates: [Endpoint]
    private(set) var hasSession = false
    private(set) var attempts = 0

    private var encounter: Encounter
    private var added: MonotonicTime
    /// Whether a handshake has been started, so that the keepalive is on.
    private var hasStarted = false
    /// When the next start is due; nil until the device has been looked at.
    private var nextStart: MonotonicTime?
    private var lastStart: MonotonicTime?
    private var candidateIndex = 0
    private var hasBeenLookedAt = false
    /// The handshake that was last seen, and when it was new.
    private var handshake: HandshakeTime?
    private var handshakeSince = MonotonicTime.zero
    private var receivedBytes: UInt64 = 0
    private var proof: SessionProof?
    /// Whether this machine's own address has changed since the last probe.
    private var hasMoved = false
    /// Endpoints that the peer has just left.
    private var left: Set<Endpoint> = []
    /// Probes sent to where the peer is now, while nothing has come from there; nil: it is not being followed.
    private var followed: Int?
    /// Sessions in a row that proved to carry nothing.
    private var doubts = 0

    enum Event { case formed(after: Duration), lost, silent }

    init(startsFirst: Bool, candidates: [Endpoint], encounter: Encounter, now: MonotonicTime) {
        self.startsFirst = startsFirst
        self.candidates = candidates
        self.encounter = encounter
        added = now
    }

    /// The endpoint to try.
    var candidate: Endpoint? { candidates.isEmpty ? nil : candidates[candidateIndex % candidates.count] }

    /// The endpoint to configure. None while it is the other side's turn: a packet for the peer would otherwise make WireGuard start a
    /// handshake that crosses the other side's. WireGuard learns where the peer is from the first packet that comes from there.
    var endpoint: Endpoint? { hasSession || hasStarted ? candidate : nil }

    /// Without a session and without an endpoint a keepalive could only fail.
    var keepsAlive: Bool { hasSession || hasStarted && !candidates.isEmpty }

    mutating func replaceCandidates(_ candidates: [Endpoint], now: MonotonicTime) {
        let current = candidate
        self.candidates = candidates
        guard candidate != current else { return }
        candidateIndex = 0
        if !hasSession && hasStarted {
            attempts = 0
            nextStart = now
        }
    }

    // MARK: Looking

    mutating func observe(
        _ peer: WireGuardPeer?, among peers: Int, wallClock: HandshakeTime, now: MonotonicTime, settings: FormationSettings,
        using generator: inout some RandomNumberGenerator
    ) -> Event? {
        let hadSession = hasSession
        let isFirstLook = !hasBeenLookedAt
        let isRenewed = note(peer?.lastHandshake, wallClock: wallClock, now: now)
        hasBeenLookedAt = true
        hasSession = handshake != nil && now - handshakeSince <= settings.sessionLifetime
        defer { receivedBytes = peer?.receivedBytes ?? 0 }
        if hasSession, let peer {
            guard hadSession else {
                begin(peer, now: now, isFirstLook: isFirstLook, among: peers, settings: settings)
                return .formed(after: now - added)
            }
            if follow(peer, now: now, among: peers, settings: settings) { return nil }
            if isRenewed, proof?.isProven ?? true {
                // Perhaps the other side has started anew, and waits to hear something.
                proof = SessionProof(believing: now)
            }
            return check(peer, now: now, settings: settings, using: &generator)
        }
        proof = nil
        followed = nil
        left = []
        if hadSession { added = now }
        if peer == nil {
            attempts = 0
            let delay = settings.delay(encounter, startsFirst: startsFirst, among: peers, using: &generator)
            schedule(after: delay, now: now, settings: settings, using: &generator)
        } else if hadSession || nextStart == nil {
            hasStarted = (peer?.persistentKeepalive ?? 0) > 0
            nextStart = now + settings.delay(encounter, startsFirst: startsFirst, among: peers, using: &generator)
        } else if let peer, peer.receivedBytes > receivedBytes, let due = nextStart {
            // The other side is at it: a start now would cross with its handshake.
            nextStart = max(due, now + settings.courtesy)
        }
        return hadSession ? .lost : nil
    }

    /// The session stays, and is pointed to where the peer is now.
    ///
    /// - Returns: whether that begins now.
    private mutating func follow(
        _ peer: WireGuardPeer, now: MonotonicTime, among peers: Int, settings: FormationSettings
    ) -> Bool {
        // A peer between two addresses will say the new one in a moment.
        guard !left.isEmpty, !candidates.isEmpty else { return false }
        defer { left = [] }
        // WireGuard has followed by itself if something came from the new address already.
        guard let endpoint = peer.endpoint, left.contains(endpoint) else { return false }
        followed = 0
        candidateIndex = 0
        // Twice the usual time: the other side may have to learn first where this one is.
        proof = SessionProof(
            proving: now, receivedBytes: peer.receivedBytes, doubts: max(1, doubts), isPeerNew: true, among: peers,
            settings: settings)
        proof?.goesRound = true
        return true
    }

    /// Remembers since when a handshake is known, on the monotonic clock.
    ///
    /// - Returns: whether it is another one than before.
    private mutating func note(_ seen: HandshakeTime?, wallClock: HandshakeTime, now: MonotonicTime) -> Bool {
        guard let seen else {
            handshake = nil
            return false
        }
        guard seen != handshake else { return false }
        // Only a device taken over from an earlier run can show an old handshake: on the first look.
        handshakeSince = hasBeenLookedAt ? now : now - seen.age(at: wallClock)
        handshake = seen
        return true
    }

    /// A session has come to be. One that is there on the first look has lived for a while and is taken at its word.
    private mutating func begin(
        _ peer: WireGuardPeer, now: MonotonicTime, isFirstLook: Bool, among peers: Int, settings: FormationSettings
    ) {
        hasStarted = true
        attempts = 0
        defer { encounter = .arrival }
        if isFirstLook { return }
        proof = SessionProof(
            proving: now, receivedBytes: peer.receivedBytes, doubts: doubts, isPeerNew: encounter == .newcomer, among: peers,
            settings: settings)
    }

    /// Whether a session that is being proven has turned out to carry nothing.
    private mutating func check(
        _ peer: WireGuardPeer, now: MonotonicTime, settings: FormationSettings, using generator: inout some RandomNumberGenerator
    ) -> Event? {
        proof?.note(receivedBytes: peer.receivedBytes)
        if proof?.isProven == true {
            doubts = 0
            followed = nil
        }
        guard proof?.hasFailed(now: now) == true else { return nil }
        doubts += 1
        proof = nil
        followed = nil
        hasSession = false
        // The same handshake must not be taken for a new session.
        handshakeSince = now - settings.sessionLifetime - .seconds(1)
        added = now
        nextStart = now + (startsFirst ? .zero : .random(in: settings.secondMeetsAgain, using: &generator))
        return .silent
    }

    /// The peer is about to be added. Without a delay that starts the handshake, by the keepalive that it is added with.
    private mutating func schedule(
        after delay: Duration, now: MonotonicTime, settings: FormationSettings, using generator: inout some RandomNumberGenerator
    ) {
        hasStarted = delay == .zero
        lastStart = hasStarted ? now : nil
        nextStart =
            now + (hasStarted ? settings.interval(attempts: attempts, startsFirst: startsFirst, using: &generator) : delay)
    }

    // MARK: Deciding

    mutating func decide(
        now: MonotonicTime, settings: FormationSettings, using generator: inout some RandomNumberGenerator
    ) -> HandshakeStart? {
        if hasSession {
            guard proof?.takeProbe(now: now, settings: settings) == true else { return nil }
            defer { hasMoved = false }
            if let count = followed {
                if count > 0 { candidateIndex += 1 }
                followed = count + 1
                return .probeWhereItIs
            }
            return hasMoved ? .probeFromNewAddress : .probe
        }
        guard !candidates.isEmpty, let due = nextStart, due <= now else { return nil }
        attempts += 1
        lastStart = now
        // The interval grows only when each candidate has had its turn.
        let spare = max(0, candidates.count - settings.quickRetries)
        nextStart = now + settings.interval(attempts: attempts - spare, startsFirst: startsFirst, using: &generator)
        guard hasStarted else {
            hasStarted = true
            return .first
        }
        candidateIndex += 1
        return .again
    }

    mutating func nudge(now: MonotonicTime, settings: FormationSettings, using generator: inout some RandomNumberGenerator) {
        guard !hasSession, hasStarted, let due = nextStart else { return }
        attempts = 0
        if let lastStart, now - lastStart < settings.nudgeSpacing { return }
        nextStart = min(due, now + .random(in: settings.nudge, using: &generator))
    }

    /// This machine's own address has changed: sends keepalives over the session, if there is one.
    mutating func move(now: MonotonicTime) {
        guard hasSession else { return }
        hasMoved = true
        if proof?.isProven ?? true { proof = SessionProof(believing: now) }
    }

    /// The peer has said that it is not at these endpoints any longer.
    mutating func leave(_ endpoints: Set<Endpoint>) {
        if hasSession { left.formUnion(endpoints) }
    }

    func nextWake(now: MonotonicTime, settings: FormationSettings) -> MonotonicTime? {
        guard !hasSession else { return proof?.nextWake(settings: settings) }
        guard let nextStart else { return now }
        guard !candidates.isEmpty else { return now + settings.slowPoll }
        let age = now - (lastStart ?? added)
        return min(nextStart, now + max(settings.poll, min(settings.slowPoll, age / 2)))
    }
}
