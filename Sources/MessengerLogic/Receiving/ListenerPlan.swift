import Basics
import MeshModel

/// Decides where to listen, from what the agent says and what is bound now, and when to look again.
public struct ListenerPlan: Sendable {
    /// What a look at the agent showed.
    public enum Sighting: Hashable, Sendable {
        /// This machine has that mesh address.
        case member(IPAddress)
        /// The agent answers; this machine is in no mesh.
        case stranger
        /// The agent does not answer.
        case silent
    }

    /// What to do about it.
    public enum Order: Hashable, Sendable {
        case keep
        /// Stop listening where it listens now, if it does, and listen there.
        case listen(IPAddress)
        case stop
    }

    /// The pause between two looks while all is well.
    public let interval: Duration
    private var backoff: Backoff

    /// - Parameters:
    ///   - interval: the pause between two looks while all is well.
    ///   - backoff: the pauses while there is no address to listen on, or listening fails.
    public init(
        interval: Duration = .seconds(1), backoff: Backoff = Backoff(first: .milliseconds(20), cap: .milliseconds(500))
    ) {
        self.interval = interval
        self.backoff = backoff
    }

    /// What to do. A silent agent is no reason to stop: its data plane may well be up, and it comes back.
    public func order(for sighting: Sighting, listeningOn current: IPAddress?) -> Order {
        switch sighting {
        case .member(let address): address == current ? .keep : .listen(address)
        case .stranger: current == nil ? .keep : .stop
        case .silent: .keep
        }
    }

    /// The pause until the next look.
    ///
    /// - Parameters:
    ///   - isListening: whether a listener is up after the order was carried out.
    ///   - random: 0..<1, evenly distributed.
    public mutating func pause(isListening: Bool, random: Double) -> Duration {
        guard isListening else { return backoff.next(random: random) }
        backoff.reset()
        return interval
    }
}
