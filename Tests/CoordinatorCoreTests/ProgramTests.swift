import Basics
import ControlProtocol
import FoundationEssentials
import Glibc
import LinuxProcess
import Testing

@testable import CoordinatorCore

/// The program from outside: exit codes, output, signals.
@Suite struct ProgramTests {
    @Test func killedAndStartedAgainItKnowsItsMachines() async throws {
        let directory = try TestDirectory()
        let data = "\(directory.path)/a/data"
        let first = try await ServedCoordinator(data: data, logIn: directory)
        let token = try await pastedToken(data, first.url, directory, "--reusable")
        let one = try await client(first, data).register("a", key: 1, bearer: token.secret)
        #expect(await first.end(SIGKILL) == .signaled(SIGKILL))
        #expect(FileManager.default.fileExists(atPath: AdminPath.socket(in: data)), "left behind, as it must be")

        let second = try await ServedCoordinator(data: data, logIn: directory)
        let again = try await client(second, data).register("a", key: 1, bearer: one.credential)
        #expect(again.id == one.id && again.meshAddress == one.meshAddress)
        let stream = try await client(second, data).follow(again)
        _ = try await stream.next()
        #expect(await second.end(SIGTERM) == .exited(0), "within two seconds, with a stream open")
        #expect(try await stream.next() == nil)
    }

    @Test func administrationFromTheCommandLine() async throws {
        let directory = try TestDirectory()
        let data = "\(directory.path)/data"
        let served = try await ServedCoordinator(data: data, logIn: directory)
        let output = try TestDirectory()
        let token = try await pastedToken(data, served.url, output)
        #expect(token.coordinator == served.url && token.pin == served.pin && token.pin != nil)
        let one = try await client(served, data).register("birch", key: 1, bearer: token.secret, endpoints: ["192.0.2.1:51820"])

        let table = try await Program.run(["machines", "--data", data], in: output)
        #expect(table.code == 0)
        let row = table.output.split(separator: "\n").last?.split(separator: " ").map(String.init) ?? []
        #expect(
            row.count == 8 && row[0...1] == ["birch", "100.64.0.1"] && row[2].hasPrefix("fd") && row[3...4] == ["alive", "-"]
                && row[6...7] == ["192.0.2.1:51820", one.id.text])
        let json = try await Program.run(["machines", "--json", "--data", data], in: output)
        #expect(try JSONDecoder().decode(MachineList.self, from: Data(json.output.utf8)).machines.map(\.id) == [one.id])
        let tokens = try await Program.run(["token", "list", "--json", "--data", data], in: output)
        #expect(try JSONDecoder().decode(TokenList.self, from: Data(tokens.output.utf8)).tokens.map(\.state) == ["used"])
        #expect(try await Program.run(["token", "revoke", token.id, "--data", data], in: output).code == 0)
        let health = try await Program.run(
            ["health", "--json", "--url", served.url, "--pin", served.pin?.description ?? ""], in: output)
        #expect(try JSONDecoder().decode(Health.self, from: Data(health.output.utf8)).machines == 1)

        let unknown = try await Program.run(["machine", "remove", "brich", "--data", data], in: output)
        #expect(unknown.code == 1 && unknown.errors.contains("did you mean birch?"))
        #expect(try await Program.run(["machine", "remove", "birch", "--data", data], in: output).code == 0)
        #expect(try await client(served, data).tryHeartbeat(one).status == 401)
        let busy = try await Program.run(["serve", "--data", data, "--listen", "127.0.0.1:0"], in: output)
        #expect(busy.code == 3 && busy.errors.contains("another coordinator (process \(served.process.pid))"))
        #expect(await served.end(SIGINT) == .exited(0))
        let impostor = try await ServedCoordinator(data: "\(directory.path)/other", logIn: directory)
        let refused = try await Program.run(
            ["health", "--url", impostor.url, "--pin", served.pin?.description ?? ""], in: output)
        #expect(refused.code == 1 && refused.errors.contains("is not the one that is expected"), "\(refused.errors)")
        let unknownToAll = try await Program.run(["health", "--url", impostor.url], in: output)
        #expect(unknownToAll.code == 1 && unknownToAll.errors.contains("give its --pin"), "\(unknownToAll.errors)")
        #expect(await impostor.end(SIGTERM) == .exited(0))
        let gone = try await Program.run(["health", "--url", served.url, "--timeout", "1s"], in: output)
        #expect(gone.code == 1 && gone.errors.hasPrefix("warren-coordinator: no answer from"))
    }

    @Test func tokensFitTheWayItServes() async throws {
        let directory = try TestDirectory()
        let output = try TestDirectory()
        func create(_ data: String, _ url: String, _ options: String...) async throws -> (code: Int32?, text: String) {
            let result = try await Program.run(["token", "create", "--data", data, "--url", url] + options, in: output)
            return (result.code, result.code == 0 ? result.output : result.errors)
        }
        let secure = "\(directory.path)/secure"
        let first = try await ServedCoordinator(data: secure, logIn: directory)
        let pinned = try await create(secure, "192.0.2.1:7400")
        #expect(try JoinToken(parsing: pinned.text).coordinator == "https://192.0.2.1:7400")
        #expect(try JoinToken(parsing: pinned.text).pin == first.pin)
        #expect(try JoinToken(parsing: await create(secure, "https://c.example", "--no-pin").text).pin == nil)
        let refused = try await create(secure, "http://192.0.2.1:7400")
        #expect(refused.code == 1 && refused.text.contains("give https://192.0.2.1:7400"), "\(refused.text)")
        #expect(await first.end(SIGTERM) == .exited(0))

        let plain = "\(directory.path)/plain"
        let second = try await ServedCoordinator(data: plain, logIn: directory, ["--plaintext"])
        #expect(second.url.hasPrefix("http://") && second.pin == nil)
        let inClear = try JoinToken(parsing: await create(plain, second.url).text)
        #expect(inClear.coordinator == second.url && inClear.pin == nil)
        let behind = try await create(plain, "https://c.example")
        #expect(behind.code == 1 && behind.text.contains("--no-pin"), "\(behind.text)")
        #expect(try JoinToken(parsing: await create(plain, "https://c.example", "--no-pin").text).pin == nil)
        #expect(await second.end(SIGTERM) == .exited(0))
    }

    @Test(arguments: [
        (["serve", "--data", "{d}", "--listen", "192.0.2.1:7400"], Int32(3), "cannot listen on 192.0.2.1:7400"),
        (["serve", "--data", "/proc/nonsense"], 3, "/proc/nonsense"),
        (["serve", "--data", "{d}", "--suspect-after", "1s"], 64, "shorter than suspect-after"),
        (["serve", "--data", "{d}", "--unresponsive-after", "10"], 64, "such as \"250ms\""),
        (["serve", "--data", "{d}", "--listen", "7400"], 64, "such as 0.0.0.0:7400"),
        (["serve", "--data", "{d}", "--pool", "fd00::/64"], 64, "must be an IPv4 prefix"),
        (["serve", "--data", "{d}", "--log-level", "loud"], 64, "loud"),
        (["token", "create", "--data", "{d}"], 64, "--url"),
        (["token", "create", "--data", "{d}", "--url", "ftp://192.0.2.1"], 64, "https://192.0.2.1:7400"),
        (["token", "create", "--data", "{d}", "--url", "192.0.2.1:7400"], 3, "no coordinator answers on"),
        (["serve", "--data", "{d}", "--tls-key", "k"], 64, "need one another"),
        (["serve", "--data", "{d}", "--tls-key", "/k", "--tls-certificate", "/c"], 3, "cannot read /c"),
        (["health", "--pin", "sha256//short"], 64, "32 bytes in base64"),
        (["machines", "--data", "{d}"], 3, "warren-coordinator serve --data"),
        (["nonsense"], 64, "nonsense"),
    ])
    func refusalsSayWhatIsAllowed(_ arguments: [String], _ code: Int32, _ text: String) async throws {
        let directory = try TestDirectory()
        let arguments = arguments.map { $0.replacing("{d}", with: "\(directory.path)/d") }
        let result = try await Program.run(arguments, in: directory)
        #expect(result.code == code && result.output.isEmpty)
        let complaint = result.errors.split(separator: "\n").first { $0.hasPrefix("warren-coordinator: ") } ?? ""
        #expect(complaint.contains(text), "\(result.errors)")
    }

    private func pastedToken(
        _ data: String, _ url: String, _ directory: TestDirectory, _ options: String...
    ) async throws -> JoinToken {
        let output = try TestDirectory()
        let result = try await Program.run(["token", "create", "--data", data, "--url", url] + options, in: output)
        #expect(result.code == 0, "\(result.errors)")
        return try JoinToken(parsing: result.output)
    }

    private func client(_ served: ServedCoordinator, _ data: String) -> TestClient {
        TestClient(url: served.url, socket: AdminPath.socket(in: data), pin: served.pin?.bytes)
    }
}
