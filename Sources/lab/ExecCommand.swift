import ArgumentParser
import Basics
import Glibc
import LabCore
import LinuxProcess

/// `lab exec`: a command on a machine.
struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command on a machine of a living lab.",
        discussion: """
            The command gets this one's standard input, output and error, its signals and its working folder; this one ends with the \
            command's exit code (128 and the number, if a signal ended it). A machine shares the file system of this one, but for /run, \
            /proc and /etc/hosts.

            EXAMPLES
              lab exec ash -- ping -c 3 birch
              lab exec ash -- warren-agent status
              lab exec --lab ten m9 -- ip route
              tar c . | lab exec ash -- sh -c 'tar t | wc -l'
            """)

    @OptionGroup var choice: LabChoice

    @Argument(help: "The machine.", completion: .custom { _, _, _ in await LiveCommand.machineNames })
    var machine: String

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String]

    func run() async throws {
        let words = command.first == "--" ? Array(command.dropFirst()) : command
        guard !words.isEmpty else { throw ValidationError("Say which command: lab exec \(machine) -- COMMAND") }
        let remote = RemoteCommand(
            client: try choice.connect(), machine: machine, words: words,
            descriptors: [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO], isTerminal: false)
        let code = try await LiveCommand.orExit { () async throws -> Int32 in
            ForwardedSignals.listen([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2]) { remote.signal($0) }
            try await remote.start()
            return try await remote.finish()
        }
        if code != 0 { throw ExitCode(code) }
    }
}
