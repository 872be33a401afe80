import ArgumentParser
import Basics
import Glibc
import Logging
import MessengerCore
import MessengerLogic
import Observability
import ServiceLifecycle

/// `warren-messenger serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the messenger of this machine.",
        discussion: """
            Learns this machine's mesh address and the names of the others from the agent (RUNDIR/agent.sock), waits for it \
            as long as it takes, and listens on the mesh address alone. Messages are kept in DIR/inbox.sqlite and DIR/outbox.sqlite. Logs one JSON \
            object a line on standard error. SIGTERM and SIGINT end it within two seconds.

            EXAMPLES
              warren-messenger serve
              warren-messenger serve --state /srv/messenger --log-level debug
            """)

    @Option(name: .customLong("state"), help: ArgumentHelp("Directory of inbox and outbox.", valueName: "DIR"))
    var stateDirectory = MessengerSettings.defaultStateDirectory

    @Option(name: .customLong("run-dir"), help: ArgumentHelp("Directory of the control sockets.", valueName: "DIR"))
    var runDirectory = MessengerSettings.defaultRunDirectory

    @Option(help: "TCP port on the mesh address, the same on all machines of a mesh: 1 to 65535.")
    var port = MessengerSettings.defaultPort

    @Option(help: "How many messages the inbox holds: 1 to 1000000000. Further ones are refused: receiver-full.")
    var inboxMessages = InboxLimits().messages

    @Option(help: "How many MiB of text the inbox holds: 1 to 1048576.")
    var inboxMebibytes = InboxLimits().bytes >> 20

    @Option(help: "Least severe messages to log: \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")).")
    var logLevel = Logger.Level.info

    func validate() throws {
        if port == 0 { throw ValidationError("--port is 0; allowed are 1 to 65535") }
        guard (1...1_000_000_000).contains(inboxMessages) else {
            throw ValidationError("--inbox-messages is \(inboxMessages); allowed are 1 to 1000000000")
        }
        guard (1...1_048_576).contains(inboxMebibytes) else {
            throw ValidationError("--inbox-mebibytes is \(inboxMebibytes); allowed are 1 to 1048576")
        }
    }

    func run() async throws {
        LogSetup.bootstrap(service: "messenger", level: logLevel)
        // Whatever is made from here on is for this user alone; a reader of the log that goes away is no reason to die.
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        let logger = Logger(label: "messenger")
        var quiet = logger
        quiet.logLevel = max(.warning, logLevel)
        var settings = MessengerSettings(stateDirectory: stateDirectory, runDirectory: runDirectory, port: port)
        settings.inbox = InboxLimits(messages: inboxMessages, bytes: inboxMebibytes << 20)
        var configuration = ServiceGroupConfiguration(
            services: [
                Messenger(settings: settings, logger: logger)
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        // Sends that are under way may end by themselves for so long.
        configuration.maximumGracefulShutdownDuration = .milliseconds(1_500)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch is CancellationError {
            // The limit was reached: what was under way was given up.
        }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
