import ArgumentParser
import Basics
import CommandSupport

/// `warren-messenger`: messages between the machines of a mesh.
@main
struct WarrenMessenger: Program {
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
        subcommands: [
            Serve.self, Send.self, Broadcast.self, Inbox.self, Sent.self, Ping.self, Load.self, Chat.self, Status.self,
            Defaults.self,
        ])
}
