import Basics
import MeshModel
import MessengerLogic
import Synchronization
import Timing

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
        switch await roster() {
        case .success(let roster): .resolved(roster.resolve(name))
        case .failure(let error): .unavailable(error.message)
        }
    }

    /// The names of the other machines.
    ///
    /// - Throws: `CodedError` with code `not-a-member`.
    func others() async throws(CodedError) -> [MachineName] {
        let roster = try await current()
        guard roster.own != nil else { throw CodedError("not-a-member", "this machine is not registered with a coordinator") }
        return roster.others.map(\.name)
    }

    /// What the directory says.
    ///
    /// - Throws: `CodedError` with code `not-a-member` if it says nothing.
    func current() async throws(CodedError) -> Roster {
        switch await roster() {
        case .failure(let error): throw CodedError("not-a-member", "this machine's agent does not answer", cause: error)
        case .success(let roster): return roster
        }
    }

    private func roster() async -> Result<Roster, CodedError> {
        let askedAt = MonotonicTime.now
        if let latest = latest.withLock({ $0 }), askedAt - latest.askedAt < settings.rosterAge {
            return .success(latest.roster)
        }
        let answer = await directory.roster(within: settings.directoryDeadline)
        if case .success(let roster) = answer {
            latest.withLock { latest in
                if latest.map({ $0.askedAt < askedAt }) ?? true { latest = Latest(roster: roster, askedAt: askedAt) }
            }
        }
        return answer
    }
}
