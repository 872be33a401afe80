import Basics
import ControlProtocol
import FoundationEssentials
import GRDB
import MeshModel
import MessengerLogic

/// The messages that this machine has received: one SQLite file, written through to the disk before anything is acknowledged.
final class InboxStore: Sendable {
    private let database: DatabasePool

    /// Opens the inbox, and makes it (0600) if there is none.
    ///
    /// - Throws: `CodedError` with code `inbox-open`.
    init(path: String) throws(CodedError) {
        do {
            database = try SQLiteFile.open(path, InboxSchema.migrator)
        } catch {
            throw CodedError("inbox-open", "the inbox \(path) cannot be opened", cause: error)
        }
    }

    /// Stores a message unless the same one is there already.
    ///
    /// - Returns: whether it is new. Either way it is on the disk now.
    func store(_ key: MessageKey, from sender: Roster.Member, text: MessageText) async throws -> Bool {
        try await database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO inbox (sender_id, sender_name, sender_address, message_id, text, received_at)
                    VALUES (?, ?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
                    ON CONFLICT (sender_id, message_id) DO NOTHING
                    """,
                arguments: [
                    key.sender.text, sender.name.text, "\(sender.address)", "\(key.id)", text.string,
                ])
            return database.changesCount == 1
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
