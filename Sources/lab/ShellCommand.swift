import ArgumentParser
import Basics
import Glibc
import LabCore
import LinuxProcess

/// `lab shell`: a terminal on a machine.
struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "Open a shell on a machine of a living lab.",
        discussion: """
            Or any other command that wants a terminal of its own. Needs a terminal; for scripts there is lab exec.

            EXAMPLES
              lab shell ash
              lab shell ash -- top
            """)

    @OptionGroup var choice: LabChoice

    @Argument(help: "The machine.", completion: .custom { _, _, _ in await LiveCommand.machineNames })
    var machine: String

    @Argument(parsing: .captureForPassthrough, help: "The command; a shell if left out.")
    var command: [String] = []

    func run() async throws {
        guard isatty(STDIN_FILENO) == 1 else {
            throw Failure.report(CodedError("usage", "lab shell needs a terminal; lab exec \(machine) -- COMMAND does not"), 64)
        }
        var words = command.first == "--" ? Array(command.dropFirst()) : command
        if words.isEmpty { words = [findExecutable("bash") ?? "/bin/sh"] }
        let client = try choice.connect()
        let (chosen, machine) = (words, machine)
        let code = try await LiveCommand.orExit { () async throws -> Int32 in
            let terminal = try PseudoTerminal()
            let remote = RemoteCommand(
                client: client, machine: machine, words: chosen,
                descriptors: [terminal.terminal, terminal.terminal, terminal.terminal], isTerminal: true)
            PseudoTerminal.copySize(from: STDIN_FILENO, to: terminal.controller)
            try await remote.start()
            ForwardedSignals.listen([SIGWINCH]) { _ in PseudoTerminal.copySize(from: STDIN_FILENO, to: terminal.controller) }
            ForwardedSignals.listen([SIGTERM, SIGHUP]) { remote.signal($0) }
            let before = PseudoTerminal.makeRaw(STDIN_FILENO)
            defer { if let before { PseudoTerminal.restore(STDIN_FILENO, before) } }
            let controller = terminal.controller
            OwnThread.start { Self.copy(STDIN_FILENO, to: controller) }
            let screen = Task { await OwnThread.run { Self.copyScreen(terminal) } }
            let code = try await remote.finish()
            terminal.closeTerminal()
            await screen.value
            return code
        }
        if code != 0 { throw ExitCode(code) }
    }

    /// What a person types, until there is no more.
    private static func copy(_ source: Int32, to target: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let got = read(source, &buffer, buffer.count)
            if got < 0, errno == EINTR { continue }
            guard got > 0, write(target, buffer, got) == got else { return }
        }
    }

    /// What the programs print, until the last of them has closed the terminal.
    private static func copyScreen(_ terminal: PseudoTerminal) {
        copy(terminal.controller, to: STDOUT_FILENO)
    }
}
