import Basics
import FoundationEssentials
import Glibc
import LabCore
import LinuxProcess
import Testing
import Timing

/// Living labs of one test, in a folder of their own; whatever the test leaves up is killed.
struct LivingLabs: Sendable {
    /// The test's own folder.
    let scratch: String

    /// What a command came to.
    struct Answer: Sendable {
        var status: LinuxProcess.ExitStatus?
        var text: String
    }

    static func with(_ body: (LivingLabs) async throws -> Void) async throws {
        var template = Array("/tmp/warren-live-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CodedError("test", "mkdtemp: \(errorText(errno))") }
        let labs = LivingLabs(scratch: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
        do {
            try await body(labs)
        } catch {
            _ = try await labs.lab(["down", "--all", "--now"])
            try? FileManager.default.removeItem(atPath: labs.scratch)
            throw error
        }
        _ = try await labs.lab(["down", "--all", "--now"])
        try? FileManager.default.removeItem(atPath: labs.scratch)
    }

    var environment: [String: String] {
        var environment = currentEnvironment()
        environment["XDG_RUNTIME_DIR"] = scratch
        environment["WARREN_HOME"] = LabProcess.home
        return environment
    }

    /// Starts `lab`.
    func start(_ arguments: [String], input: Int32? = nil, output: Int32) throws -> ChildProcess {
        try ChildProcess.spawn(
            ProcessSpec(
                executable: "\(LabProcess.programs)/lab", arguments: arguments, environment: environment,
                workingDirectory: scratch,
                standardInput: input, standardOutput: output, standardError: output))
    }

    /// Runs `lab` to its end; standard error goes where standard output goes.
    func lab(_ arguments: [String], input: String = "", within limit: Duration = .seconds(60)) async throws -> Answer {
        let name = "\(scratch)/terminal-\(RandomBytes.hex(6))"
        let output = open(name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        let source = open("\(name)-in", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer {
            close(output)
            close(source)
        }
        _ = write(source, input, input.utf8.count)
        lseek(source, 0, SEEK_SET)
        let process = try start(arguments, input: source, output: output)
        let status = await process.wait(within: limit)
        if status == nil { process.signal(SIGKILL) }
        return Answer(status: status, text: (try? String(contentsOfFile: name, encoding: .utf8)) ?? "")
    }

    /// The process outside that a lab lives and dies with.
    func supervisor(_ name: String) throws -> Int32 {
        let peer = try DescriptorSocket.connect(to: "\(scratch)/warren-lab/\(name).sock").peer()
        return try #require(peer?.pid)
    }

    /// The status of the only lab that is up.
    func status() async throws -> LiveStatus {
        let answer = try await lab(["status", "--json"])
        return try JSONDecoder().decode(LiveStatus.self, from: Data(answer.text.utf8))
    }

    /// What is left of a lab's processes, at most so long after.
    static func leftovers(_ footprint: Footprint, within limit: Duration) async throws -> [String] {
        let deadline = MonotonicTime.now + limit
        while !footprint.remains().isEmpty, MonotonicTime.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        return footprint.remains()
    }
}
