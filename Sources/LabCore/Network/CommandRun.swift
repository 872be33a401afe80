import Basics
import Glibc
import LinuxProcess

/// Runs a short command to its end.
enum CommandRun {
    /// The most bytes of output that are kept; more is an error, not a truncation.
    static let outputLimit = 64 << 20

    struct Result: Sendable {
        var status: ExitStatus
        var output: String
        var errors: String

        /// How it ended and what it wrote, for a message.
        var complaint: String {
            let text = (errors.isEmpty ? output : errors).trimmingSuffix(while: \.isWhitespace)
            return "\(status)\(text.isEmpty ? "" : ": \(text.prefix(400))")"
        }
    }

    /// - Parameters:
    ///   - namespacesOf: pidfd of the machine to run on; nil: here.
    ///   - limit: after it the command is killed.
    ///   - environment: nil: the lab's own.
    /// - Throws: `command.timeout` if it was still running at the limit, `command.failed` if it could not be started or wrote too much.
    static func run(
        _ executable: String, _ arguments: [String], input: String = "", namespacesOf: Int32? = nil,
        limit: Duration = .seconds(15), environment: [String: String]? = nil
    ) async throws -> Result {
        // Files in memory instead of pipes: nobody has to read while the command runs, and nothing can block.
        let files = try (0..<3).map { _ in try memoryFile() }
        defer { for file in files { close(file) } }
        try fill(files[0], input)
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: executable, arguments: arguments, environment: environment, standardInput: files[0],
                standardOutput: files[1], standardError: files[2], namespacesOf: namespacesOf))
        guard let status = await process.wait(within: limit) else {
            process.signal(SIGKILL)
            _ = await process.wait(within: .seconds(5))
            throw CodedError("command.timeout", "\(executable) did not end within \(DurationText.format(limit))")
        }
        return Result(status: status, output: try contents(files[1]), errors: try contents(files[2]))
    }

    /// The same for a command that must end with 0.
    ///
    /// - Returns: what it wrote to standard output.
    static func require(_ executable: String, _ arguments: [String], input: String) async throws -> String {
        let result = try await run(executable, arguments, input: input)
        guard result.status.isSuccess else {
            throw CodedError("command.failed", "\(executable) \(arguments.joined(separator: " ")): \(result.complaint)")
        }
        return result.output
    }

    /// A file without a name: it is gone once it is closed.
    private static func memoryFile() throws(CodedError) -> Int32 {
        var template = Array("/run/lab-command-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0, unlink(template) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            throw CodedError("command.failed", "cannot make a temporary file: \(errorText(errno))")
        }
        return descriptor
    }

    private static func fill(_ descriptor: Int32, _ text: String) throws(CodedError) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { throw CodedError("command.failed", "cannot pass input: \(errorText(errno))") }
            bytes = bytes.dropFirst(written)
        }
        lseek(descriptor, 0, SEEK_SET)
    }

    private static func contents(_ descriptor: Int32) throws(CodedError) -> String {
        lseek(descriptor, 0, SEEK_SET)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = read(descriptor, &buffer, buffer.count)
            guard got > 0 else { break }
            guard bytes.count + got <= outputLimit else {
                throw CodedError("command.failed", "a command wrote more than \(outputLimit >> 20) MiB")
            }
            bytes += buffer[..<got]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return String(text)
    }
}
