import Basics
import Glibc
import LinuxProcess

/// Runs a short command to its end.
enum CommandRun {
    /// The most bytes of output that are kept.
    static let outputLimit = 1 << 20

    /// - Parameters:
    ///   - namespacesOf: pidfd of the machine to run on; nil: here.
    ///   - limit: after it the command is killed.
    /// - Returns: what it wrote to standard output.
    /// - Throws: `command.failed` with what it wrote to standard error.
    static func run(
        _ executable: String, _ arguments: [String], input: String, namespacesOf: Int32? = nil, limit: Duration = .seconds(15)
    ) async throws -> String {
        // Files in memory instead of pipes: nobody has to read while the command runs, and nothing can block.
        let files = try (0..<3).map { _ in try memoryFile() }
        defer { for file in files { close(file) } }
        try fill(files[0], input)
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: executable, arguments: arguments, standardInput: files[0], standardOutput: files[1],
                standardError: files[2], namespacesOf: namespacesOf))
        guard let status = await process.wait(within: limit) else {
            process.signal(SIGKILL)
            _ = await process.wait(within: .seconds(5))
            throw CodedError("command.failed", "\(executable) did not end within \(DurationText.format(limit))")
        }
        guard status.isSuccess else {
            throw CodedError(
                "command.failed", "\(executable) \(arguments.joined(separator: " ")): \(status): \(contents(files[2]))")
        }
        return contents(files[1])
    }

    /// A file without a name: it is gone once it is closed.
    private static func memoryFile() throws(CodedError) -> Int32 {
        var template = Array("\(MachineFolders.root)/lab-command-XXXXXX".utf8CString)
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

    private static func contents(_ descriptor: Int32) -> String {
        lseek(descriptor, 0, SEEK_SET)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < outputLimit {
            let got = read(descriptor, &buffer, buffer.count)
            guard got > 0 else { break }
            bytes += buffer[..<got]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
