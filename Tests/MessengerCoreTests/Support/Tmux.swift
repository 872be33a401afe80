import Basics
import Foundation
import LinuxProcess
import Testing
import Timing

/// A real terminal with a shell in it: tmux, with a server of its own. Every wait is bounded, and so is the shell's life.
final class Tmux: Sendable {
    private let directory: TemporaryDirectory
    private let server: ProcessWatch

    /// How long a condition may take to come true.
    static let patience = Duration.seconds(20)

    /// Starts a shell in the directory. What the package built is in its path.
    init(in directory: TemporaryDirectory, columns: Int, rows: Int) async throws {
        self.directory = directory
        // Whatever becomes of this process: without its shell (which ignores polite requests), the server ends.
        try await Self.run(
            [
                "-u", "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", "-c", directory.path,
                "exec timeout --foreground --signal=KILL 120 sh",
            ], directory)
        let pid = try await Self.run(["display-message", "-p", "#{pid}"], directory)
        server = try ProcessWatch(pid: try #require(Int32(pid.trimmingCharacters(in: .whitespacesAndNewlines))))
        try await waitForPrompt()
    }

    /// Ends the server, and with it the terminal and what runs in it.
    deinit { server.signal(SIGTERM) }

    /// Types text.
    func type(_ text: String) async throws { try await run("send-keys", "-l", text) }

    /// Presses keys, by tmux's names for them.
    func press(_ keys: String...) async throws { try await Self.run(["send-keys"] + keys, directory) }

    /// Types a command into the shell.
    func command(_ line: String) async throws {
        try await type(line)
        try await press("Enter")
    }

    func resize(columns: Int, rows: Int) async throws {
        try await run("resize-window", "-x", "\(columns)", "-y", "\(rows)")
    }

    /// The rows as they are now, without spaces at their ends, and without empty rows at the end.
    func screen() async throws -> [String] {
        let text = try await run("capture-pane", "-p")
        var rows = text.split(separator: "\n", omittingEmptySubsequences: false).map { row in
            String(row.reversed().drop { $0 == " " }.reversed())
        }
        while rows.last == "" { rows.removeLast() }
        return rows
    }

    /// The process that the shell has started.
    func child() async throws -> pid_t? {
        let guardian = try await run("display-message", "-p", "#{pane_pid}").trimmingCharacters(in: .whitespacesAndNewlines)
        // timeout(1), the shell, the program.
        guard let shell = Self.children(of: guardian).first, let program = Self.children(of: shell).first else { return nil }
        return pid_t(program)
    }

    private static func children(of pid: String) -> [String] {
        let text = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
        return (text ?? "").split(separator: " ").map(String.init)
    }

    /// Looks at the screen until it is as it should be.
    @discardableResult
    func waitFor(_ what: String, _ isThere: ([String]) -> Bool) async throws -> [String] {
        let start = MonotonicTime.now
        var rows = try await screen()
        while !isThere(rows) {
            guard MonotonicTime.now - start < Self.patience else {
                throw CodedError(
                    "test",
                    "\(what) did not appear within \(DurationText.format(Self.patience)):\n\(rows.joined(separator: "\n"))")
            }
            rows = try await screen()
        }
        return rows
    }

    /// Waits until the shell asks for the next command.
    @discardableResult
    func waitForPrompt(_ isRight: ([String]) -> Bool = { _ in true }) async throws -> [String] {
        try await waitFor("the prompt") { ($0.last == "$" || $0.last == "#") && isRight($0) }
    }

    /// Waits until a row holds the text.
    @discardableResult
    func waitFor(_ text: String) async throws -> [String] {
        try await waitFor("\"\(text)\"") { $0.contains { $0.contains(text) } }
    }

    @discardableResult
    private func run(_ arguments: String...) async throws -> String { try await Self.run(arguments, directory) }

    /// Not with Foundation's `Process`: it takes a program for running as long as anybody has its files open, and the server has.
    @discardableResult
    private static func run(_ arguments: [String], _ directory: TemporaryDirectory) async throws -> String {
        let output = "\(directory.path)/tmux-\(RandomBytes.hex(4)).out"
        let descriptor = open(output, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        defer {
            close(descriptor)
            unlink(output)
        }
        let process = try ChildProcess.spawn(try spec("\(directory.path)/tmux.sock", arguments, descriptor))
        guard let status = await process.wait(within: .seconds(10)) else {
            process.signal(SIGKILL)
            throw CodedError("test", "tmux \(arguments) did not end within 10 s")
        }
        let text = String(decoding: try Data(contentsOf: URL(filePath: output)), as: UTF8.self)
        guard status.isSuccess else { throw CodedError("test", "tmux \(arguments) ended with \(status): \(text)") }
        return text
    }

    private static func spec(_ socket: String, _ arguments: [String], _ output: Int32) throws -> ProcessSpec {
        guard let tmux = findExecutable("tmux") else { throw CodedError("test", "tmux is missing: run \"make deps\"") }
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let built = URL(filePath: own).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return ProcessSpec(
            executable: tmux, arguments: ["-S", socket] + arguments,
            environment: [
                "PATH": "\(built):\(path)", "PS1": "$ ", "ENV": "", "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color",
            ], standardOutput: output, standardError: output)
    }
}
