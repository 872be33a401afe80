import Basics
import FoundationEssentials
import Glibc
import LinuxProcess
import Testing

/// The built `warren-agent`.
enum Program {
    /// In the folder that the test runner lies in.
    static var path: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        let runner = String(decoding: buffer[..<max(0, length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return runner.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/warren-agent"
    }

    /// Runs a program to its end; a code of nil means that it had to be killed.
    static func run(
        _ arguments: [String], executable: String = path, in scratch: Scratch, environment: [String: String] = [:]
    ) async throws -> (code: Int32?, output: String, errors: String) {
        let output = try scratch.write("", to: "output")
        let errors = try scratch.write("", to: "errors")
        let descriptors = [output, errors].map { (file: String) in open(file, O_WRONLY | O_APPEND | O_CLOEXEC) }
        defer { for descriptor in descriptors { close(descriptor) } }
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: executable, arguments: arguments,
                environment: currentEnvironment().merging(environment) { $1 }.filter { $0.key != "WARREN_JOIN" },
                standardOutput: descriptors[0], standardError: descriptors[1]))
        let status = await process.wait(within: .seconds(40))
        if status == nil { process.signal(SIGKILL) }
        let texts = [output, errors].map { String(decoding: FileManager.default.contents(atPath: $0) ?? Data(), as: UTF8.self) }
        guard case .exited(let code) = status else { return (nil, texts[0], texts[1]) }
        return (code, texts[0], texts[1])
    }
}
