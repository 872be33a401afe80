import Foundation
import Glibc

/// A finished program.
struct CommandResult: Sendable {
    /// The exit code, or 128 and the signal's number, as shells have it.
    var status: Int32
    var output: String
    var errors: String
}

/// A program to run in a test.
struct Command: Sendable {
    var program: URL
    var arguments: [String] = []
    /// The whole environment of the program.
    var environment: [String: String] = ProcessInfo.processInfo.environment
    var directory: URL

    /// How long a program may take before it is killed, which no test expects.
    static let deadline = Duration.seconds(60)

    /// Runs it to its end, its output collected in files of a temporary folder.
    func run() async throws -> CommandResult {
        let folder = try TemporaryFolder()
        return try await withCheckedThrowingContinuation { continuation in
            // A thread of its own: waiting blocks, and the signals that the pool's threads block would be blocked in the program.
            let thread = Thread {
                var none = sigset_t()
                sigemptyset(&none)
                pthread_sigmask(SIG_SETMASK, &none, nil)
                continuation.resume(with: Result { try runAndWait(in: folder) })
            }
            thread.start()
        }
    }

    private func runAndWait(in folder: TemporaryFolder) throws -> CommandResult {
        let output = folder.url.appending(path: "output")
        let errors = folder.url.appending(path: "errors")
        for file in [output, errors] { try Data().write(to: file) }
        let process = Process()
        // `timeout` holds the deadline and passes exit codes and its own end on.
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["--foreground", "\(Command.deadline.components.seconds)", program.path] + arguments
        process.environment = environment
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        let status = process.terminationStatus
        return CommandResult(
            status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
            output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}

/// A folder that goes away with the value. Its name has a space in it, as folders of real people do.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "warren house \(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Writes a file, with the folders above it.
    func write(_ path: String, _ text: String, executable: Bool = false) throws {
        let file = url.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        if executable { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path) }
    }

    /// Copies files or folders of the repository to the same places in here.
    func copy(_ paths: [String]) throws {
        for path in paths {
            let file = url.appending(path: path)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.copyItem(at: Repository.root.appending(path: path), to: file)
        }
    }

    /// The text of a file, or an empty one if there is no such file.
    func text(_ path: String) -> String {
        (try? String(contentsOf: url.appending(path: path), encoding: .utf8)) ?? ""
    }
}
