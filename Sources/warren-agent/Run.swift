import AgentCore
import ArgumentParser
import Basics
import ControlProtocol
import Glibc
import Logging
import MeshModel
import NIOCore
import Observability
import ServiceLifecycle

/// `warren-agent run`
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the agent of this machine.",
        discussion: """
            Needs a join token the first time (made by warren-coordinator token create): with --join-file, in the environment \
            variable WARREN_JOIN, or with --join, where other users of this machine can read it. Later the machine's own \
            credential in DIR is enough. Needs CAP_NET_ADMIN, and WireGuard: in the kernel, or else wireguard-go and \
            /dev/net/tun. Logs one JSON object a line on standard error. SIGTERM, SIGINT and SIGHUP end it within three \
            seconds and remove the interface.

            Names of machines, as NAME and NAME.\(AgentSettings.nameSuffix), are kept in a block of --hosts-file; what others wrote there \
            stays, and a short name that others define is left to them.

            Every option may also stand in the file --config, as a JSON object ({ "listen-port": 51820, "endpoint": ["192.0.2.7:51820"] }), and in the \
            environment, as WARREN_AGENT_LISTEN_PORT and so on. Options come before the environment, the environment before the file.

            EXAMPLES
              warren-agent run --join-file /etc/warren/join
              WARREN_JOIN=warren1.eyJ... warren-agent run --name birch
              warren-agent run --endpoint 198.51.100.7:51820
            """)

    @OptionGroup var joining: JoinOptions
    @OptionGroup var control: ControlOptions

    @Option(help: ArgumentHelp("The machine's name in the mesh: \(MachineName.allowed). Default: the host name's first label."))
    var name: String?

    @Option(name: .customLong("state"), help: ArgumentHelp("Directory of the machine's identity.", valueName: "DIR"))
    var stateDirectory = AgentSettings.defaultStateDirectory

    @Option(help: "Name of the WireGuard interface: 1 to 15 characters.")
    var interface = AgentSettings.defaultInterface

    @Option(help: "UDP port of WireGuard: 1 to 65535.")
    var listenPort = AgentSettings.defaultListenPort

    @Option(
        help: ArgumentHelp(
            "Which WireGuard: kernel, userspace (wireguard-go), or auto: the kernel's where there is one.",
            valueName: "auto|kernel|userspace"))
    var backend = AgentSettings.Backend.auto

    @Option(
        name: .customLong("endpoint"),
        help: ArgumentHelp(
            "Where others reach this machine, instead of its own addresses; may be repeated, best first.",
            valueName: "ADDRESS:PORT"))
    var endpoints: [String] = []

    @Option(
        help: ArgumentHelp(
            "MTU of the interface, \(AgentSettings.allowedMTU.lowerBound) to \(AgentSettings.allowedMTU.upperBound); below 1280 there is no IPv6 in the mesh. Default: what fits the underlay, 1280 to 1420.",
            valueName: "BYTES"))
    var mtu: Int?

    @Option(
        help: ArgumentHelp(
            "File that gets the names of machines, in a block of its own: an absolute path, or \"none\".", valueName: "FILE"))
    var hostsFile = AgentSettings.defaultHostsFile

    @Option(help: ArgumentHelp("Serve metrics for Prometheus here, too, to anybody who asks.", valueName: "ADDRESS:PORT"))
    var metrics: String?

    @Option(help: "Least severe messages to log: \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")).")
    var logLevel = Logger.Level.info

    func run() async throws {
        let settings = try self.settings()
        // A handful of quiet connections: one thread serves them all.
        NIOSingletons.groupLoopCountSuggestion = 1
        let memory = LogMemory(lineLimit: AgentPath.logLineLimit)
        LogSetup.bootstrap(service: "agent", level: logLevel, memory: memory)
        // Whatever is made from here on is for this user alone; a reader of the log that goes away is no reason to die.
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        let logger = Logger(label: "agent")
        var quiet = logger
        quiet.logLevel = max(.warning, logLevel)
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(
                    service: AgentService(agent: Agent(settings: settings, logger: logger, memory: memory)),
                    successTerminationBehavior: .gracefullyShutdownGroup)
            ],
            gracefulShutdownSignals: [.sigterm, .sigint, .sighup], logger: quiet)
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        try await ServiceGroup(configuration: configuration).run()
    }
}

/// Tells the agent to stop when the program is told to.
private struct AgentService: Service {
    let agent: Agent

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await agent.run() }
    }
}

extension AgentSettings.Backend: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}
