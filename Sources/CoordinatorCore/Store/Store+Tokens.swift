import Basics
import Foundation
import GRDB
import MeshModel

extension Store {
    /// How many join tokens are kept, spent ones included.
    static let tokenLimit = 1_000

    /// All join tokens, oldest first.
    func tokens() async throws(CodedError) -> [JoinTokenRecord] {
        try await read("reading the join tokens") { database in
            try Row.fetchAll(database, sql: "SELECT * FROM join_tokens ORDER BY created_at, rowid").map(Self.token)
        }
    }

    /// Stores a new join token; the oldest spent one makes room if there are too many.
    ///
    /// - Throws: `CodedError` with code `too-many-tokens` if all of them are valid still.
    func add(_ token: JoinTokenRecord, now: Int64) async throws(CodedError) {
        let existing = try await tokens()
        let spent = existing.first { $0.state(at: now) != .valid }?.id
        guard existing.count < Self.tokenLimit || spent != nil else {
            throw CodedError(
                "too-many-tokens", "there are \(existing.count) valid join tokens: revoke some (warren-coordinator token revoke)")
        }
        try await write("storing a join token") { database in
            if existing.count >= Self.tokenLimit {
                try database.execute(sql: "DELETE FROM join_tokens WHERE id = ?", arguments: [spent])
            }
            try database.execute(
                sql: "INSERT INTO join_tokens VALUES (?, ?, ?, ?, ?, 0, NULL, 0)",
                arguments: [token.id, Data(token.secret.bytes), token.createdAt, token.expiresAt, token.reusable])
        }
    }

    /// Whether there was such a token.
    func revokeToken(_ id: String) async throws(CodedError) -> Bool {
        try await write("revoking a join token") { database in
            try database.execute(sql: "UPDATE join_tokens SET revoked = 1 WHERE id = ?", arguments: [id])
            return database.changesCount > 0
        }
    }

    private static func token(_ row: Row) throws -> JoinTokenRecord {
        let id: String = row["id"]
        let hash: Data = row["secret_hash"]
        let usedBy: String? = row["used_by"]
        guard let secret = SecretHash(stored: Array(hash)) else {
            throw CodedError("database-damaged", "the join token \"\(id)\" in the coordinator's database cannot be read")
        }
        return JoinTokenRecord(
            id: id, secret: secret, createdAt: row["created_at"], expiresAt: row["expires_at"], reusable: row["reusable"],
            uses: row["uses"], usedBy: usedBy.flatMap(MachineID.init), revoked: row["revoked"])
    }
}
