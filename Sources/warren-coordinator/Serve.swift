import ArgumentParser
import Basics
import CoordinatorCore
import Glibc
import Logging
import MeshModel
import Observability
import ServiceLifecycle

/// `warren-coordinator serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the coordinator.",
        discussion: """
            Keeps machines and join tokens in DIR/coordinator.db and takes administration on DIR/admin.sock; both are for this \
            user alone. One coordinator serves a directory. Logs one JSON object a line on standard error; the event \
            coordinator-started says that connections are accepted, and where. SIGTERM and SIGINT end it within two seconds.

            Serves HTTPS with a certificate of its own, which is made at the first start: DIR/tls-key.pem (secret) and \
            DIR/tls-certificate.pem. Join tokens carry its fingerprint, so that machines know the coordinator by it. Keep the \
            key with the database: with another one, machines that have joined refuse to talk to the coordinator.

            A machine that has been silent for --suspect-after is marked, and others are asked to reach it over the mesh; one \
            that was neither heard nor reached for --unresponsive-after is dropped by all others. In a fleet that would send more \
            heartbeats than --heartbeat-ceiling, all three times are stretched by one factor. A restart of the coordinator gives everybody a fresh grace period.

            Mesh addresses are handed out lowest first. Of a --pool of length 30 or more all are used, of a shorter one all but the \
            first and the last. The address of a machine that left or was removed goes to no other for --address-quarantine.

            EXAMPLES
              warren-coordinator serve
              warren-coordinator serve --data ./coordinator --listen 127.0.0.1:0
              warren-coordinator serve --tls-certificate fullchain.pem --tls-key privkey.pem
              warren-coordinator serve --plaintext --listen 127.0.0.1:7400
              warren-coordinator serve --heartbeat-interval 500ms --suspect-after 1.5s --unresponsive-after 3s
            """)

    @OptionGroup var data: DataOptions

    @Option(
        help: ArgumentHelp("Where to listen: \(ListenAddress.allowed).", valueName: "ADDR:PORT"), transform: Arguments.listen)
    var listen = ListenAddress(address: .v4(0), port: CoordinatorSettings.defaultPort)

    @Option(
        help: ArgumentHelp(
            "Certificate to serve with, in PEM form, followed by those of its issuers. Needs --tls-key.", valueName: "FILE"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("Its private key, in PEM form, without a password.", valueName: "FILE"))
    var tlsKey: String?

    @Flag(help: "Serve plain HTTP: for loopback, or behind a proxy that speaks TLS.")
    var plaintext = false

    @Option(
        help: ArgumentHelp(
            "Where mesh addresses come from: an IPv4 prefix that contains the addresses given out before (default: \(CoordinatorSettings.defaultPool)).",
            valueName: "PREFIX"), transform: Arguments.prefix)
    var pool: IPPrefix?

    @Option(
        help: ArgumentHelp(
            "How long the address of a machine that is gone goes to no other (default: 1h; 0s: not at all).",
            valueName: "DURATION"), transform: Arguments.duration)
    var addressQuarantine: Duration?

    @Option(
        help: ArgumentHelp(
            "How often a machine reports (default: \(DurationText.format(CoordinatorSettings.defaultHeartbeatInterval))). Shorter than --suspect-after.",
            valueName: "DURATION"),
        transform: Arguments.duration)
    var heartbeatInterval: Duration?

    @Option(
        help: ArgumentHelp(
            "Silence until a machine is suspect (default: \(DurationText.format(CoordinatorSettings.defaultSuspectAfter))). Shorter than --unresponsive-after.",
            valueName: "DURATION"),
        transform: Arguments.duration)
    var suspectAfter: Duration?

    @Option(
        help: ArgumentHelp(
            "Silence until a machine is unresponsive (default: \(DurationText.format(CoordinatorSettings.defaultUnresponsiveAfter))).",
            valueName: "DURATION"),
        transform: Arguments.duration)
    var unresponsiveAfter: Duration?

    @Option(
        help: ArgumentHelp(
            "The most heartbeats per second of all machines together, \(CoordinatorSettings.ceilings.lowerBound) to \(CoordinatorSettings.ceilings.upperBound); a larger fleet reports less often.",
            valueName: "N"))
    var heartbeatCeiling = CoordinatorSettings.defaultHeartbeatCeiling

    @Option(
        help: ArgumentHelp(
            "Requests a second of one machine (default: \(ConnectionLimits().machineRate)), with twice as many at once.",
            valueName: "N"), transform: Arguments.rate)
    var machineRate: Int?

    @Option(
        help: ArgumentHelp(
            "Challenges and failed authentications a second from one address (default: \(ConnectionLimits().addressRate)), with four times as many at once.",
            valueName: "N"), transform: Arguments.rate)
    var addressRate: Int?

    @Option(help: "Least severe messages to log: \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")).")
    var logLevel = Logger.Level.info

    func validate() throws {
        do {
            _ = try settings()
        } catch {
            throw ValidationError(error.message)
        }
    }

    private func transport() throws(CodedError) -> TransportChoice {
        switch (tlsCertificate, tlsKey) {
        case (nil, nil): return plaintext ? .plaintext : .ownCertificate
        case (let certificate?, let key?) where !plaintext: return .certificate(file: certificate, key: key)
        case (_?, _?): throw CodedError("bad-settings", "--plaintext is without TLS: leave out --tls-certificate and --tls-key")
        default: throw CodedError("bad-settings", "--tls-certificate and --tls-key need one another")
        }
    }

    private func settings() throws(CodedError) -> CoordinatorSettings {
        guard let pool = pool ?? IPPrefix(CoordinatorSettings.defaultPool) else {
            throw CodedError("bad-pool", "there is no address pool: give --pool")
        }
        var settings = try CoordinatorSettings(
            data: data.directory, listen: listen, transport: transport(), pool: pool,
            heartbeatInterval: heartbeatInterval ?? CoordinatorSettings.defaultHeartbeatInterval,
            suspectAfter: suspectAfter ?? CoordinatorSettings.defaultSuspectAfter,
            unresponsiveAfter: unresponsiveAfter ?? CoordinatorSettings.defaultUnresponsiveAfter,
            addressQuarantine: addressQuarantine ?? CoordinatorSettings.defaultQuarantine, heartbeatCeiling: heartbeatCeiling)
        settings.clients.machineRate = machineRate ?? settings.clients.machineRate
        settings.clients.addressRate = addressRate ?? settings.clients.addressRate
        return settings
    }

    func run() async throws {
        let settings = try settings()
        LogSetup.bootstrap(service: "coordinator", level: logLevel)
        // Whatever is made from here on is for this user alone; a reader of the log that goes away is no reason to die.
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
        let logger = Logger(label: "coordinator")
        var quiet = logger
        quiet.logLevel = .critical
        let group = ServiceGroup(
            services: [CoordinatorServer(settings: settings, logger: logger)], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet)
        do {
            try await group.run()
        } catch is CancellationError {
            // The limit for requests in flight was reached: they were given up.
        } catch let error as CodedError {
            logger.event(
                "coordinator-failed", "the coordinator cannot run: \(error)", ["code": "\(error.code)"], level: .critical)
            throw error
        }
    }

    /// Every machine holds one or two connections.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(files, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(files, &limit)
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
