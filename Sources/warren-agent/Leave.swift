import AgentCore
import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import Glibc
import LocalControl

/// `warren-agent leave`
struct Leave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take this machine out of the mesh and forget its identity.",
        discussion: """
            The coordinator is told with this machine's own credential: the others drop it at once, its name is free, and its \
            addresses are after their quarantine. Then its key, credential and peer map are removed from DIR, and the agent ends. To come back \
            it needs a join token, and is a new machine. Works without a running agent, too.

            While the coordinator cannot be told, nothing is changed, unless --force is given: then this machine forgets, the \
            others drop it when it has been silent for too long, and its name stays taken until an administrator removes it. Exits with 1 if nothing was changed, with 64 if this machine is in no mesh.

            EXAMPLES
              warren-agent leave
              warren-agent leave --force
            """)

    @OptionGroup var control: ControlOptions

    @Option(name: .customLong("state"), help: ArgumentHelp("Directory of the machine's identity.", valueName: "DIR"))
    var stateDirectory = AgentSettings.defaultStateDirectory

    @Flag(help: "Forget this machine's identity even if the coordinator cannot be told.")
    var force = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let left: Left
        if control.isAnswering {
            // Longer than the agent gives the coordinator.
            let process = UnixSocket.process(behind: control.socket)
            left = try await control.client().post(AgentPath.leave, body: LeaveRequest(force: force), timeout: .seconds(15))
            try await control.waitForEnd(of: process)
        } else {
            signal(SIGPIPE, SIG_IGN)
            left = try await Leaving.leave(stateDirectory: stateDirectory, force: force)
        }
        if json { return try Console.printJSON(left) }
        let who = left.machine.map { "\($0.name) (\($0.id))" } ?? "this machine, which had never been registered,"
        print("\(who) has left the mesh" + (left.told ? "" : "; the coordinator does not know yet, and drops it at its deadline"))
    }
}

/// `warren-agent down`
struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End the agent of this machine; it stays a member of the mesh.",
        discussion: """
            Interface, routes and names are removed, the identity stays: "warren-agent up" or "warren-agent run" brings the same \
            machine back. A service manager that restarts whatever ends must be told instead. Exits with 1 if no agent answers.

            EXAMPLES
              warren-agent down
            """)

    @OptionGroup var control: ControlOptions

    private struct Nothing: Encodable {}

    func run() async throws {
        let client = try control.client()
        let process = UnixSocket.process(behind: control.socket)
        let answer: Stopping = try await client.post(AgentPath.stop, body: Nothing())
        try await control.waitForEnd(of: process)
        print("the agent (process \(answer.pid)) has ended")
    }
}

extension ControlOptions {
    /// How long an agent may take to end: that is three seconds at the most.
    private static let endLimit = Duration.seconds(6)

    /// Returns when the agent has ended; it was told to.
    ///
    /// - Parameter process: the agent's, as this process sees it.
    /// - Throws: `CodedError` with code `still-running`.
    func waitForEnd(of process: Int32?) async throws {
        let deadline = ContinuousClock.now + Self.endLimit
        // The socket is asked only once the process is gone: a connection that comes while a server ends can bring it down (swift-nio stops
        // the process when an accepted channel is let go unused).
        while process.map({ kill($0, 0) == 0 || errno == EPERM }) ?? false || isAnswering {
            guard ContinuousClock.now < deadline else {
                throw CodedError("still-running", "the agent was told to end, and still answers on \(socket): look at its log")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
