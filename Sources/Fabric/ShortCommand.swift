import Basics
import Glibc
import LinuxProcess

/// Runs a short command to its end.
enum ShortCommand {
    /// - Parameters:
    ///   - folder: for nameless files, which is what the command reads and writes: nothing can block on them.
    ///   - entry: pidfd of the machine to run on; nil: here.
    /// - Returns: what it wrote to standard output, a megabyte at most.
    /// - Throws: `command.failed` with what it wrote to standard error.
    @discardableResult
    static func run(
        _ executable: String, _ arguments: [String], input: String, in folder: String, namespacesOf entry: Int32? = nil,
        limit: Duration = .seconds(15), isolation: isolated (any Actor)? = #isolation
    ) async throws(CodedError) -> String {
        var files: [Int32] = []
        defer { for file in files { close(file) } }
        for _ in 0..<3 { files.append(try namelessFile(in: folder)) }
        try fill(files[0], input)
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: executable, arguments: arguments, standardInput: files[0], standardOutput: files[1],
                standardError: files[2], namespacesOf: entry))
        guard let status = await process.wait(within: limit) else {
            process.signal(SIGKILL)
            _ = await process.wait(within: .seconds(5))
            throw CodedError("command.failed", "\(executable) did not end within \(DurationText.format(limit))")
        }
        guard status.isSuccess else {
            throw CodedError("command.failed", "\(executable): \(status): \(contents(files[2]))")
        }
        return contents(files[1])
    }

    private static func namelessFile(in folder: String) throws(CodedError) -> Int32 {
        var template = Array("\(folder)/command-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0, unlink(template) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
            throw CodedError("command.failed", "cannot make a temporary file: \(errorText(errno))")
        }
        return descriptor
    }

    private static func fill(_ descriptor: Int32, _ text: String) throws(CodedError) {
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw CodedError("command.failed", "cannot pass input: \(errorText(errno))")
        }
    }

    private static func contents(_ descriptor: Int32) -> String {
        lseek(descriptor, 0, SEEK_SET)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < 1 << 20 {
            let got = read(descriptor, &buffer, buffer.count)
            guard got > 0 else { break }
            bytes += buffer[..<got]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
