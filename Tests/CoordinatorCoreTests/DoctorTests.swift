import Basics
import ControlProtocol
import FoundationEssentials
import Glibc
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct DoctorTests {
    private func examine(_ directory: TestDirectory, pool: String = "100.64.0.0/24", answer: String? = nil) throws -> [String:
        Finding]
    {
        let findings = try Doctor(data: directory.path, pool: #require(IPPrefix(pool)), answer: answer).examine()
        for finding in findings { #expect((finding.verdict == .ok) == (finding.advice == nil), "\(finding)") }
        return Dictionary(findings.map { ($0.check, $0) }) { first, _ in first }
    }

    @Test func aCoordinatorThatIsWellIsWell() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            _ = try await client.register("a", key: 1, bearer: token.secret)
            let before = try directory.files().keys.sorted()
            // The test's clock is that of another day.
            let found = try examine(directory, answer: "ok").filter { $0.key != "clock" && $0.key != "disk-space" }
            #expect(found.values.allSatisfy { $0.verdict == .ok }, "\(found)")
            #expect(found["process"]?.found.contains("process \(getpid())") == true)
            #expect(found["database"]?.found.contains("1 machines, 1 join tokens") == true)
            #expect(try directory.files().keys.sorted() == before, "it leaves nothing")
            #expect(try examine(directory)["process"]?.verdict == .fail, "held, and no answer")
            #expect(try await client.admin.get(APIPath.health, as: Health.self).status == "ok")
        }
        let before = try directory.files()
        let stopped = try examine(directory)
        let after = try directory.files()
        #expect(after.filter { before[$0.key] != nil } == before, "what was there is as it was")
        #expect(Set(after.keys).subtracting(before.keys) == ["coordinator.db-wal", "coordinator.db-shm"])
        #expect(after["coordinator.db-wal"] == [])
        #expect(stopped["process"]?.verdict == .warn && stopped["database"]?.verdict == .ok)
        #expect(try examine(directory, answer: "ok")["process"]?.verdict == .fail, "answers, and holds nothing")
        #expect(try examine(directory, pool: "10.0.0.0/8")["address-pool"]?.verdict == .fail)
    }

    @Test func aCertificateAndItsKeyBelongTogether() async throws {
        func made() async throws -> TestDirectory {
            let directory = try TestDirectory()
            try await withCoordinator(directory, TestSettings(transport: .ownCertificate)) { _ in }
            return directory
        }
        let (one, other) = try await (made(), made())
        let well = try #require(try examine(one)["certificate"])
        #expect(well.verdict == .ok && well.found.hasPrefix("matches its key, valid until 20"), "\(well)")
        #expect(try examine(one)["files"]?.verdict == .ok)
        try #require(chmod("\(one.path)/tls-key.pem", 0o640) == 0)
        #expect(try examine(one)["files"]?.found == "open to other users: tls-key.pem (640)")
        let foreign = try #require(try other.files()["tls-key.pem"])
        try one.write("tls-key.pem", String(decoding: foreign, as: UTF8.self))
        let mixed = try #require(try examine(one)["certificate"])
        #expect(mixed.verdict == .fail && mixed.found.contains("cannot be used together"), "\(mixed)")
    }

    @Test func whatIsWrongIsFound() throws {
        let directory = try TestDirectory()
        #expect(try examine(directory)["database"]?.verdict == .warn, "none yet")
        try Store(path: DataDirectory.database(in: directory.path)).close()
        try #require(chmod(directory.path, 0o750) == 0)
        #expect(try examine(directory)["data-directory"]?.verdict == .fail)
        try #require(chmod(directory.path, 0o700) == 0)
        try directory.write("lock", "", mode: 0o644)
        #expect(try examine(directory)["files"]?.found == "open to other users: lock (644)")
        try directory.write("tls-key.pem", "nonsense")
        #expect(try examine(directory)["certificate"]?.found.contains("not its counterpart") == true)
        try directory.write("tls-certificate.pem", "nonsense")
        #expect(try examine(directory)["certificate"]?.verdict == .fail)
        try directory.write("coordinator.db", "no database, but text that is long enough to look like something")
        #expect(try examine(directory)["database"]?.verdict == .fail)
        #expect(throws: CodedError.self) {
            try Doctor(data: "/nonexistent", pool: #require(IPPrefix("10.0.0.0/8")), answer: nil).examine()
        }
    }

    @Test func aDatabaseOfAnotherVersionIsFound() async throws {
        let directory = try TestDirectory()
        let store = try Store(path: DataDirectory.database(in: directory.path))
        try await store.write("test") { try $0.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = 'events'") }
        #expect(try examine(directory)["database"]?.found.contains("earlier version (without events)") == true)
        try await store.write("test") { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('of-the-future')") }
        #expect(try examine(directory)["database"]?.found.contains("newer version") == true)
    }

    @Test func limitsAreJudged() {
        #expect(DiskCheck.mebibytes(blocks: 1_000, of: 4_096) == 3 && DiskCheck.mebibytes(blocks: 1 << 28, of: 4_096) == 1 << 20)
        #expect(DiskCheck.judge(free: 15, files: nil, "d").verdict == .fail)
        #expect(DiskCheck.judge(free: 16, files: 1_000, "d").verdict == .warn)
        #expect(DiskCheck.judge(free: 256, files: 1_000, "d").verdict == .ok)
        #expect(DiskCheck.judge(free: 256, files: 3, "d").verdict == .fail)
        #expect(DescriptorCheck.judge(480, 1_024, "x").verdict == .ok)
        #expect(DescriptorCheck.judge(481, 1_024, "x").verdict == .fail)
        #expect(ClockCheck.examine(now: 1_000_000, latest: nil).verdict == .fail)
        #expect(ClockCheck.examine(now: 1_800_000_000, latest: 1_800_000_060).verdict == .ok)
        #expect(ClockCheck.examine(now: 1_800_000_000, latest: 1_800_000_061).verdict == .fail)
        let day: Int64 = 86_400
        #expect(CertificateCheck.judge(from: 0, to: 31 * day, now: 0).verdict == .ok)
        #expect(CertificateCheck.judge(from: 0, to: 30 * day, now: 0).verdict == .warn)
        #expect(CertificateCheck.judge(from: 0, to: day, now: day + 1).verdict == .fail)
        #expect(CertificateCheck.judge(from: day, to: 90 * day, now: 0).verdict == .fail)
    }

    @Test func aPoolThatRunsOutIsSeen() throws {
        let pool = try #require(IPPrefix("10.0.0.0/24"))
        func verdict(_ used: UInt32) -> Finding.Verdict {
            PoolCheck.examine((0..<used).map { IPAddress.v4(0x0A00_0000 + $0) }, pool).verdict
        }
        #expect(verdict(0) == .ok && verdict(220) == .ok && verdict(240) == .warn && verdict(256) == .fail)
    }
}
