import Basics
import Foundation
import Testing
import Timing

/// A real terminal with a shell in it: tmux, with a server of its own. Every wait is bounded, and so is the shell's life.
final class Tmux: Sendable {
    private let socket: String
    private let directory: TemporaryDirectory

    /// How long a condition may take to come true.
    static let patience = Duration.seconds(20)

    /// Starts a shell in the directory; its prompt is `$ `. What the package built is in its path.
    init(in directory: TemporaryDirectory, columns: Int, rows: Int) async throws {
        self.directory = directory
        socket = directory.path + "/tmux.sock"
        // Whatever becomes of this process: without its shell, the server ends.
        try await run(
            "-u", "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", "-c", directory.path,
            "exec timeout --foreground 120 sh")
        try await waitFor("the prompt") { $0.last == "$" }
    }

    deinit { try? Self.process([socket], ["kill-server"], nil).run() }

    /// Types text.
    func type(_ text: String) async throws { try await run("send-keys", "-l", text) }

    /// Presses keys, by tmux's names for them.
    func press(_ keys: String...) async throws { try await run(["send-keys"] + keys) }

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

    /// Waits until a row holds the text.
    @discardableResult
    func waitFor(_ text: String) async throws -> [String] {
        try await waitFor("\"\(text)\"") { $0.contains { $0.contains(text) } }
    }

    @discardableResult
    private func run(_ arguments: String...) async throws -> String { try await run(arguments) }

    @discardableResult
    private func run(_ arguments: [String]) async throws -> String {
        let output = URL(filePath: "\(directory.path)/tmux-\(RandomBytes.hex(4)).out")
        try Data().write(to: output)
        defer { try? FileManager.default.removeItem(at: output) }
        let process = try Self.process([socket], arguments, FileHandle(forWritingTo: output))
        let ended = OneShot<Int32>()
        process.terminationHandler = { ended.set($0.terminationStatus) }
        try process.run()
        guard let status = await ended.value(within: .seconds(10)) else {
            kill(process.processIdentifier, SIGKILL)
            throw CodedError("test", "tmux \(arguments) did not end within 10 s")
        }
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        guard status == 0 else { throw CodedError("test", "tmux \(arguments) ended with \(status): \(text)") }
        return text
    }

    private static func process(_ socket: [String], _ arguments: [String], _ output: FileHandle?) throws -> Process {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let built = URL(filePath: own).deletingLastPathComponent().path
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["tmux", "-S"] + socket + arguments
        process.environment = [
            "PATH": "\(built):\(path)", "PS1": "$ ", "LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        process.standardError = output ?? FileHandle.nullDevice
        return process
    }
}
