import Basics
import ScenarioModel
import Timing

/// The condition about all messages of a run.
extension ScenarioRun {
    /// How long to wait before everything is read again.
    static let auditInterval = Duration.milliseconds(500)

    /// Reads and judges until every message is accounted for, or the time is up, or what is wrong does not change any more: what is lost
    /// does not come back.
    func auditMessages(of names: [String], atLeast: Int, deadline: MonotonicTime) async -> Look {
        var last: Verdict?
        while true {
            let seen = await auditMessages(of: names, atLeast: atLeast)
            let isSettled = seen.look.answer == .yes || (!seen.findings.isEmpty && seen == last)
            if isSettled || MonotonicTime.now >= deadline || Task.isCancelled { return seen.look }
            last = seen
            try? await Task.sleep(for: Self.auditInterval)
        }
    }

    private struct Verdict: Equatable {
        var look: Look
        var findings: [String] = []

        static func == (one: Verdict, other: Verdict) -> Bool {
            Set(one.findings) == Set(other.findings)
        }
    }

    private func auditMessages(of names: [String], atLeast: Int) async -> Verdict {
        do {
            var readers: [MessageReader] = []
            for name in names {
                let socket = try await network.socketPath(name, WarrenServices.messengerSocket)
                let log = network.logs.path(machine: name, service: "messenger")
                readers.append(MessageReader(name: name, view: MessengerView(socket: socket), log: log))
            }
            return try await Self.audit(readers, atLeast: atLeast)
        } catch {
            return Verdict(look: Look(.unknown, "could not look: \(error)"))
        }
    }

    private nonisolated static func audit(_ readers: [MessageReader], atLeast: Int) async throws -> Verdict {
        for reader in readers {
            let open = try await reader.openSends()
            if open > 0 {
                return Verdict(look: Look(.no, "\(reader.name) has sends without an outcome, \(open) of the latest ones"))
            }
        }
        let audit = MessageAudit(try await MessageReader.read(readers))
        return Verdict(look: audit.look(atLeast: atLeast), findings: audit.findings)
    }
}
