import Basics
import Foundation
import GRDB
import MeshModel
import Synchronization

/// What outlives the coordinator: machines with the hashes of their credentials, and join tokens with the hashes of their secrets.
///
/// SQLite in WAL mode with synchronous = FULL: what a method has returned from survives the loss of power.
final class Store: Sendable {
    private let database: DatabaseQueue
    private let path: String
    private let commitObserver = Mutex<(@Sendable (Duration) -> Void)?>(nil)

    /// Opens or makes the database; the file is readable by its owner only.
    ///
    /// - Throws: `CodedError`: `data-unusable`, or `storage-failed` if it is no database of this kind.
    init(path: String) throws(CodedError) {
        self.path = path
        try DataDirectory.makePrivateFile(path)
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(5)
        configuration.label = "coordinator"
        do {
            database = try DatabaseQueue(path: path, configuration: configuration)
            // Only now: GRDB sets NORMAL when it turns the write-ahead log on, after everything that it is configured to do.
            try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try StoreSchema.migrator.migrate(database)
        } catch {
            throw StorageFailure.describe(error, "opening \(path)", path: path)
        }
    }

    /// Closes the database; everything after that fails.
    func close() throws(CodedError) {
        do {
            try database.close()
        } catch {
            throw CodedError("storage-failed", "the database could not be closed", cause: error)
        }
    }

    /// Has the time that each transaction took reported.
    func onCommit(_ observer: @escaping @Sendable (Duration) -> Void) { commitObserver.withLock { $0 = observer } }

    /// Runs one transaction. It is not interrupted when the caller is cancelled, so that its outcome is always known.
    ///
    /// - Throws: the `CodedError` that the closure threw, or `storage-failed`; then nothing was written.
    func write<Value: Sendable>(
        _ purpose: String, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(CodedError) -> Value {
        let database = database
        let start = ContinuousClock.now
        do {
            let value = try await Task { try await database.write { try body($0) } }.value
            commitObserver.withLock { $0 }?(ContinuousClock.now - start)
            return value
        } catch {
            throw StorageFailure.describe(error, purpose, path: path)
        }
    }

    /// Reads in one transaction. Throws like `write`.
    func read<Value: Sendable>(
        _ purpose: String, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(CodedError) -> Value {
        let database = database
        do {
            return try await Task { try await database.read { try body($0) } }.value
        } catch {
            throw StorageFailure.describe(error, purpose, path: path)
        }
    }
}

/// The tables.
enum StoreSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE machines (
                        id TEXT NOT NULL PRIMARY KEY,
                        name TEXT NOT NULL UNIQUE,
                        public_key TEXT NOT NULL UNIQUE,
                        mesh_address TEXT NOT NULL UNIQUE,
                        endpoints TEXT NOT NULL,
                        unresponsive INTEGER NOT NULL,
                        registered_at INTEGER NOT NULL,
                        credential_hash BLOB NOT NULL,
                        credential_used INTEGER NOT NULL
                    ) STRICT;
                    CREATE TABLE join_tokens (
                        id TEXT NOT NULL PRIMARY KEY,
                        secret_hash BLOB NOT NULL UNIQUE,
                        created_at INTEGER NOT NULL,
                        expires_at INTEGER NOT NULL,
                        reusable INTEGER NOT NULL,
                        uses INTEGER NOT NULL,
                        used_by TEXT,
                        revoked INTEGER NOT NULL
                    ) STRICT;
                    """)
        }
        Store.registerMesh(&migrator)
        registerEvents(&migrator)
        registerGivenNames(&migrator)
        migrator.registerMigration("previous-credentials") { database in
            try database.execute(sql: "ALTER TABLE machines ADD COLUMN previous_credential_hash BLOB")
        }
        registerFormerKeys(&migrator)
        return migrator
    }
}
