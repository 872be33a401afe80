import Basics
import GRDB
import Glibc

/// One SQLite file of this user's, written through to the disk.
enum SQLiteFile {
    /// Opens it, and makes it (0600) if there is none.
    static func open(_ path: String, _ migrator: DatabaseMigrator) throws -> DatabasePool {
        try make(path)
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        let database = try DatabasePool(path: path, configuration: configuration)
        // What is acknowledged survives a power cut. Not sooner: opening a pool sets NORMAL, after the configuration has run.
        try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try migrator.migrate(database)
        return database
    }

    /// SQLite gives its side files the mode of this one.
    private static func make(_ path: String) throws(CodedError) {
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw CodedError("errno", String(cString: strerror(errno))) }
        defer { Glibc.close(file) }
        guard fchmod(file, 0o600) == 0 else { throw CodedError("errno", String(cString: strerror(errno))) }
    }
}
