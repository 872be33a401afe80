import Basics
import LabReport
import FoundationEssentials
import Glibc
import LabCore
import LinuxProcess
import Timing

/// The built `lab`, run as a user would.
final class LabProcess: Sendable {
    let process: ChildProcess
    /// A folder of the test's own, removed with this object.
    let scratch: String
    var output: String { "\(scratch)/evidence" }

    /// The folder of the built programs: the one that the test runner lies in.
    static var programs: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        let path = String(decoding: buffer[..<max(0, length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    }

    /// The top of the repository.
    static var home: String { #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } }

    static func scenario(_ name: String) -> String { "\(home)/Scenarios/\(name).json" }

    /// - Parameters:
    ///   - arguments: `{output}` stands for the folder for the evidence.
    ///   - wrapper: a command and its first arguments that start the lab in some other way.
    ///   - isLab: false if the wrapper names the program itself.
    init(_ arguments: [String], environment: [String: String] = [:], wrapper: [String] = [], isLab: Bool = true) throws {
        var template = Array("/tmp/warren-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CodedError("test", "mkdtemp: \(errorText(errno))") }
        let scratch = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.scratch = scratch
        chmod(scratch, 0o777)
        let log = open("\(scratch)/terminal", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        defer { close(log) }
        let command =
            wrapper + (isLab ? ["\(Self.programs)/lab"] : [])
            + arguments.map { $0.replacing("{output}", with: "\(scratch)/evidence") }
        var all = currentEnvironment().merging(environment) { $1 }
        if environment["WARREN_HOME"] == nil { all["WARREN_HOME"] = Self.home }
        process = try ChildProcess.spawn(
            ProcessSpec(
                executable: command[0], arguments: Array(command.dropFirst()), environment: all, workingDirectory: scratch,
                standardOutput: log, standardError: log))
    }

    /// What it has written to the terminal so far.
    var terminal: String { (try? String(contentsOfFile: "\(scratch)/terminal", encoding: .utf8)) ?? "" }

    /// Waits for the end; a run that takes longer is killed.
    func finish(within limit: Duration = .seconds(120)) async -> LinuxProcess.ExitStatus? {
        if let status = await process.wait(within: limit) { return status }
        process.signal(SIGKILL)
        return nil
    }

    /// Waits until the terminal shows the text.
    func waitFor(_ text: String, within limit: Duration = .seconds(60)) async throws {
        let deadline = MonotonicTime.now + limit
        while !terminal.contains(text) {
            guard MonotonicTime.now < deadline, process.status == nil else {
                throw CodedError("test", "no \"\(text)\" on the terminal:\n\(terminal)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func report() throws -> Report {
        try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(filePath: "\(output)/report.json")))
    }

    deinit {
        process.signal(SIGKILL)
        try? FileManager.default.removeItem(atPath: scratch)
    }
}
