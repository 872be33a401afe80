import Basics
import ControlProtocol
import CoordinatorCore
import FoundationEssentials
import Glibc
import LinuxProcess
import MeshModel
import Testing

/// The built `warren-coordinator`.
struct Program {
    /// The folder of the built programs: the one that the test runner lies in.
    static var path: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        let runner = String(decoding: buffer[..<max(0, length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return runner.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/warren-coordinator"
    }

    /// Starts it; what it writes goes into `output` and `errors` of the directory.
    static func start(
        _ arguments: [String], in directory: TestDirectory, by program: String = Program.path
    ) throws -> ChildProcess {
        let output = open("\(directory.path)/output", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        let errors = open("\(directory.path)/errors", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer {
            close(output)
            close(errors)
        }
        return try ChildProcess.spawn(
            ProcessSpec(executable: program, arguments: arguments, standardOutput: output, standardError: errors))
    }

    /// Runs it to its end.
    static func run(
        _ arguments: [String], in directory: TestDirectory
    ) async throws -> (code: Int32?, output: String, errors: String) {
        let process = try start(arguments, in: directory)
        let status = await process.wait(within: .seconds(20))
        if status == nil { process.signal(SIGKILL) }
        let files = try directory.files()
        func text(_ name: String) -> String { String(decoding: files[name] ?? [], as: UTF8.self) }
        guard case .exited(let code) = status else { return (nil, text("output"), text("errors")) }
        return (code, text("output"), text("errors"))
    }
}

/// A coordinator that runs as a process of its own.
struct ServedCoordinator {
    let process: ChildProcess
    let url: String
    /// Of its certificate; nil for plain HTTP.
    let pin: CertificatePin?

    /// Returns when its log says that connections are accepted.
    init(data: String, logIn directory: TestDirectory, _ options: [String] = []) async throws {
        let process = try Program.start(["serve", "--data", data, "--listen", "127.0.0.1:0"] + options, in: directory)
        try await self.init(process, logIn: directory)
    }

    /// The same with a file system of its own as its data directory, in a mount namespace of its own.
    ///
    /// - Parameter size: as mount(8) takes it for a tmpfs.
    init(data: String, logIn directory: TestDirectory, onOwnDiskOf size: String) async throws {
        let script = """
            mkdir -m 700 "$1" && mount -t tmpfs -o "mode=700,size=$2" tmpfs "$1" && exec "$3" serve --data "$1" --listen 127.0.0.1:0
            """
        let rights = geteuid() == 0 ? "-m" : "-Urm"
        let unshare = try #require(findExecutable("unshare"))
        let process = try Program.start(
            [rights, "sh", "-c", script, "sh", data, size, Program.path], in: directory, by: unshare)
        try await self.init(process, logIn: directory)
    }

    private init(_ process: ChildProcess, logIn directory: TestDirectory) async throws {
        self.process = process
        (url, pin) = try await within {
            while true {
                let log = String(decoding: try directory.files()["errors"] ?? [], as: UTF8.self)
                if let line = log.split(separator: "\n").first(where: { $0.contains("\"event\":\"coordinator-started\"") }),
                    let address = line.firstMatch(of: #/"listen":"([^"]+)"/#),
                    let scheme = line.firstMatch(of: #/"scheme":"([^"]+)"/#),
                    let pin = line.firstMatch(of: #/"pin":"([^"]+)"/#)
                {
                    return ("\(scheme.1)://\(address.1)", CertificatePin(String(pin.1)))
                }
                guard process.status == nil else { throw CodedError("test", "the coordinator ended: \(log)") }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// Ends it with the signal; how it ended, nil if it did not within two seconds.
    func end(_ signal: Int32) async -> LinuxProcess.ExitStatus? {
        process.signal(signal)
        if let status = await process.wait(within: .seconds(2)) { return status }
        process.signal(SIGKILL)
        return nil
    }
}
