import AgentCore
import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import LocalControl

/// `warren-agent rotate-key`
struct RotateKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key",
        abstract: "Give this machine another WireGuard key under the same identity.",
        discussion: """
            Name, id and mesh addresses stay; tunnels are made anew, which takes a moment. The new key is on disk before the \
            coordinator hears of it: a crash in between loses neither. Needs the coordinator. Exits with 1 if no agent answers or \
            the key was not changed.

            EXAMPLES
              warren-agent rotate-key
              warren-agent rotate-key --run-dir /run/warren
            """)

    @OptionGroup var control: ControlOptions

    private struct Nothing: Encodable {}

    func run() async throws {
        // Longer than the agent gives the coordinator: a challenge and the change, each asked for twice at the most.
        let status: AgentStatus = try await control.client().post(
            AgentSettings.keyPath, body: Nothing(), timeout: .seconds(25))
        guard let machine = status.machine else { return }
        print("\(machine.name) (\(machine.id)) has the key \(machine.publicKey) now")
    }
}
