import ArgumentParser
import AsyncHTTPClient
import Basics
import CommandSupport
import ControlProtocol
import CoordinatorCore
import FoundationEssentials
import NIOCore
import Timing
import TransportSecurity

/// `warren-coordinator health`
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask a coordinator whether it is well.",
        discussion: """
            Needs no credential and works from anywhere. Ends with 0 if the coordinator says that it is well, with 1 if it \
            does not, or does not answer within --timeout.

            A coordinator with a certificate of its own is known by its pin. Without --url and --pin, that of the certificate in \
            the data directory is taken; without a pin, the system's roots have to vouch for the name in the URL.

            EXAMPLES
              warren-coordinator health
              warren-coordinator health --url https://192.0.2.1:7400 --timeout 1s --json \
            --pin sha256//WvXIw7nRBRNAhwkDB6JdTnHkG7Y0WmPaTfRVDlQbI3o=
            """)

    @Option(
        help: ArgumentHelp("The coordinator's address (default: \(HealthCommand.defaultURL)).", valueName: "URL"),
        transform: Arguments.url)
    var url: String?

    @Option(
        help: ArgumentHelp("The pin of its certificate, from its log or \"token create --json\".", valueName: "PIN"),
        transform: Arguments.pin)
    var pin: CertificatePin?

    @OptionGroup var data: DataOptions

    /// One for the process, never shut down. A server that is not trusted, or not there, is an answer.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private static let defaultURL = "https://127.0.0.1:7400"

    @Option(help: "How long to wait for the answer (default: 5s).", transform: Arguments.duration)
    var timeout: Duration?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let known = try pin?.bytes ?? (url == nil ? CertificateFiles.ownPin(in: data.directory) : nil)
        let health = try await ask(url ?? Self.defaultURL, pin: known, within: timeout ?? .seconds(5))
        if json {
            try Console.printJSON(health)
        } else {
            let uptime = DurationText.format(.milliseconds(Int(health.uptimeSeconds * 1_000)))
            print("\(health.status): version \(health.version), \(health.machines) machines, up for \(uptime)")
        }
        if health.status != "ok" { throw ExitCode.failure }
    }

    private func ask(_ url: String, pin: [UInt8]?, within timeout: Duration) async throws -> Health {
        // The HTTP client's own limit ends with the head of the answer; this one holds for all of it.
        let outcome = await bounded(within: timeout) { () async -> Result<Health, any Error> in
            do {
                return .success(try await Self.exchange(url, pin: pin, within: timeout))
            } catch {
                return .failure(error)
            }
        }
        guard let outcome else {
            throw CodedError("unhealthy", "no answer from \(url) within \(DurationText.format(timeout))")
        }
        return try outcome.get()
    }

    private static func exchange(_ url: String, pin: [UInt8]?, within timeout: Duration) async throws -> Health {
        let limit = 64 << 10
        do {
            var request = HTTPClientRequest(url: url + APIPath.health)
            request.tlsConfiguration = try await ServerTrust(url: url, pin: pin).configuration(within: timeout)
            let response = try await http.execute(
                request, timeout: .nanoseconds(timeout.wholeNanoseconds))
            let body = try await response.body.collect(upTo: limit)
            guard response.status == .ok else {
                throw CodedError("unhealthy", "\(url) answered with status \(response.status.code)")
            }
            return try JSONDecoder().decode(Health.self, from: Data(body.readableBytesView))
        } catch let error as CodedError {
            guard error.code == "server-unreachable" else { throw error }
            throw CodedError("unhealthy", "no answer from \(url) within \(DurationText.format(timeout))", cause: error)
        } catch let error where ServerTrust.isTLSFailure(error) {
            let advice = pin == nil ? ": if the coordinator made it itself, give its --pin" : ""
            throw CodedError("certificate-untrusted", "the certificate of \(url) is not trusted\(advice)", cause: error)
        } catch is DecodingError {
            throw CodedError("unhealthy", "\(url) answered, but it is no coordinator")
        } catch {
            throw CodedError("unhealthy", "no answer from \(url) within \(DurationText.format(timeout))", cause: error)
        }
    }
}
