import Basics
import ScenarioModel
import Timing

/// The condition about all messages of a run.
extension ScenarioRun {
    /// How long to wait before everything is read again.
    static let auditInterval = Duration.milliseconds(500)

    /// Reads and judges until every message is accounted for, or the time is up.
    func auditMessages(of names: [String], atLeast: Int, deadline: MonotonicTime) async -> Look {
        while true {
            let seen = await auditMessages(of: names, atLeast: atLeast)
            if seen.answer == .yes || MonotonicTime.now >= deadline || Task.isCancelled { return seen }
            try? await Task.sleep(for: Self.auditInterval)
        }
    }

    private func auditMessages(of names: [String], atLeast: Int) async -> Look {
        do {
            var readers: [MessageReader] = []
            for name in names {
                let socket = try await network.socketPath(name, WarrenServices.messengerSocket)
                let log = network.logs.path(machine: name, service: "messenger")
                readers.append(MessageReader(name: name, view: MessengerView(socket: socket), log: log))
            }
            return try await Self.audit(readers, atLeast: atLeast)
        } catch {
            return Look(.unknown, "could not look: \(error)")
        }
    }

    private nonisolated static func audit(_ readers: [MessageReader], atLeast: Int) async throws -> Look {
        for reader in readers {
            let open = try await reader.openSends()
            if open > 0 { return Look(.no, "\(reader.name) has sends without an outcome, \(open) of the latest ones") }
        }
        return MessageAudit(try await MessageReader.read(readers)).look(atLeast: atLeast)
    }
}
