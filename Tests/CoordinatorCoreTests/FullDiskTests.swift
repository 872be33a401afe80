import Basics
import ControlProtocol
import FoundationEssentials
import Glibc
import LinuxProcess
import MeshModel
import Testing

@testable import CoordinatorCore

/// The data directory of the real program lies on a small file system of its own, which is filled and emptied again.
@Suite struct FullDiskTests {
    @Test func writersAreToldReadersAreServedAndRoomHeals() async throws {
        let directory = try TestDirectory()
        let data = "\(directory.path)/data"
        let served = try await ServedCoordinator(data: data, logIn: directory, onOwnDiskOf: "4m")
        // The directory as the program sees it.
        let inside = "/proc/\(served.process.pid)/root\(data)"
        let client = TestClient(url: served.url, socket: AdminPath.socket(in: inside), pin: served.pin?.bytes)
        let token = try await client.issueToken()
        let one = try await client.register("a", key: 1, bearer: token.secret)
        let stream = try await client.follow(one)
        #expect(try await stream.next()?.snapshot?.isEmpty == true)

        try fill("\(inside)/filler")
        let (joined, refused) = try await registerUntilRefused(client, token.secret)
        #expect(try refused.status == 503 && refused.problem() == "storage-failed" && refused.headers["retry-after"] == "1")
        let detail = try refused.decode(Problem.self).detail
        #expect(detail.contains("the disk that holds the coordinator's database is full"), "\(detail)")
        let issuing = await #expect(throws: CodedError.self) { try await client.issueToken() }
        #expect(issuing?.code == "storage-failed")

        let proof = try await client.proof(key: 5, bearer: one.credential)
        #expect(try await client.tryChangeKey(of: one, to: 5, proof: proof).problem() == "storage-failed")
        #expect(try await client.sendToAdmin("DELETE", AdminPath.credential(one.id)).problem() == "storage-failed")

        #expect(try await client.send("GET", APIPath.health).decode(Health.self).machines == 1 + joined)
        #expect(try await client.tryHeartbeat(one, endpoints: ["192.0.2.1:7"]).status == 200)
        #expect(try await client.send("GET", APIPath.machines, bearer: one.credential).status == 200)
        let reopened = try await client.follow(one)
        #expect(try await reopened.next()?.snapshot?.count == joined)
        #expect(try await client.admin.get(APIPath.machines, as: MachineList.self).machines.count == 1 + joined)

        #expect(unlink("\(inside)/filler") == 0)
        let late = try await client.register("late", key: 200, bearer: token.secret)
        #expect(late.meshAddress.description == "100.64.0.\(2 + joined)", "what was refused has used up no address")
        #expect(try await reopened.next()?.upserts?.map(\.id) == [late.id])
        // What could not be done is told as well; with no secret in it.
        let secrets = [token.secret, proof.mac] + [one, late].map(\.secretPart)
        for name in ["coordinator.db", "coordinator.db-wal"] {
            let bytes = try #require(FileManager.default.contents(atPath: "\(inside)/\(name)"))
            expectNone(of: secrets, in: Array(bytes), name)
        }
        #expect(await served.end(SIGTERM) == .exited(0))
        let log = try #require(try directory.files()["errors"])
        #expect(String(decoding: log, as: UTF8.self).contains("storage-failed"))
        expectNone(of: secrets, in: log, "the log")
    }

    private func fill(_ path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        for size in [65_536, 1] {
            let block = [UInt8](repeating: 1, count: size)
            while write(file, block, size) > 0 {}
        }
        #expect(errno == ENOSPC)
    }

    /// A page that the write-ahead log has begun may take one more.
    private func registerUntilRefused(_ client: TestClient, _ token: String) async throws -> (joined: Int, refused: Answer) {
        for joined in 0..<8 {
            let answer = try await client.tryRegister("n\(joined)", key: 100 + joined, bearer: token)
            if answer.status != 201 { return (joined, answer) }
        }
        throw CodedError("test", "the disk is not full")
    }
}
