import Basics
import ControlProtocol
import FoundationEssentials
import LocalControl

/// Collects what a machine's messenger knows of its messages: page by page over its control socket, and from its log.
struct MessageReader: Sendable {
    let name: String
    let view: MessengerView
    /// Path of the messenger's log.
    let log: String

    /// The most bytes of a log that are read.
    static let logLimit = 256 << 20

    /// All that was sent and received, and what the logs say of it.
    ///
    /// In this order: what is logged is stored already, and what is delivered by the outbox is in the inbox already.
    static func read(_ readers: [MessageReader]) async throws -> [MessageAudit.Machine] {
        var machines: [MessageAudit.Machine] = []
        for reader in readers { machines.append(MessageAudit.Machine(name: reader.name, events: try reader.events())) }
        for (place, reader) in readers.enumerated() {
            machines[place].sent = try await reader.pages {
                try await reader.view.sent(after: $0)
            } sequence: {
                $0.sequence
            }
        }
        for (place, reader) in readers.enumerated() {
            machines[place].inbox = try await reader.pages {
                try await reader.view.inbox(after: $0)
            } sequence: {
                $0.sequence
            }
        }
        return machines
    }

    /// Sends that have not ended, of the latest page: while there are any, the rest need not be read.
    func openSends() async throws -> Int {
        try await view.sent(after: nil).count { $0.outcome == .pending || $0.outcome == .queued }
    }

    private func pages<Item>(
        _ page: (Int64) async throws -> [Item], sequence: (Item) -> Int64
    ) async throws -> [Item] {
        var items: [Item] = []
        var last: Int64 = 0
        while true {
            let more = try await page(last)
            guard let end = more.last else { return items }
            items += more
            last = sequence(end)
        }
    }

    private func events() throws -> [MessageEvent] {
        guard let lines = try LogReader.lines(log, from: 0, limit: Self.logLimit) else {
            throw CodedError("check.log", "\(log) is not there")
        }
        return lines.compactMap { line in
            guard line.contains("\"event\":\"message-") else { return nil }
            // SIGKILL may cut a line off; that nothing can be read is noticed by the audit.
            return try? JSONDecoder().decode(MessageEvent.self, from: Data(line.utf8))
        }
    }
}
