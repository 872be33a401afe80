import Basics
import Glibc
import LabCore
import LinuxProcess

/// Between a command, the supervisor that it started, and the lab inside: their standard input is one end of a socket, the command has
/// the other. The command's end is also a leash: if it goes before it lets go, everything goes.
struct SupervisorChannel: Sendable {
    /// What the lab, or its supervisor, says.
    struct News: Codable, Sendable {
        /// The lab is up and will stay.
        var stays: Bool?
        /// Its name, if the supervisor chose another than it was told.
        var name: String?
        /// Why it is not up.
        var error: String?
        /// What the command should end with.
        var code: Int32 = 0
    }

    private let lines: LineSocket

    /// The end at standard input.
    init() { lines = LineSocket(DescriptorSocket(adopting: fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)), limit: 64 << 10) }

    /// The other one.
    init(_ socket: DescriptorSocket) { lines = LineSocket(socket, limit: 64 << 10) }

    /// Tells the command; one that is gone does not hear it.
    func tell(_ news: News) { try? lines.send(news) }

    /// Waits for news; nil: both supervisor and lab have ended.
    func news() async -> News? {
        guard let received = try? await lines.receive(News.self) else { return nil }
        for descriptor in received.descriptors { close(descriptor) }
        return received.value
    }

    /// Lets the lab live on without the command.
    func letGo() { try? lines.socket.send([UInt8(ascii: "D")]) }

    /// In the supervisor: calls the handler, on a thread of its own, when the command goes or lets go.
    static func watchLeash(_ handler: @escaping @Sendable (_ wasLetGo: Bool) -> Void) {
        OwnThread.start {
            var byte: UInt8 = 0
            while true {
                let got = read(STDIN_FILENO, &byte, 1)
                if got < 0, errno == EINTR { continue }
                return handler(got == 1 && byte == UInt8(ascii: "D"))
            }
        }
    }
}

/// What a lab prints that has no terminal any longer.
enum LabLog {
    static func path(in output: String) -> String { "\(output)/lab.log" }

    /// Opens it for appending.
    static func open(in output: String) throws(CodedError) -> Int32 {
        let log = Glibc.open(path(in: output), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard log >= 0 else { throw CodedError("output", "cannot write \(path(in: output)): \(errorText(errno))") }
        return log
    }

    /// Makes it this process's standard output and standard error.
    static func takeOver(in output: String) throws(CodedError) {
        let log = try open(in: output)
        defer { close(log) }
        guard dup2(log, STDOUT_FILENO) >= 0, dup2(log, STDERR_FILENO) >= 0 else {
            throw CodedError("output", "cannot use \(path(in: output)): \(errorText(errno))")
        }
    }
}
