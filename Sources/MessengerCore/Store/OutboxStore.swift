import Basics
import ControlProtocol
import FoundationEssentials
import GRDB
import MeshModel
import MessengerLogic
import Synchronization

/// Every message that this machine was asked to send, and what came of it: one SQLite file.
///
/// A change is on the disk when its call returns. Changes that come at one time share a transaction, and so a wait for the disk.
final class OutboxStore: Sendable {
    /// How many messages that have ended are kept; older ones are forgotten.
    static let endedKept = 10_000

    private struct Change: Sendable {
        let apply: @Sendable (Database) throws -> Int64
        /// Called when it is on the disk, one change after the other, in the order in which they were applied.
        let committed: (@Sendable (Int64) -> Void)?
        let done: CheckedContinuation<Int64, any Error>
    }

    private struct Pending {
        var changes: [Change] = []
        var isWriting = false
    }

    private let database: DatabasePool
    private let pending = Mutex(Pending())

    /// Opens the outbox, and makes it (0600) if there is none.
    ///
    /// - Throws: `CodedError` with code `outbox-open`.
    init(path: String) throws(CodedError) {
        do {
            database = try SQLiteFile.open(path, OutboxSchema.migrator)
        } catch {
            throw CodedError("outbox-open", "the outbox \(path) cannot be opened", cause: error)
        }
    }

    /// Takes a message.
    ///
    /// - Parameters:
    ///   - keepFor: how long it may be queued, in milliseconds; nil for a direct send.
    ///   - timeout: the bound that its sender asked for, in milliseconds.
    ///   - taken: called with its sequence number when it is on the disk, for one message after the other in the order of
    ///     these numbers; must be quick.
    /// - Returns: its sequence number.
    @discardableResult
    func add(
        _ id: MessageID, to receiver: MachineName, text: MessageText, keepFor: Int?, timeout: Int,
        taken: (@Sendable (Int64) -> Void)? = nil
    ) async throws -> Int64 {
        try await change(committed: taken) { database in
            let now = WallClock.milliseconds
            try database.execute(
                sql: """
                    INSERT INTO outbox (message_id, receiver, text, state, sent_at, expires_at, timeout)
                    VALUES (?, ?, ?, 'pending', ?, ?, ?)
                    """,
                arguments: ["\(id)", receiver.text, text.string, now, keepFor.map { now + Int64($0) }, timeout])
            let sequence = database.lastInsertedRowID
            if sequence.isMultiple(of: 500) { try Self.forget(database, before: sequence) }
            return sequence
        }
    }

    /// The message waits for its receiver; that is no outcome yet.
    func setQueued(_ id: MessageID, why: String) async throws {
        try await update(
            "UPDATE outbox SET state = 'queued', detail = ? WHERE message_id = ? AND state = 'pending'", [why, "\(id)"])
    }

    /// The outcome. The first one stands.
    func end(_ id: MessageID, _ verdict: SendVerdict, detail: String) async throws {
        let (state, reason): (String, String?) =
            switch verdict {
            case .delivered: ("delivered", nil)
            case .failed(let reason, _): ("failed", reason.rawValue)
            }
        try await update(
            """
            UPDATE outbox SET state = ?, reason = ?, detail = ?, ended_at = ?
            WHERE message_id = ? AND state IN ('pending', 'queued')
            """, [state, reason, detail, WallClock.milliseconds, "\(id)"])
    }

    private func update(_ sql: String, _ arguments: StatementArguments) async throws {
        _ = try await change { database in
            try database.execute(sql: sql, arguments: arguments)
            return 0
        }
    }

    /// A queued message that the last run left.
    struct Leftover: Sendable {
        let sequence: Int64
        let id: MessageID
        let receiver: MachineName
        let size: Int
        /// Milliseconds since 1970.
        let expires: Int64
    }

    /// Ends the direct sends that the last run did not end, and gives back the messages that are to be tried on, oldest first.
    func recover() async throws -> [Leftover] {
        try await database.write { database in
            try database.execute(
                sql: """
                    UPDATE outbox SET state = 'failed', reason = ?, ended_at = ?,
                        detail = 'the messenger ended before the send did; the receiver may have stored the message'
                    WHERE state = 'pending' AND expires_at IS NULL
                    """, arguments: [SendResult.Reason.interrupted.rawValue, WallClock.milliseconds])
            try database.execute(sql: "UPDATE outbox SET state = 'queued' WHERE state = 'pending'")
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT sequence, message_id, receiver, length(CAST(text AS BLOB)) AS size, expires_at FROM outbox
                    WHERE state IN ('pending', 'queued') AND expires_at IS NOT NULL ORDER BY sequence
                    """
            ).map { row in
                guard let id = MessageID(row["message_id"] as String), let receiver = MachineName(row["receiver"]) else {
                    throw CodedError("outbox-damaged", "the outbox holds a message without a valid id or receiver")
                }
                return Leftover(
                    sequence: row["sequence"], id: id, receiver: receiver, size: row["size"], expires: row["expires_at"])
            }
        }
    }

    /// The text of a message; nil if there is no such message.
    func text(of id: MessageID) async throws -> MessageText? {
        let text = try await database.read {
            try String.fetchOne($0, sql: "SELECT text FROM outbox WHERE message_id = ?", arguments: ["\(id)"])
        }
        return try text.map { try MessageText($0) }
    }

    /// How many messages are queued.
    func queued() async throws -> Int {
        try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM outbox WHERE state = 'queued'") ?? 0 }
    }

    /// Messages, oldest first.
    ///
    /// - Parameters:
    ///   - after: only messages with a greater sequence number; without it, the latest ones.
    ///   - limit: how many at the most.
    func messages(after: Int64? = nil, limit: Int) async throws -> [SentMessage] {
        let time = { (column: String) in "strftime('%Y-%m-%dT%H:%M:%fZ', \(column) / 1000.0, 'unixepoch') AS \(column)_text" }
        let sql = """
            SELECT sequence, message_id, receiver, text, state, reason, detail, \(time("sent_at")), \(time("ended_at")),
                \(time("expires_at")), timeout, expires_at - sent_at AS keep_for, ended_at - sent_at AS took
            FROM outbox
            """
        return try await database.read { database in
            let rows =
                if let after {
                    try Row.fetchAll(
                        database, sql: "\(sql) WHERE sequence > ? ORDER BY sequence LIMIT ?", arguments: [after, limit])
                } else {
                    Array(
                        try Row.fetchAll(database, sql: "\(sql) ORDER BY sequence DESC LIMIT ?", arguments: [limit]).reversed())
                }
            return try rows.map { row in
                guard let receiver = MachineName(row["receiver"]), let state = SentMessage.State(rawValue: row["state"]) else {
                    throw CodedError("outbox-damaged", "the outbox holds a message without a valid receiver or state")
                }
                return SentMessage(
                    id: row["message_id"], sequence: row["sequence"], to: receiver, text: row["text"], outcome: state,
                    reason: (row["reason"] as String?).flatMap(SendResult.Reason.init), detail: row["detail"],
                    sentAt: row["sent_at_text"], endedAt: row["ended_at_text"], expiresAt: row["expires_at_text"],
                    timeoutMilliseconds: row["timeout"], expiresMilliseconds: row["keep_for"], milliseconds: row["took"])
            }
        }
    }

    /// Closes the file; nothing may be asked afterwards.
    func close() throws { try database.close() }

    private static func forget(_ database: Database, before sequence: Int64) throws {
        try database.execute(
            sql: "DELETE FROM outbox WHERE sequence <= ? AND state IN ('delivered', 'failed')",
            arguments: [sequence - Int64(endedKept)])
    }

    private func change(
        committed: (@Sendable (Int64) -> Void)? = nil, _ apply: @escaping @Sendable (Database) throws -> Int64
    ) async throws -> Int64 {
        try await withCheckedThrowingContinuation { done in
            let begins = pending.withLock { pending in
                pending.changes.append(Change(apply: apply, committed: committed, done: done))
                defer { pending.isWriting = true }
                return !pending.isWriting
            }
            if begins { Task { await writeAll() } }
        }
    }

    private func writeAll() async {
        while true {
            let changes = pending.withLock { pending in
                defer { pending.changes = [] }
                if pending.changes.isEmpty { pending.isWriting = false }
                return pending.changes
            }
            if changes.isEmpty { return }
            do {
                let values = try await database.write { database in try changes.map { try $0.apply(database) } }
                for (change, value) in zip(changes, values) {
                    change.committed?(value)
                    change.done.resume(returning: value)
                }
            } catch {
                for change in changes { change.done.resume(throwing: error) }
            }
        }
    }
}

/// The time of day, for what is shown to people and for expiries, which outlive the process.
enum WallClock {
    /// Milliseconds since 1970.
    static var milliseconds: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
}
