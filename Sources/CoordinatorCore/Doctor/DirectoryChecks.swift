import Glibc

/// Who holds a data directory.
enum LockHolder: Sendable, Hashable {
    case nobody
    /// The number as the lock file has it; empty if it cannot be read.
    case process(String)
}

/// The data directory and its files: whose they are, and who can read them.
enum DirectoryChecks {
    static func all(_ data: String) -> [Finding] {
        var status = stat()
        guard stat(data, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            return [.fail("data-directory", "\(data) is not a directory", "name the right one with --data")]
        }
        let owner = status.st_uid
        var findings: [Finding] = []
        if status.st_mode & 0o077 != 0 {
            findings.append(
                .fail("data-directory", "\(data) is open to other users (mode \(octal(status.st_mode)))", "chmod 700 \(data)"))
        } else {
            findings.append(.ok("data-directory", "\(data), of user \(owner), closed to others"))
        }
        let open = files(data).filter { $0.status.st_mode & 0o077 != 0 && $0.status.st_mode & S_IFMT != S_IFDIR }
        let foreign = files(data).filter { $0.status.st_uid != owner }
        if !open.isEmpty {
            let names = open.map { "\($0.name) (\(octal($0.status.st_mode)))" }.joined(separator: ", ")
            findings.append(
                .fail(
                    "files", "open to other users: \(names)",
                    "chmod 600 \(open.map { "\(data)/\($0.name)" }.joined(separator: " "))"))
        } else if !foreign.isEmpty {
            findings.append(
                .fail(
                    "files", "not of the directory's user: \(foreign.map(\.name).joined(separator: ", "))",
                    "the coordinator cannot write them: chown \(owner) \(foreign.map { "\(data)/\($0.name)" }.joined(separator: " "))"
                ))
        } else {
            findings.append(.ok("files", "all of user \(owner), closed to others"))
        }
        return findings
    }

    /// Asks the kernel who holds the lock; takes it for an instant at the most, and shared. A coordinator that starts tries again.
    static func holder(of data: String) -> LockHolder {
        let descriptor = open("\(data)/lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return .nobody }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else {
            flock(descriptor, LOCK_UN)
            return .nobody
        }
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return .process(String(decoding: bytes.prefix(max(0, count)).prefix { (48...57).contains($0) }, as: UTF8.self))
    }

    /// Files that hold secrets or belong to the database, as far as they are there.
    private static func files(_ data: String) -> [(name: String, status: stat)] {
        let names = ["coordinator.db", "coordinator.db-wal", "coordinator.db-shm", "lock", "admin.sock", "tls-key.pem"]
        return names.compactMap { name in
            var status = stat()
            return lstat("\(data)/\(name)", &status) == 0 ? (name, status) : nil
        }
    }

    private static func octal(_ mode: mode_t) -> String { String(mode & 0o7777, radix: 8) }
}
