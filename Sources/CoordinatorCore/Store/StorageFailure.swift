import Basics
import GRDB
import Glibc

/// What a failure of the database means for whoever caused it.
enum StorageFailure {
    /// - Parameters:
    ///   - purpose: what was being done.
    ///   - path: the database file.
    static func describe(_ error: any Error, _ purpose: String, path: String) -> CodedError {
        if let error = error as? CodedError { return error }
        if isFull(error, path) {
            return CodedError(
                "storage-failed",
                "the disk that holds the coordinator's database is full (\(purpose)): nothing has changed; make room there and try again",
                cause: error)
        }
        return CodedError("storage-failed", "the coordinator's database failed (\(purpose))", cause: error)
    }

    /// SQLite says so itself when a write to the file is cut short, and speaks of an I/O error when it is its index or journal.
    private static func isFull(_ error: any Error, _ path: String) -> Bool {
        guard let code = (error as? DatabaseError)?.resultCode else { return false }
        if code == .SQLITE_FULL { return true }
        var status = statvfs()
        return (code == .SQLITE_IOERR || code == .SQLITE_CANTOPEN) && statvfs(path, &status) == 0 && status.f_bavail == 0
    }
}
