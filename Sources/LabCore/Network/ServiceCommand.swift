import Basics
import LinuxProcess
import MeshModel
import ScenarioModel

/// The command lines of Warren's services.
struct ServiceCommand {
    static let coordinatorPort = 7_400
    static let coordinatorData = "\(MachineFolders.stateInside)/coordinator"
    static let agentSocket = "\(MachineFolders.runDirectoryInside)/agent.sock"
    static let messengerSocket = "\(MachineFolders.runDirectoryInside)/messenger.sock"
    static let adminSocket = "\(coordinatorData)/admin.sock"

    let executable: String
    let arguments: [String]
    var environment: [String: String] = [:]

    /// The URL under which the machines reach the coordinator.
    static var coordinatorURL: String { "http://\(Underlay.address(0)):\(coordinatorPort)" }

    static func coordinator(_ programs: Programs, _ timing: Scenario.Timing) -> ServiceCommand {
        var arguments = ["serve", "--data", coordinatorData, "--listen", "\(Underlay.address(0)):\(coordinatorPort)"]
        let settings = [
            ("--heartbeat-interval", timing.heartbeatInterval), ("--suspect-after", timing.suspectAfter),
            ("--unresponsive-after", timing.unresponsiveAfter),
        ]
        for (flag, duration) in settings {
            if let duration { arguments += [flag, "\(duration.wholeMilliseconds)ms"] }
        }
        return ServiceCommand(executable: programs.coordinator, arguments: arguments)
    }

    static func agent(_ programs: Programs, name: String, joinToken: String) -> ServiceCommand {
        // The token goes through the environment: arguments are for everybody to read.
        ServiceCommand(
            executable: programs.agent,
            arguments: [
                "run", "--state", "\(MachineFolders.stateInside)/agent", "--run-dir", MachineFolders.runDirectoryInside, "--name",
                name,
            ], environment: ["WARREN_JOIN": joinToken])
    }

    static func messenger(_ programs: Programs) -> ServiceCommand {
        ServiceCommand(
            executable: programs.messenger,
            arguments: [
                "serve", "--state", "\(MachineFolders.stateInside)/messenger", "--run-dir", MachineFolders.runDirectoryInside,
            ])
    }

    static func token(_ programs: Programs) -> ServiceCommand {
        ServiceCommand(
            executable: programs.coordinator,
            arguments: ["token", "create", "--data", coordinatorData, "--url", coordinatorURL, "--reusable"])
    }
}
