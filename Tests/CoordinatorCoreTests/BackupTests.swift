import Basics
import ControlProtocol
import FoundationEssentials
import Glibc
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct BackupTests {
    @Test func aBackupUnderLoadIsServedAgain() async throws {
        let directory = try TestDirectory()
        let place = try TestDirectory()
        let target = "\(place.path)/saved"
        try directory.write("tls-key.pem", "key")
        try directory.write("tls-certificate.pem", "certificate")
        // The machines that were acknowledged before the backup began.
        let before = try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            for number in 0..<20 { _ = try await client.register("m-\(number)", key: number, bearer: token.secret) }
            let load = Task {
                for number in 20..<120 { _ = try await client.register("m-\(number)", key: number, bearer: token.secret) }
            }
            let before = try await client.admin.get(APIPath.machines, as: MachineList.self).machines
            let backup = try Backup.make(of: directory.path, to: target)
            #expect(backup.machines >= before.count && backup.tokens == 1)
            #expect(backup.files == ["coordinator.db", "tls-key.pem", "tls-certificate.pem"])
            try await load.value
            #expect(try await client.admin.get(APIPath.machines, as: MachineList.self).machines.count == 120)
            return before
        }
        var status = stat()
        #expect(stat(target, &status) == 0 && status.st_mode & 0o777 == 0o700)
        for name in try FileManager.default.contentsOfDirectory(atPath: target) {
            #expect(place.mode(of: "saved/\(name)") == 0o600, "\(name)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["saved"], "nothing half-made is left")
        let restored = try TestDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: target) where name.hasSuffix(".db") {
            try FileManager.default.copyItem(atPath: "\(target)/\(name)", toPath: "\(restored.path)/\(name)")
        }
        try await withCoordinator(restored) { client in
            let after = try await client.admin.get(APIPath.machines, as: MachineList.self).machines
            #expect(after.count >= before.count)
            #expect(Set(after.map(\.id)).isSuperset(of: before.map(\.id)))
            #expect(Set(after.map(\.meshAddress)).count == after.count)
        }
    }

    @Test func nothingIsOverwrittenAndNothingLeftBehind() async throws {
        let directory = try TestDirectory()
        let place = try TestDirectory()
        let store = try Store(path: DataDirectory.database(in: directory.path))
        try store.close()
        _ = try Backup.make(of: directory.path, to: "\(place.path)/a")
        #expect(code { try Backup.make(of: directory.path, to: "\(place.path)/a/") } == "backup-exists")
        #expect(code { try Backup.make(of: directory.path, to: "\(place.path)/no/a") } == "backup-failed")
        #expect(code { try Backup.make(of: place.path, to: "\(place.path)/b") } == "data-unusable")
        try directory.write("coordinator.db", String(repeating: "no database ", count: 1_000))
        #expect(code { try Backup.make(of: directory.path, to: "\(place.path)/b") } == "backup-failed")
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["a"])
    }

    @Test func aDamagedCopyIsNoticed() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            for number in 0..<50 { _ = try await client.register("m-\(number)", key: number, bearer: token.secret) }
        }
        let path = DataDirectory.database(in: directory.path)
        #expect(try DatabaseInspection.check(path).machines == 50)
        var bytes = try #require(FileManager.default.contents(atPath: path))
        for offset in stride(from: 4_096, to: bytes.count, by: 512) { bytes[offset] ^= 0xff }
        try bytes.write(to: URL(filePath: path))
        #expect(code { try DatabaseInspection.check(path) } == "database-damaged")
    }

    private func code(_ body: () throws -> some Any) -> String? {
        do {
            _ = try body()
            return nil
        } catch { return (error as? CodedError)?.code }
    }
}

extension TestDirectory {
    func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
        try #require(chmod("\(path)/\(name)", mode) == 0)
    }
}
