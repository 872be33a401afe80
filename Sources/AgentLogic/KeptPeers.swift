import Basics
import MeshModel

/// Which peers stay configured although the coordinator calls them unresponsive, because their tunnels demonstrably work.
///
/// The only evidence is a probe that was asked after the verdict and answered: what came before proves nothing about now. A peer is
/// probed at once, and dropped unless it answers; one that answers is probed again and again, and dropped as soon as it does not.
public struct KeptPeers: Sendable {
    /// How long a first probe may take: until it is answered, packets to a dead machine vanish.
    public static let firstPatience = Duration.milliseconds(300)
    /// From an answer to the next probe.
    public static let interval = Duration.seconds(2)
    /// How long a further probe may take. With `interval` and `grace` that makes less than six seconds from death to drop.
    public static let patience = Duration.seconds(2)
    /// A probe that nothing is heard of for so much longer than it may take has failed.
    static let grace = Duration.milliseconds(500)

    private enum Standing {
        case asked(until: MonotonicTime, isFirst: Bool)
        case answered(nextAsk: MonotonicTime)
        case dropped
    }

    private var standings: [MachineID: Standing] = [:]

    public init() {}

    /// The machines that stay configured: those that have answered, and those that still may.
    public var held: Set<MachineID> {
        Set(
            standings.compactMap { id, standing in
                if case .dropped = standing { return nil }
                return id
            })
    }

    /// The machines that have answered since they were called unresponsive.
    public var kept: Set<MachineID> {
        Set(
            standings.compactMap { id, standing in
                switch standing {
                case .answered, .asked(_, isFirst: false): id
                case .asked(_, isFirst: true), .dropped: nil
                }
            })
    }

    /// Follows the coordinator's verdicts.
    ///
    /// - Parameters:
    ///   - unresponsive: the machines that it calls so now.
    ///   - configured: the machines that are peers at the moment. Of the others there is nothing to keep.
    /// - Returns: what to probe now; each counts as asked.
    public mutating func track(
        unresponsive: Set<MachineID>, configured: Set<MachineID>, now: MonotonicTime
    ) -> [ProbeBook.Question] {
        standings = standings.filter { unresponsive.contains($0.key) }
        var questions: [ProbeBook.Question] = []
        for id in unresponsive.sorted() {
            switch standings[id] {
            case nil where configured.contains(id):
                questions.append(ask(id, Self.firstPatience, isFirst: true, now: now))
            case nil: standings[id] = .dropped
            case .asked(let until, _) where now >= until: standings[id] = .dropped
            case .answered(let nextAsk) where now >= nextAsk:
                questions.append(ask(id, Self.patience, isFirst: false, now: now))
            default: break
            }
        }
        return questions
    }

    /// What came of a probe.
    public mutating func note(_ id: MachineID, answered: Bool, now: MonotonicTime) {
        guard case .asked = standings[id] else { return }
        standings[id] = answered ? .answered(nextAsk: now + Self.interval) : .dropped
    }

    /// When to `track` again if nothing happens before; nil: nobody is held.
    public var nextWake: MonotonicTime? {
        standings.values.compactMap { standing in
            switch standing {
            case .asked(let until, _): until
            case .answered(let nextAsk): nextAsk
            case .dropped: nil
            }
        }.min()
    }

    private mutating func ask(
        _ id: MachineID, _ patience: Duration, isFirst: Bool, now: MonotonicTime
    ) -> ProbeBook.Question {
        standings[id] = .asked(until: now + patience + Self.grace, isFirst: isFirst)
        return ProbeBook.Question(machine: id, purpose: .evidence, within: patience)
    }
}
