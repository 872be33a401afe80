import GRDB

/// The outbox's tables, by version.
enum OutboxSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 outbox") { database in
            // Times are milliseconds since 1970. `expires_at` is there for messages that may be queued.
            try database.execute(
                sql: """
                    CREATE TABLE outbox (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                        message_id TEXT NOT NULL UNIQUE,
                        receiver TEXT NOT NULL,
                        text TEXT NOT NULL,
                        state TEXT NOT NULL CHECK (state IN ('pending', 'queued', 'delivered', 'failed')),
                        reason TEXT,
                        detail TEXT NOT NULL DEFAULT '',
                        sent_at INTEGER NOT NULL,
                        expires_at INTEGER,
                        ended_at INTEGER
                    ) STRICT
                    """)
            try database.execute(sql: "CREATE INDEX outbox_open ON outbox (sequence) WHERE state IN ('pending', 'queued')")
        }
        migrator.registerMigration("2 bound") { database in
            // The bound that the sender asked for, in milliseconds: so that everybody can see whether it was kept.
            try database.execute(sql: "ALTER TABLE outbox ADD COLUMN timeout INTEGER")
        }
        return migrator
    }
}
