import Basics
import ControlProtocol
import FoundationEssentials
import Glibc
import LinuxProcess
import Testing

@testable import CoordinatorCore

/// `warren-coordinator events` from outside.
@Suite struct EventsCommandTests {
    @Test func followingShowsWhatHappensAndEndsAsItWasEnded() async throws {
        let directory = try TestDirectory()
        let data = "\(directory.path)/data"
        let served = try await ServedCoordinator(data: data, logIn: directory)
        let client = TestClient(url: served.url, socket: AdminPath.socket(in: data), pin: served.pin?.bytes)
        let token = try await client.issueToken()
        _ = try await client.register("ash", key: 1, bearer: token.secret)

        func follow(_ options: String...) throws -> (directory: TestDirectory, process: ChildProcess) {
            let place = try TestDirectory()
            return (place, try Program.start(["events", "--follow", "--data", data] + options, in: place))
        }
        @Sendable func output(_ place: TestDirectory) throws -> String {
            String(decoding: try place.files()["output"] ?? [], as: UTF8.self)
        }
        let table = try follow()
        let objects = try follow("--json", "--machine", "birch", "--since", "0")
        try await within {
            while try !output(table.directory).contains("ash joined") { try await Task.sleep(for: .milliseconds(10)) }
        }
        _ = try await client.register("birch", key: 2, bearer: token.secret)
        for place in [table.directory, objects.directory] {
            try await within {
                while try !output(place).contains("birch joined") { try await Task.sleep(for: .milliseconds(10)) }
            }
        }
        #expect(try output(table.directory).hasPrefix("NUMBER"))
        let lines = try output(objects.directory).split(separator: "\n")
        let events = try lines.map { try JSONDecoder().decode(MembershipEvent.self, from: Data($0.utf8)) }
        #expect(events.map(\.event) == ["machine-registered"] && events.map(\.name.text) == ["birch"], "that machine alone")

        table.process.signal(SIGINT)
        #expect(await table.process.wait(within: .seconds(10)) == .exited(0), "interrupted")
        #expect(await served.end(SIGTERM) == .exited(0))
        #expect(await objects.process.wait(within: .seconds(10)) == .exited(3), "the coordinator has gone away")
        let complaint = String(decoding: try objects.directory.files()["errors"] ?? [], as: UTF8.self)
        #expect(complaint.hasPrefix("warren-coordinator: "), "\(complaint)")

        let (nobody, bad) = try await (
            Program.run(["events", "--data", data], in: directory),
            Program.run(["events", "--data", data, "--limit", "0"], in: directory)
        )
        #expect(nobody.code == 3 && nobody.errors.contains("no coordinator answers on"), "\(nobody.errors)")
        #expect(bad.code == 64 && bad.errors.contains("--limit: found 0, expected 1 to 1024"), "\(bad.errors)")
    }
}
