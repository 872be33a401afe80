import ArgumentParser
import Basics
import CommandSupport
import LinuxProcess

/// `warren-agent`: makes this machine part of a mesh.
@main
struct WarrenAgent: Program {
    static let configuration = CommandConfiguration(
        commandName: "warren-agent",
        abstract: "The agent of one machine of a Warren mesh: keeps its WireGuard interface as the coordinator says.",
        discussion: """
            One agent runs on each machine (run, or up). It keeps the machine's key, registers it, and adds and removes peers and \
            their routes as machines come and go. While the coordinator is away, the mesh stays as it is.

            EXAMPLES
              warren-agent up --join-file /etc/warren/join
              warren-agent status
              warren-agent peers birch
              warren-agent leave

            EXIT CODES
              0 done, 1 failed (for status: no agent answers), 3 the environment is not fit (no WireGuard, no \
            /dev/net/tun, no right to configure networks, port or interface in use), 64 bad usage
            """,
        version: Version.current,
        subcommands: [
            Run.self, Up.self, Down.self, Status.self, Peers.self, NetcheckCommand.self, Metrics.self, Logs.self, RotateKey.self,
            Leave.self, Defaults.self,
        ])

    /// The subcommand that is called so.
    static func command(named name: String) -> (any ParsableCommand.Type)? {
        configuration.subcommands.first { ($0.configuration.commandName ?? "\($0)".lowercased()) == name }
    }

    static func arguments(for given: [String]) throws -> [String] {
        try Configuration.expand(given, environment: currentEnvironment())
    }

    static func quickly(_ arguments: [String]) -> (any ParsableCommand)? {
        // A request for help parses too, and is no Run: the usual way knows the program's name.
        arguments.first == "run" ? (try? Run.parseAsRoot(Array(arguments.dropFirst()))) as? Run : nil
    }

    static func code(for error: CodedError) -> ExitCode {
        let isEnvironment =
            error.code.hasPrefix("wireguard.") || error.code.hasPrefix("netlink.") || error.code.hasPrefix("process.")
            || ["port-in-use", "interface-missing"].contains(error.code)
        if isEnvironment { return Exit.environment }
        return ["bad-join-token", "not-joined"].contains(error.code) ? .validationFailure : .failure
    }
}

/// What the process ends with.
enum Exit {
    /// Something around the program is not as it must be.
    static let environment = ExitCode(3)
}
