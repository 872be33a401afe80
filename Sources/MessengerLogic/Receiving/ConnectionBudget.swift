import MeshModel

/// Counts inbound connections and says whether another one may be taken.
public struct ConnectionBudget: Sendable {
    /// The most connections from one source address.
    public let perPeer: Int
    /// The most connections in all.
    public let total: Int

    private var counts: [IPAddress: Int] = [:]
    /// Connections taken and not released.
    public private(set) var open = 0

    public init(perPeer: Int = 64, total: Int = 1_024) {
        self.perPeer = perPeer
        self.total = total
    }

    /// Why a connection may not be taken.
    public enum Refusal: String, Error, Sendable, Hashable {
        case tooManyFromPeer = "too-many-from-peer"
        case tooMany = "too-many"
    }

    /// Takes a connection; to be followed by one `release`.
    public mutating func take(_ peer: IPAddress) throws(Refusal) {
        guard open < total else { throw .tooMany }
        guard counts[peer, default: 0] < perPeer else { throw .tooManyFromPeer }
        counts[peer, default: 0] += 1
        open += 1
    }

    /// Gives back a connection that was taken. Anything else changes nothing.
    public mutating func release(_ peer: IPAddress) {
        guard let count = counts[peer] else { return }
        counts[peer] = count == 1 ? nil : count - 1
        open -= 1
    }
}
