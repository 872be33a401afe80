import Basics

/// Under which circumstances two machines come to know each other, as one of them sees it: that decides who starts the handshake when.
public enum Encounter: Sendable, Hashable {
    /// This machine has been there; the other one is new, and will be ready in a moment.
    case newcomer
    /// This machine has just come, or lost its sessions: the other one may believe in a session of its former life and not start.
    case arrival
    /// This machine was gone and is back: the others are there, and ready as soon as they hear of it.
    case comeback
    /// The other one was gone and is back; it may believe in an old session, or have none.
    case reunion
}

extension FormationSettings {
    /// How long to wait before a handshake is started with a peer that has just been configured.
    ///
    /// - Parameters:
    ///   - startsFirst: whether it is this machine's turn.
    ///   - peers: how many peers this machine has.
    func delay(
        _ encounter: Encounter, startsFirst: Bool, among peers: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        switch (encounter, startsFirst) {
        case (.newcomer, true): return .random(in: firstMeetsNewcomer, using: &generator)
        case (.newcomer, false): return .random(in: secondMeetsNewcomer, using: &generator)
        case (.arrival, true):
            let lowest = min(settling + settlingPerPair * min(peers * peers, 1 << 20), longestSettling)
            return .random(in: lowest...lowest * 1.5, using: &generator)
        case (.comeback, _):
            let lowest = settling + settlingPerPeer * peers
            return .random(in: lowest...lowest * 1.5, using: &generator)
        case (.reunion, true): return .zero
        case (.arrival, false):
            let factor = 1 + Double(peers) / arrivalPeers
            let lowest = min(secondArrives.lowerBound * factor, secondMeetsNewcomer.lowerBound)
            let highest = min(secondArrives.upperBound * factor, secondMeetsNewcomer.upperBound)
            return .random(in: lowest...highest, using: &generator)
        case (.reunion, false): return .random(in: secondMeetsAgain, using: &generator)
        }
    }

    /// How long to wait from one start to the next.
    func interval(attempts: Int, startsFirst: Bool, using generator: inout some RandomNumberGenerator) -> Duration {
        var factor = startsFirst ? 1 : secondSideFactor
        for _ in 0..<min(40, max(0, attempts - quickRetries)) { factor *= growth }
        let highest = min(retry.upperBound * factor, retryCeiling)
        let spread = retry.lowerBound.inSeconds / retry.upperBound.inSeconds
        return .random(in: highest * spread...highest, using: &generator)
    }
}
