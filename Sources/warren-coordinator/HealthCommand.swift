import ArgumentParser
import AsyncHTTPClient
import Basics
import CommandSupport
import ControlProtocol
import FoundationEssentials
import NIOCore

/// `warren-coordinator health`
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask a coordinator whether it is well.",
        discussion: """
            Needs no credential and works from anywhere. Ends with 0 if the coordinator says that it is well, with 1 if it \
            does not, or does not answer within --timeout.

            EXAMPLES
              warren-coordinator health
              warren-coordinator health --url http://192.0.2.1:7400 --timeout 1s --json
            """)

    @Option(
        help: ArgumentHelp("The coordinator's address (default: http://127.0.0.1:7400).", valueName: "URL"),
        transform: Arguments.url)
    var url: String?

    @Option(help: "How long to wait for the answer (default: 5s).", transform: Arguments.duration)
    var timeout: Duration?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let url = url ?? "http://127.0.0.1:7400"
        let health = try await ask(url, within: timeout ?? .seconds(5))
        if json {
            try Console.printJSON(health)
        } else {
            let uptime = DurationText.format(.milliseconds(Int(health.uptimeSeconds * 1_000)))
            print("\(health.status): version \(health.version), \(health.machines) machines, up for \(uptime)")
        }
        if health.status != "ok" { throw ExitCode.failure }
    }

    private func ask(_ url: String, within timeout: Duration) async throws -> Health {
        let limit = 64 << 10
        do {
            let response = try await HTTPClient.shared.execute(
                HTTPClientRequest(url: url + APIPath.health), timeout: .nanoseconds(timeout.wholeNanoseconds))
            let body = try await response.body.collect(upTo: limit)
            guard response.status == .ok else {
                throw CodedError("unhealthy", "\(url) answered with status \(response.status.code)")
            }
            return try JSONDecoder().decode(Health.self, from: Data(body.readableBytesView))
        } catch let error as CodedError {
            throw error
        } catch is DecodingError {
            throw CodedError("unhealthy", "\(url) answered, but it is no coordinator")
        } catch {
            throw CodedError("unhealthy", "no answer from \(url) within \(DurationText.format(timeout))", cause: error)
        }
    }
}
