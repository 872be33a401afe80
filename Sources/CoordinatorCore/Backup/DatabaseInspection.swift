import Basics
import Foundation
import GRDB
import MeshModel

/// What there is to see in a coordinator's database without writing to it.
struct DatabaseInspection: Sendable {
    var machines = 0
    var tokens = 0
    var events = 0
    /// Every mesh address that is recorded.
    var addresses: [IPAddress] = []
    /// The time of the latest thing that was written down, in seconds since 1970; nil if nothing was.
    var latest: Int64?
    /// Changes of the schema that this program has and the database has not.
    var missingMigrations: [String] = []
    /// Changes of the schema that this program does not know: a newer one made them.
    var unknownMigrations: [String] = []

    /// Reads a database and lets SQLite check all of it.
    ///
    /// - Throws: `CodedError` with code `database-damaged`.
    @discardableResult
    static func check(_ path: String, quick: Bool = false) throws(CodedError) -> DatabaseInspection {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { database in
                let pragma = quick ? "PRAGMA quick_check(3)" : "PRAGMA integrity_check(3)"
                let complaints = try String.fetchAll(database, sql: pragma)
                guard complaints == ["ok"] else {
                    throw CodedError("database-damaged", "SQLite finds: \(complaints.joined(separator: "; "))")
                }
                return try read(database)
            }
        } catch let error as CodedError {
            throw CodedError("database-damaged", "the database \(path) is damaged: \(error.message)")
        } catch {
            throw CodedError("database-damaged", "the database \(path) cannot be read", cause: error)
        }
    }

    private static func read(_ database: Database) throws -> DatabaseInspection {
        func count(_ table: String) throws -> Int {
            guard try database.tableExists(table) else { return 0 }
            return try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM \(table)") ?? 0
        }
        let migrator = StoreSchema.migrator
        let applied = try migrator.appliedIdentifiers(database)
        var found = DatabaseInspection()
        found.machines = try count("machines")
        found.tokens = try count("join_tokens")
        found.events = try count("events")
        found.missingMigrations = migrator.migrations.filter { !applied.contains($0) }
        found.unknownMigrations = applied.subtracting(migrator.migrations).sorted()
        guard try database.tableExists("machines") else { return found }
        found.addresses = try String.fetchAll(database, sql: "SELECT mesh_address FROM machines").compactMap(IPAddress.init)
        found.latest = try Int64.fetchOne(
            database,
            sql: "SELECT MAX(at) FROM (SELECT registered_at AS at FROM machines UNION ALL SELECT created_at FROM join_tokens)")
        return found
    }
}
