import Basics
import Foundation
import GRDB
import Glibc

/// A copy of what a coordinator keeps, made while it runs or while it does not.
///
/// SQLite itself copies the database as of one instant (`VACUUM INTO`), without holding up the coordinator: every registration that was
/// acknowledged before is in it.
public struct Backup: Sendable, Codable {
    /// Where it is.
    public let directory: String
    /// How many machines are in it.
    public let machines: Int
    /// How many join tokens are in it.
    public let tokens: Int
    /// How many events are in it.
    public let events: Int
    /// The names of its files.
    public let files: [String]

    /// What is copied besides the database, if it is there: the certificate that machines know the coordinator by.
    static let companions = ["tls-key.pem", "tls-certificate.pem"]

    /// Makes a backup and checks it. Until it is whole and on the disk, it has the name `DIR.incomplete`.
    ///
    /// - Parameters:
    ///   - data: the coordinator's data directory.
    ///   - directory: must not exist; is made with the mode 0700, its files with 0600.
    /// - Throws: `CodedError`: `backup-exists`, `backup-failed`, `data-unusable` if there is no database; then nothing is left behind.
    public static func make(of data: String, to directory: String) throws(CodedError) -> Backup {
        let target = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        let database = DataDirectory.database(in: data)
        guard access(database, R_OK) == 0 else {
            throw CodedError("data-unusable", "cannot read \(database): \(String(cString: strerror(errno)))")
        }
        let staging = "\(target).incomplete"
        for path in [target, staging] where exists(path) {
            throw CodedError("backup-exists", "\(path) exists already, and a backup overwrites nothing: choose another name")
        }
        guard mkdir(staging, 0o700) == 0 else { throw failure("cannot make the directory \(staging)", errno) }
        do throws(CodedError) {
            let made = try fill(staging, from: data, named: target)
            guard rename(staging, target) == 0 else { throw failure("cannot rename \(staging) to \(target)", errno) }
            try sync(parent(of: target))
            return made
        } catch {
            try? FileManager.default.removeItem(atPath: staging)
            throw error
        }
    }

    private static func fill(_ staging: String, from data: String, named target: String) throws(CodedError) -> Backup {
        let copy = DataDirectory.database(in: staging)
        // Made first, so that nobody else can read it at any time.
        try DataDirectory.makePrivateFile(copy)
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(5)
            let source = try DatabaseQueue(path: DataDirectory.database(in: data), configuration: configuration)
            try source.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [copy]) }
            try source.close()
        } catch {
            throw CodedError("backup-failed", "the database of \(data) cannot be copied", cause: error)
        }
        var files = ["coordinator.db"]
        for name in companions where exists("\(data)/\(name)") {
            guard let bytes = FileManager.default.contents(atPath: "\(data)/\(name)") else {
                throw CodedError("backup-failed", "cannot read \(data)/\(name)")
            }
            try DataDirectory.makePrivateFile("\(staging)/\(name)")
            do { try bytes.write(to: URL(fileURLWithPath: "\(staging)/\(name)")) } catch {
                throw CodedError("backup-failed", "cannot write \(staging)/\(name)", cause: error)
            }
            files.append(name)
        }
        let counts = try DatabaseInspection.check(copy)
        for name in files { try sync("\(staging)/\(name)") }
        try sync(staging)
        return Backup(
            directory: target, machines: counts.machines, tokens: counts.tokens, events: counts.events, files: files)
    }

    private static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private static func parent(of path: String) -> String {
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return parent.isEmpty ? "." : parent
    }

    /// Makes sure that a file or a directory is on the disk.
    private static func sync(_ path: String) throws(CodedError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open \(path)", errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot write \(path) to the disk", errno) }
    }

    private static func failure(_ what: String, _ number: CInt) -> CodedError {
        CodedError("backup-failed", "\(what): \(String(cString: strerror(number)))")
    }
}
