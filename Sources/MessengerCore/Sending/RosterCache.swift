import Basics
import MeshModel
import MessengerLogic
import Synchronization

/// The directory for senders: its last answer serves for a moment, so that many sends do not ask as many times.
final class RosterCache: Sendable {
    private struct Latest {
        var roster: Roster
        var askedAt: MonotonicTime
    }

    private let directory: any Directory
    private let settings: MessengerSettings
    private let latest = Mutex<Latest?>(nil)

    init(directory: any Directory, settings: MessengerSettings) {
        self.directory = directory
        self.settings = settings
    }

    /// What the directory says about a name.
    func look(_ name: MachineName) async -> DeliveryLine.Look {
        let askedAt = MonotonicTime.now
        if let latest = latest.withLock({ $0 }), askedAt - latest.askedAt < settings.rosterAge {
            return .resolved(latest.roster.resolve(name))
        }
        switch await directory.roster(within: settings.directoryDeadline) {
        case .success(let roster):
            latest.withLock { latest in
                if latest.map({ $0.askedAt < askedAt }) ?? true { latest = Latest(roster: roster, askedAt: askedAt) }
            }
            return .resolved(roster.resolve(name))
        case .failure(let error): return .unavailable(error.message)
        }
    }
}
