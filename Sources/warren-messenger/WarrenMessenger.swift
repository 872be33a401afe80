import ArgumentParser
import Basics
import Glibc

/// `warren-messenger`: messages between the machines of a mesh.
@main
struct WarrenMessenger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "warren-messenger",
        abstract: "Messages between the machines of a Warren mesh, sent directly over mesh addresses.",
        discussion: """
            One messenger runs on each machine beside the agent (serve). The other commands talk to it over its control \
            socket, RUNDIR/messenger.sock.

            EXAMPLES
              warren-messenger serve --state /var/lib/warren/messenger
              warren-messenger send birch "the kettle is on"
              warren-messenger inbox --limit 10

            EXIT CODES
              0 done, 1 failed, 2 no machine of that name, 3 no messenger answers, 4 queued, 64 bad usage
            """,
        version: Version.current,
        subcommands: [Serve.self, Send.self, Broadcast.self, Inbox.self, Sent.self, Ping.self, Status.self])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as CodedError {
            Console.complain("\(error)")
            Glibc.exit(EXIT_FAILURE)
        } catch  where exitCode(for: error) == .validationFailure {
            let message = fullMessage(for: error)
            Console.complain(String(message.hasPrefix("Error: ") ? message.dropFirst(7) : message[...]))
            Glibc.exit(ExitCode.validationFailure.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
