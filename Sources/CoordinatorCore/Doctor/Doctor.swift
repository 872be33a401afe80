import Basics
import Glibc
import MeshModel

/// Looks at everything that a coordinator needs, whether it runs or not, and alters none of it.
///
/// Of a database that nobody has open SQLite leaves `-wal` (empty) and `-shm` behind, which the next start uses.
public struct Doctor: Sendable {
    let data: String
    let pool: IPPrefix
    /// What the coordinator answered on the admin socket; nil if none did.
    let answer: String?

    /// - Parameters:
    ///   - data: the data directory.
    ///   - pool: the pool that the coordinator was told, or will be.
    ///   - answer: what a coordinator that answers on the admin socket says of itself; nil if none answers.
    public init(data: String, pool: IPPrefix, answer: String?) {
        self.data = data
        self.pool = pool
        self.answer = answer
    }

    /// All findings, in the order in which to look at them.
    ///
    /// - Throws: `CodedError` with code `data-unusable` if there is no data directory that this user can look into.
    public func examine() throws(CodedError) -> [Finding] {
        guard access(data, R_OK | X_OK) == 0 else {
            throw CodedError(
                "data-unusable",
                "cannot look into the data directory \(data): \(String(cString: strerror(errno))); name another with --data, or become its user"
            )
        }
        let holder = DirectoryChecks.holder(of: data)
        var findings = DirectoryChecks.all(data) + [process(holder)]
        let inspection: DatabaseInspection?
        if access(DataDirectory.database(in: data), F_OK) == 0 {
            do {
                let read = try DatabaseInspection.check(DataDirectory.database(in: data), quick: true)
                inspection = read
                findings.append(schema(read))
            } catch {
                inspection = nil
                findings.append(
                    .fail(
                        "database", "\(error)",
                        "stop the coordinator, keep the directory for later, and put the last backup in its place (docs/coordinator.md)"
                    ))
            }
        } else {
            inspection = nil
            findings.append(.warn("database", "there is no database yet", "\"warren-coordinator serve\" makes one"))
        }
        findings.append(DiskCheck.space(in: data))
        findings.append(CertificateCheck.examine(data, now: Int64(time(nil))))
        if let inspection { findings += usage(inspection, holder) }
        findings.append(ClockCheck.examine(now: Int64(time(nil)), latest: inspection?.latest))
        return findings
    }

    private func process(_ holder: LockHolder) -> Finding {
        switch (holder, answer) {
        case (.process(let id), let answer?): .ok("process", "a coordinator runs (process \(id)): \(answer)")
        case (.process(let id), nil):
            .fail(
                "process", "process \(id) holds \(data), but nothing answers on its admin socket",
                "it is starting, stopping or stuck: look at its log; end it with SIGTERM and start it again")
        case (.nobody, nil):
            .warn("process", "no coordinator runs on \(data)", "start it: warren-coordinator serve --data \(data)")
        case (.nobody, _?):
            .fail(
                "process", "a coordinator answers, but nobody holds \(data)/lock: the file was replaced under it",
                "stop that coordinator before another one is started on the same data")
        }
    }

    private func schema(_ read: DatabaseInspection) -> Finding {
        let size = "\(read.machines) machines, \(read.tokens) join tokens, \(read.events) events"
        if !read.unknownMigrations.isEmpty {
            return .fail(
                "database",
                "a newer version of Warren has changed it (\(read.unknownMigrations.joined(separator: ", "))): \(size)",
                "run that version, or go back to a backup of this one")
        }
        if !read.missingMigrations.isEmpty {
            return .warn(
                "database", "intact, of an earlier version (without \(read.missingMigrations.joined(separator: ", "))): \(size)",
                "make a backup; the next start brings it up to date")
        }
        return .ok("database", "intact, schema up to date: \(size)")
    }

    private func usage(_ read: DatabaseInspection, _ holder: LockHolder) -> [Finding] {
        [DescriptorCheck.examine(machines: read.machines, holder), PoolCheck.examine(read.addresses, pool)]
    }
}
