import ArgumentParser
import CommandSupport

/// `warren-fleet`
@main struct WarrenFleet: Program {
    static let configuration = CommandConfiguration(
        commandName: "warren-fleet",
        abstract: "Simulated machines against one coordinator, and what they measure.",
        discussion: """
            A tool of the benchmarks: it is not installed. The machines are connections and nothing else: they register, follow the \
            peer map and send heartbeats, and have no tunnels. A coordinator that speaks TLS is believed whatever its certificate.
            """,
        subcommands: [Join.self, Load.self, Bare.self, Register.self, Change.self])
}
