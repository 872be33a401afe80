import Basics

/// One run of an agent that holds a machine's private key: which run, and from where it was last heard.
public struct KeyHolder: Sendable, Hashable {
    /// Names the run; nil if only its stream has been seen, because it registered before the coordinator started.
    public let instance: String?
    /// The remote address with its port, `192.0.2.1:40112` or `[2001:db8::1]:40112`.
    public let remote: String

    public init(instance: String?, remote: String) {
        self.instance = instance
        self.remote = remote
    }

    /// The remote address without its port.
    public var host: Substring { remote.lastIndex(of: ":").map { remote[..<$0] } ?? remote[...] }
}

/// Who may register with a key that a machine holds already: a machine that has started again, yes, and at once; a clone, which has a
/// copy of the private key, not while the other one lives.
public enum KeyClaim: Sendable, Hashable {
    /// It may.
    case accepted
    /// The holder's connection looks open: send something over it, and decide once it had the time to break. The kernel of a machine that
    /// was rebooted answers that it knows no such connection.
    case askHolder
    /// The holder is alive and is another run of an agent.
    case refused

    /// Decides.
    ///
    /// - Parameters:
    ///   - holder: the run that had the key last; nil if none was seen since the coordinator started.
    ///   - hasStream: whether the holder's stream looks open.
    ///   - silence: since its last sign of life; nil if there was none since the coordinator started.
    ///   - interval: of heartbeats. A holder that is silent for more than two is not taken for alive.
    ///   - wasAsked: whether something has been sent over its stream, and has had its time.
    public static func decide(
        _ claimant: KeyHolder, against holder: KeyHolder?, hasStream: Bool, silence: Duration?, interval: Duration, wasAsked: Bool
    ) -> KeyClaim {
        guard let holder else { return .accepted }
        if let instance = holder.instance, instance == claimant.instance { return .accepted }
        let isSilent = silence.map { $0 > interval * 2 } ?? !hasStream
        if isSilent { return .accepted }
        if hasStream { return wasAsked ? .refused : .askHolder }
        return holder.host == claimant.host ? .accepted : .refused
    }
}
