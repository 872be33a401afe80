import MeshModel

/// Whom a load generator's messages go to.
public enum LoadPattern: Hashable, Sendable {
    /// These, in turn.
    case named([MachineName])
    /// The next machine by name, and the first one behind the last: with all machines doing so, a ring.
    case ring
    /// Every other machine, in turn.
    case all
    /// Any other machine, chosen anew for each message.
    case random

    /// The words of the patterns that need no names.
    public static let words = ["ring", "all", "random"]

    /// Nil for a word that is none.
    public init?(word: String) {
        switch word {
        case "ring": self = .ring
        case "all": self = .all
        case "random": self = .random
        default: return nil
        }
    }
}

/// Chooses the receiver of each message.
public struct LoadTargets: Hashable, Sendable {
    private let receivers: [MachineName]
    private let isRandom: Bool

    /// Nil if there is nobody to send to.
    ///
    /// - Parameters:
    ///   - own: this machine; it is never chosen unless it is named.
    ///   - others: the other machines of the mesh.
    public init?(_ pattern: LoadPattern, own: MachineName, others: [MachineName]) {
        let others = others.filter { $0 != own }.sorted { $0.text < $1.text }
        switch pattern {
        case .named(let names): receivers = names
        case .ring: receivers = Array((others.filter { $0.text > own.text } + others).prefix(1))
        case .all, .random: receivers = others
        }
        isRandom = pattern == .random
        if receivers.isEmpty { return nil }
    }

    /// The receiver of a message.
    ///
    /// - Parameters:
    ///   - number: which message, from 0.
    ///   - random: any number.
    public func receiver(of number: Int, random: UInt64) -> MachineName {
        receivers[isRandom ? Int(random % UInt64(receivers.count)) : number % receivers.count]
    }
}
