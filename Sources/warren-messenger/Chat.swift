import ArgumentParser
import ChatLogic
import CommandSupport
import Foundation
import MessengerCore
import MessengerLogic
import Terminal

/// `warren-messenger chat`
struct Chat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Talk to the machines of the mesh, on the whole terminal.",
        discussion: """
            Shows who is in the mesh and whether it is reachable, what comes as it comes, and what became of each message that you \
            write. Without a name the conversation is with everybody. /help inside tells the keys; Control-C ends it.

            Needs a terminal. Without one: send, broadcast, and inbox --follow. Colours are used unless NO_COLOR is set.

            EXAMPLES
              warren-messenger chat
              warren-messenger chat birch
              warren-messenger chat --queue
            """)

    @Argument(help: "The machine to begin with: a name in the mesh, or all.")
    var name = "all"

    @Flag(help: "Keep messages to a machine that cannot be delivered now, and keep trying for a day.")
    var queue = false

    @OptionGroup var control: ControlOptions

    func validate() throws { _ = try receiver() }

    private func receiver() throws -> Receiver { name == "all" ? .all : .machine(try Arguments.machine(name)) }

    func run() async throws {
        let kind = TerminalKind(ProcessInfo.processInfo.environment)
        guard FullScreen.isPossible, kind.isCapable else {
            let found = FullScreen.isPossible ? "this one cannot move its cursor (TERM)" : "input or output is something else"
            Console.complain(
                "chat needs a terminal, and \(found): use \"warren-messenger send\" and \"warren-messenger inbox --follow\"")
            throw ExitCode.validationFailure
        }
        let options = ChatState.Options(conversation: try receiver(), keeps: queue)
        try await control.ask { try await ChatSession(client: $0, options: options, colors: kind.hasColors).run() }
    }
}
