import Basics
import GRDB
import MeshModel

extension Store {
    /// How many events are kept; the oldest go first.
    static let eventLimit = 100_000

    /// The number of the latest event on disk; 0 if there is none.
    func latestEventNumber() async throws(CodedError) -> Int {
        try await read("reading the event log") { database in
            try Int.fetchOne(database, sql: "SELECT MAX(number) FROM events") ?? 0
        }
    }

    /// Stores events, and removes the oldest beyond the limit, in one transaction.
    ///
    /// - Parameter events: oldest first; one that is there already is left as it is.
    func save(events: [MembershipEvent], keeping limit: Int = Store.eventLimit) async throws(CodedError) {
        guard let latest = events.last?.number else { return }
        try await write("storing events") { database in
            let statement = try database.makeStatement(sql: "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?, ?)")
            for event in events {
                try statement.execute(arguments: [
                    event.number, event.time, event.event, event.machine.text, event.name.text, event.detail, event.reason,
                ])
            }
            try database.execute(sql: "DELETE FROM events WHERE number <= ?", arguments: [latest - limit])
        }
    }

    /// The events on disk that the query asks for, oldest first.
    ///
    /// - Throws: `CodedError`: `storage-failed`, or `database-damaged` naming the event that cannot be read.
    func events(_ query: EventQuery) async throws(CodedError) -> [MembershipEvent] {
        try await read("reading the event log") { database in
            var conditions = ["number > ?"]
            var arguments: StatementArguments = [query.since ?? 0]
            if let machine = query.machine {
                conditions.append("(machine IN (?, ?) OR name = ?)")
                arguments += [machine, query.id?.text ?? machine, machine]
            }
            let order = query.since == nil ? "DESC" : "ASC"
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT * FROM events WHERE \(conditions.joined(separator: " AND ")) ORDER BY number \(order) LIMIT ?",
                arguments: arguments + [query.limit])
            return try (query.since == nil ? rows.reversed() : rows).map(Self.event)
        }
    }

    private static func event(_ row: Row) throws -> MembershipEvent {
        let number: Int = row["number"]
        let machine: String = row["machine"]
        let name: String = row["name"]
        guard let id = MachineID(machine), let machineName = MachineName(name) else {
            throw CodedError("database-damaged", "the event \(number) in the coordinator's database cannot be read")
        }
        return MembershipEvent(
            number: number, time: row["time"], event: row["event"], machine: id, name: machineName, detail: row["detail"],
            reason: row["reason"])
    }
}

extension StoreSchema {
    /// The event log.
    static func registerEvents(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("events") { database in
            try database.execute(
                sql: """
                    CREATE TABLE events (
                        number INTEGER NOT NULL PRIMARY KEY,
                        time TEXT NOT NULL,
                        event TEXT NOT NULL,
                        machine TEXT NOT NULL,
                        name TEXT NOT NULL,
                        detail TEXT NOT NULL,
                        reason TEXT
                    ) STRICT;
                    """)
        }
    }
}
