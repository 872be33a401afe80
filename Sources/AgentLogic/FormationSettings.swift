import Basics

/// The times by which handshakes are started.
///
/// They follow from WireGuard's own: it repeats a lost initiation only after 5 s, two initiations that cross cancel each other (and can
/// leave wireguard-go with a session that carries nothing), and initiations of one peer closer than 20 ms apart are dropped.
public struct FormationSettings: Sendable, Hashable {
    /// From one start to the next, while a peer has no session.
    public var retry: ClosedRange<Duration> = .milliseconds(300) ... .milliseconds(450)
    /// How often that is kept up before the interval starts to grow.
    public var quickRetries = 4
    /// By how much it grows with each further one.
    public var growth = 1.25
    /// What it grows to.
    public var retryCeiling = Duration.seconds(5)
    /// How much longer the side whose turn it is not waits between its starts.
    public var secondSideFactor = 3.0
    /// How long a start is put off when something has just come from the peer, such as the other half of a handshake.
    public var courtesy = Duration.milliseconds(120)

    /// How long the side whose turn it is waits on its own arrival: the others hear of it at the same moment, and an initiation that comes
    /// before they have configured it is lost. To this is added something for each pair of machines, for they may all be coming at this
    /// moment; one that comes back alone waits something for each peer.
    public var settling = Duration.milliseconds(5)
    public var settlingPerPair = Duration.microseconds(120)
    /// The most that one which comes with others waits.
    public var longestSettling = Duration.milliseconds(300)
    public var settlingPerPeer = Duration.microseconds(1_500)
    /// How long the side whose turn it is waits for a machine that is new: it starts by itself as soon as it is ready.
    public var firstMeetsNewcomer: ClosedRange<Duration> = .milliseconds(300) ... .milliseconds(450)
    /// The same for the other side.
    public var secondMeetsNewcomer: ClosedRange<Duration> = .milliseconds(500) ... .milliseconds(650)
    /// How long the other side waits on its own arrival: two machines that come at the same moment must not start at the same moment.
    public var secondArrives: ClosedRange<Duration> = .milliseconds(25) ... .milliseconds(75)
    /// With that many peers the wait on arrival has doubled: so many handshakes take their time.
    public var arrivalPeers = 8.0
    /// How long the other side waits for a machine that is back: it starts by itself unless it believes in a session.
    public var secondMeetsAgain: ClosedRange<Duration> = .milliseconds(120) ... .milliseconds(220)

    /// How soon a start is due when something happened that makes success likely.
    public var nudge: ClosedRange<Duration> = .zero ... .milliseconds(30)
    /// A start within this time before a nudge stands for it.
    public var nudgeSpacing = Duration.milliseconds(60)
    /// How often handshakes are looked for, right after a start; then ever more seldom.
    public var poll = Duration.milliseconds(150)
    /// The same long after a start.
    public var slowPoll = Duration.milliseconds(500)

    /// When keepalives are sent over a new session, counted from when it was seen: both sides do, so that both hear something.
    public var probes: [Duration] = [.zero, .milliseconds(150), .milliseconds(450)]
    /// The same for a peer that says it is elsewhere now: one of its endpoints after the other.
    public var followingProbes: [Duration] = [.zero, .milliseconds(100), .milliseconds(250), .milliseconds(450)]
    /// A new session with a machine that has just come is not believed in if nothing has come over it by then, or by twice what such
    /// a machine may take to notice the session where that is longer: with many peers it looks less often.
    public var probeLimit = Duration.milliseconds(700)
    /// The same with a machine that may be at rest, and looks every `restInterval` only.
    public var probeLimitAtRest = Duration.milliseconds(1_600)
    /// How often the device has to be looked at while something forms, when nothing else is due. What a machine with a session may take
    /// to notice a new one.
    public var lookInterval = Duration.milliseconds(250)
    /// What each peer adds to the shortest time between two looks, for each of them costs time to read.
    public var lookTimePerPeer = Duration.milliseconds(4)
    /// How often the device has to be looked at when nothing has happened for `attention`: repairs what others' hands have changed.
    public var restInterval = Duration.seconds(1)
    /// How long after something has happened it is looked often.
    public var attention = Duration.seconds(5)
    /// How many sessions in a row are not believed in; the next one is, so that a peer that sends nothing is not restarted for ever.
    public var doubts = 3
    /// A session is over when its last handshake is older: WireGuard's REJECT_AFTER_TIME.
    public var sessionLifetime = Duration.seconds(180)

    public init() {}

    /// The shortest time from one look to the next that is not for news.
    func shortestPause(among peers: Int) -> Duration { min(lookTimePerPeer * peers, restInterval / 2) }

    /// How often a machine looks while something forms.
    func busyLookInterval(among peers: Int) -> Duration { max(lookInterval, shortestPause(among: peers) * 2) }
}
