import Basics
import MeshModel
import WireGuardModel

/// How far the session with one peer has come.
struct PeerFormation: Sendable {
    /// Whether this machine's key is the lower one.
    let startsFirst: Bool
    private(set) var candidates: [Endpoint]
    private(set) var hasSession = false
    private(set) var attempts = 0

    /// Whether the other side may have started too early, or believe in a session that this side does not have.
    private var arrives: Bool
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

    enum Event { case formed(after: Duration), lost }

    init(startsFirst: Bool, candidates: [Endpoint], arrives: Bool, now: MonotonicTime) {
        self.startsFirst = startsFirst
        self.candidates = candidates
        self.arrives = arrives
        added = now
    }

    /// The endpoint to try.
    var candidate: Endpoint? { candidates.isEmpty ? nil : candidates[candidateIndex % candidates.count] }

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

    mutating func observe(
        _ peer: WireGuardPeer?, among peers: Int, wallClock: HandshakeTime, now: MonotonicTime, settings: FormationSettings,
        using generator: inout some RandomNumberGenerator
    ) -> Event? {
        let hadSession = hasSession
        note(peer?.lastHandshake, wallClock: wallClock, now: now)
        hasBeenLookedAt = true
        hasSession = handshake != nil && now - handshakeSince <= settings.sessionLifetime
        if hasSession {
            hasStarted = true
            arrives = true
            attempts = 0
            return hadSession ? nil : .formed(after: now - added)
        }
        if hadSession { added = now }
        if peer == nil {
            // It is about to be added, by which the first side starts.
            attempts = 0
            hasStarted = startsFirst
            lastStart = startsFirst ? now : nil
            nextStart =
                now
                + (startsFirst ? interval(settings, using: &generator) : fallback(settings, among: peers, using: &generator))
        } else if hadSession || nextStart == nil {
            hasStarted = (peer?.persistentKeepalive ?? 0) > 0
            nextStart = now + (startsFirst ? .zero : fallback(settings, among: peers, using: &generator))
        }
        return hadSession ? .lost : nil
    }

    /// Remembers since when a handshake is known, on the monotonic clock.
    private mutating func note(_ seen: HandshakeTime?, wallClock: HandshakeTime, now: MonotonicTime) {
        guard let seen else {
            handshake = nil
            return
        }
        guard seen != handshake else { return }
        // Only a device taken over from an earlier run can show an old handshake: on the first look.
        handshakeSince = hasBeenLookedAt ? now : now - seen.age(at: wallClock)
        handshake = seen
    }

    mutating func decide(
        now: MonotonicTime, settings: FormationSettings, using generator: inout some RandomNumberGenerator
    ) -> HandshakeStart? {
        guard !hasSession, !candidates.isEmpty, let due = nextStart, due <= now else { return nil }
        attempts += 1
        lastStart = now
        nextStart = now + interval(settings, using: &generator)
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

    func nextWake(now: MonotonicTime, settings: FormationSettings) -> MonotonicTime? {
        guard !hasSession else { return nil }
        guard let nextStart else { return now }
        guard !candidates.isEmpty else { return now + settings.slowPoll }
        let age = now - (lastStart ?? added)
        return min(nextStart, now + max(settings.poll, min(settings.slowPoll, age / 2)))
    }

    private func interval(_ settings: FormationSettings, using generator: inout some RandomNumberGenerator) -> Duration {
        var factor = startsFirst ? 1 : settings.secondSideFactor
        for _ in 0..<min(40, max(0, attempts - settings.quickRetries)) { factor *= settings.growth }
        let highest = min(settings.retry.upperBound * factor, settings.retryCeiling)
        let spread = settings.retry.lowerBound.inSeconds / settings.retry.upperBound.inSeconds
        return .random(in: highest * spread...highest, using: &generator)
    }

    private func fallback(
        _ settings: FormationSettings, among peers: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        guard arrives else { return .random(in: settings.fallback, using: &generator) }
        let factor = 1 + Double(peers) / settings.arrivalPeers
        let lowest = min(settings.arrivalFallback.lowerBound * factor, settings.fallback.lowerBound)
        let highest = min(settings.arrivalFallback.upperBound * factor, settings.fallback.upperBound)
        return .random(in: lowest...highest, using: &generator)
    }
}
