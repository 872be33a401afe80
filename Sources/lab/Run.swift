import ArgumentParser
import Basics
import FoundationEssentials
import Glibc
import LabCore
import LinuxProcess
import Namespaces
import ScenarioModel

/// `lab run`: checks everything that can be checked, then runs each scenario inside namespaces of its own.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run scenarios.",
        discussion: """
            A scenario is named by its path or by its name in the catalogue (see lab list); a folder stands for all in it.
            Without --output the evidence goes to a fresh folder under lab-results/: report.json and logs/MACHINE/SERVICE.log.

            EXAMPLES
              lab run Scenarios/failure.json
              lab run failure partition --output /tmp/evidence
            """)

    @Argument(help: "Scenario files, folders, or names from the catalogue.", completion: .file(extensions: ["json"]))
    var scenarios: [String]

    @Option(
        help: "Folder for the evidence; must be new or empty. With several scenarios, each gets a folder in it.",
        completion: .directory)
    var output: String?

    @Option(help: "Where random choices start, instead of what the file says.")
    var seed: UInt64?

    func run() async throws {
        let files = try Failure.orExit(64) { try scenarios.flatMap { try Catalogue.resolve($0) } }
        // Every file is read before anything is started.
        let parsed = try Failure.orExit(64) { try files.map { ($0, try ScenarioFile.read($0)) } }
        let folder = ProgramFolder.path
        try Failure.orExit(3) {
            _ = try Programs.find(in: folder)
            try Kernel.checkDevices()
        }
        try Failure.orExit(64) { try refuseTwins(parsed.map(\.1.name)) }
        var worst: Int32 = 0
        for (file, scenario) in parsed {
            let evidence = try Failure.orExit(3) {
                try OutputFolder.make(output, scenario: scenario.name, several: parsed.count > 1)
            }
            let code = try Failure.orExit(3) { try isolate(file: file, evidence: evidence) }
            worst = Self.worse(worst, code)
            if code >= 128 { break }
        }
        if worst != 0 { throw ExitCode(worst) }
    }

    private func isolate(file: String, evidence: String) throws(CodedError) -> Int32 {
        var arguments = ["run-inside", file, "--output", evidence]
        if let seed { arguments += ["--seed", "\(seed)"] }
        var environment = currentEnvironment()
        if Isolation.needsUserNamespace { environment["WARREN_LAB_ROOTLESS"] = "1" }
        environment[CaughtSignals.environmentName] = "1"
        environment["WARREN_BIN"] = ProgramFolder.path
        let status = try Isolation.run(
            executable: ProgramFolder.own, arguments: arguments, environment: environment,
            mounts: [.proc, .tmpfs(at: "/run", size: "50%")])
        switch status {
        case .exited(let code): return code
        case .signaled(let number):
            throw CodedError(
                "run.killed",
                "the run of \(file) was killed by signal \(number) and wrote no report; its logs are in \(evidence)/logs")
        }
    }

    /// Of two exit codes, the one that a run of several scenarios ends with: a failed check outweighs all but an interruption.
    static func worse(_ left: Int32, _ right: Int32) -> Int32 {
        func rank(_ code: Int32) -> Int32 {
            switch code {
            case 0: 0
            case 2: 1
            case 3: 2
            case 1: 3
            default: code
            }
        }
        return rank(left) >= rank(right) ? left : right
    }

    private func refuseTwins(_ names: [String]) throws(CodedError) {
        guard output != nil, let twin = names.first(where: { name in names.count { $0 == name } > 1 }) else { return }
        throw CodedError(
            "output",
            "two of the scenarios are named \"\(twin)\", and would write to one folder: leave out --output, or run them singly")
    }
}

/// Where the programs are: beside this one.
enum ProgramFolder {
    /// This program's own absolute path.
    static var own: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        guard length > 0 else { return CommandLine.arguments.first ?? "lab" }
        return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static var path: String {
        if let named = currentEnvironment()["WARREN_BIN"], named.hasPrefix("/") { return named }
        return own.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    }
}
