import GRDB

/// The inbox's tables, by version.
enum InboxSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 inbox") { database in
            // A message is the same one only if the machine and the id are: see MessageKey.
            try database.execute(
                sql: """
                    CREATE TABLE inbox (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                        sender_id TEXT NOT NULL,
                        sender_name TEXT NOT NULL,
                        sender_address TEXT NOT NULL,
                        message_id TEXT NOT NULL,
                        text TEXT NOT NULL,
                        received_at TEXT NOT NULL,
                        UNIQUE (sender_id, message_id)
                    ) STRICT
                    """)
        }
        return migrator
    }
}
