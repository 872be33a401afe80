import Basics
import ControlProtocol
import FoundationEssentials
import GRDB
import MeshModel
import MessengerLogic
import Synchronization

/// The messages that this machine has received: one SQLite file, written through to the disk before anything is acknowledged.
final class InboxStore: Sendable {
    private let database: DatabasePool
    private let limits: InboxLimits
    private let usage: Mutex<InboxUsage>

    /// Opens the inbox, and makes it (0600) if there is none.
    ///
    /// - Throws: `CodedError` with code `inbox-open`.
    init(path: String, limits: InboxLimits = InboxLimits()) throws(CodedError) {
        self.limits = limits
        do {
            database = try SQLiteFile.open(path, InboxSchema.migrator)
            let row = try database.read {
                try Row.fetchOne($0, sql: "SELECT count(*) AS messages, total(length(CAST(text AS BLOB))) AS bytes FROM inbox")
            }
            usage = Mutex(InboxUsage(messages: row?["messages"] ?? 0, bytes: row?["bytes"] ?? 0))
        } catch {
            throw CodedError("inbox-open", "the inbox \(path) cannot be opened", cause: error)
        }
    }

    /// Stores a message unless the same one is there already.
    ///
    /// - Returns: whether it is new. Either way it is on the disk now.
    /// - Throws: `InboxFull` if there is no room for a new one.
    func store(_ key: MessageKey, from sender: Roster.Member, text: MessageText) async throws -> Bool {
        let size = text.string.utf8.count
        return try await database.write { [limits, self] database in
            try database.execute(
                sql: """
                    INSERT INTO inbox (sender_id, sender_name, sender_address, message_id, text, received_at)
                    VALUES (?, ?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
                    ON CONFLICT (sender_id, message_id) DO NOTHING
                    """,
                arguments: [
                    key.sender.text, sender.name.text, "\(sender.address)", "\(key.id)", text.string,
                ])
            guard database.changesCount == 1 else { return false }
            // Thrown from here, it takes the message back.
            try usage.withLock { try $0.take(size, within: limits) }
            return true
        }
    }

    /// Messages, oldest first.
    ///
    /// - Parameters:
    ///   - after: only messages with a greater sequence number; without it, the latest ones.
    ///   - limit: how many at the most.
    func messages(after: Int64?, limit: Int) async throws -> [InboxMessage] {
        let columns = "sequence, sender_name, message_id, text, received_at"
        return try await database.read { database in
            if let after {
                let sql = "SELECT \(columns) FROM inbox WHERE sequence > ? ORDER BY sequence LIMIT ?"
                return try Row.fetchAll(database, sql: sql, arguments: [after, limit]).map(Self.message)
            }
            let sql = "SELECT \(columns) FROM inbox ORDER BY sequence DESC LIMIT ?"
            return try Row.fetchAll(database, sql: sql, arguments: [limit]).reversed().map(Self.message)
        }
    }

    /// How many messages there are.
    func count() async throws -> Int {
        try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM inbox") ?? 0 }
    }

    /// SQLite's `synchronous` of the connection that writes: 2 is FULL.
    func synchronousLevel() async throws -> Int? {
        try await database.write { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
    }

    /// Closes the file; nothing may be asked afterwards.
    func close() throws { try database.close() }

    private static func message(_ row: Row) throws -> InboxMessage {
        guard let name = MachineName(row["sender_name"]) else {
            throw CodedError("inbox-damaged", "the inbox holds a message whose sender has no valid name")
        }
        return InboxMessage(
            id: row["message_id"], sequence: row["sequence"], from: name, text: row["text"], receivedAt: row["received_at"])
    }
}
