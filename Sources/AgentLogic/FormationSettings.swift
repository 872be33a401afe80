import Basics

/// The times by which handshakes are started.
///
/// They follow from WireGuard's own: it repeats a lost initiation only after 5 s, two initiations that cross cancel each other, and
/// initiations of one peer closer than 20 ms apart are dropped.
public struct FormationSettings: Sendable, Hashable {
    /// From one start to the next, while a peer has no session.
    public var retry: ClosedRange<Duration> = .milliseconds(300) ... .milliseconds(450)
    /// How often that is kept up before the interval starts to grow.
    public var quickRetries = 4
    /// By how much it grows with each further one.
    public var growth = 1.25
    /// What it grows to.
    public var retryCeiling = Duration.seconds(5)
    /// How much longer the side waits that does not start, between its starts.
    public var secondSideFactor = 3.0
    /// How long the side with the higher key waits for the other to start, before it starts as well.
    public var fallback: ClosedRange<Duration> = .milliseconds(500) ... .milliseconds(650)
    /// The same for a machine that has just come: the others may have started before it was ready, or believe in a session of its
    /// former life.
    public var arrivalFallback: ClosedRange<Duration> = .milliseconds(25) ... .milliseconds(75)
    /// With that many peers the wait on arrival has doubled: so many handshakes take their time, and two that cross are lost.
    public var arrivalPeers = 8.0
    /// How soon a start is due when something happened that makes success likely.
    public var nudge: ClosedRange<Duration> = .zero ... .milliseconds(30)
    /// A start within this time before a nudge stands for it.
    public var nudgeSpacing = Duration.milliseconds(60)
    /// How often handshakes are looked for, right after a start; then ever more seldom.
    public var poll = Duration.milliseconds(75)
    /// The same long after a start.
    public var slowPoll = Duration.milliseconds(500)
    /// A session is over when its last handshake is older: WireGuard's REJECT_AFTER_TIME.
    public var sessionLifetime = Duration.seconds(180)

    public init() {}
}
