import ArgumentParser
import Basics
import CommandSupport

/// `warren-coordinator`: who is in the mesh, under which address and key, and who is alive.
@main
struct WarrenCoordinator: Program {
    static let configuration = CommandConfiguration(
        commandName: "warren-coordinator",
        abstract: "The coordination service of a Warren mesh.",
        discussion: """
            Registers machines, gives each a stable mesh address, tells all of them about one another and finds out who is \
            silent. It never carries user traffic: when it is away, the mesh stays as it is.

            The commands other than serve, health, backup and doctor talk to the coordinator that serves DIR, over its admin socket \
            DIR/admin.sock, and so need to run as the same user.

            EXAMPLES
              warren-coordinator serve --data /var/lib/warren/coordinator --listen 0.0.0.0:7400
              warren-coordinator token create --url https://192.0.2.1:7400
              warren-coordinator machines
              warren-coordinator machine remove birch
              warren-coordinator events --follow
              warren-coordinator backup /var/backups/warren
              warren-coordinator doctor

            EXIT CODES
              0 done, 1 failed, 3 the environment is not fit (no coordinator runs, cannot listen, data directory or \
            certificate unusable), \
            64 bad usage
            """,
        version: Version.current,
        subcommands: [
            Serve.self, Token.self, Machines.self, MachineCommand.self, Events.self, HealthCommand.self,
            BackupCommand.self, DoctorCommand.self, Defaults.self,
        ])

    private static let environmental: Set<String> = [
        "data-unusable", "data-in-use", "socket-path-too-long", "cannot-listen", "storage-failed", "database-damaged",
        "no-coordinator", "control-unreachable", "certificate-unusable",
    ]
    private static let usage: Set<String> = ["bad-settings", "bad-pool", "address-outside-pool"]

    static func code(for error: CodedError) -> ExitCode {
        if environmental.contains(error.code) { return Exit.environment }
        return usage.contains(error.code) ? .validationFailure : .failure
    }
}

/// What the process ends with.
enum Exit {
    /// Something around the program is not as it must be.
    static let environment = ExitCode(3)
}
