import Basics
import Fabric
import LinuxProcess
import MeshModel
import NetworkModel
import ScenarioModel

/// The command lines of Warren's services.
enum WarrenServices {
    static let coordinatorPort = 7_400
    static let coordinatorData = "\(FabricMachine.stateFolder)/coordinator"
    static let runDirectory = "/run/warren"
    static let agentSocket = "\(runDirectory)/agent.sock"
    static let messengerSocket = "\(runDirectory)/messenger.sock"
    static let adminSocket = "\(coordinatorData)/admin.sock"
    /// In the order in which they start.
    static let names = ["coordinator", "agent", "messenger"]

    static func coordinator(_ programs: Programs, _ timing: SystemPlan.Timing, address: IPAddress) -> ServiceCommand {
        var arguments = [
            "serve", "--data", coordinatorData, "--listen", "\(Endpoint(address: address, port: UInt16(coordinatorPort)))",
        ]
        let settings = [
            ("--heartbeat-interval", timing.heartbeatInterval), ("--suspect-after", timing.suspectAfter),
            ("--unresponsive-after", timing.unresponsiveAfter), ("--address-quarantine", timing.addressQuarantine),
        ]
        for (flag, duration) in settings {
            if let duration { arguments += [flag, "\(duration.wholeMilliseconds)ms"] }
        }
        if let pool = timing.pool { arguments += ["--pool", "\(pool)"] }
        return ServiceCommand(executable: programs.coordinator, arguments: arguments, readySocket: adminSocket)
    }

    static func agent(_ programs: Programs, name: String, joinToken: String) -> ServiceCommand {
        // The token goes through the environment: arguments are for everybody to read. The machines share this host's /etc, whose
        // configuration is not theirs.
        ServiceCommand(
            executable: programs.agent,
            arguments: ["run", "--state", "\(FabricMachine.stateFolder)/agent", "--run-dir", runDirectory, "--name", name],
            environment: ["WARREN_JOIN": joinToken, "WARREN_AGENT_CONFIG": "none"], readySocket: agentSocket)
    }

    static func messenger(_ programs: Programs) -> ServiceCommand {
        ServiceCommand(
            executable: programs.messenger,
            arguments: ["serve", "--state", "\(FabricMachine.stateFolder)/messenger", "--run-dir", runDirectory],
            readySocket: messengerSocket)
    }

    static func token(_ programs: Programs, address: IPAddress) -> ServiceCommand {
        ServiceCommand(
            executable: programs.coordinator,
            arguments: [
                "token", "create", "--data", coordinatorData, "--url",
                "https://\(Endpoint(address: address, port: UInt16(coordinatorPort)))", "--reusable",
            ])
    }
}
