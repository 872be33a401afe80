import ArgumentParser
import Basics
import CommandSupport
import FoundationEssentials
import Glibc
import LabCore
import LinuxProcess
import ScenarioModel

/// `lab run`: checks everything that can be checked, then runs each scenario inside namespaces of its own.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run scenarios.",
        discussion: """
            A scenario is named by its path or by its name in the catalogue (see lab list); a folder stands for all in it, and \
            /dev/stdin or a pipe will do. Without --output the evidence goes to a fresh folder under lab-results/: report.json, \
            logs/MACHINE/SERVICE.log and more. Of several runs the worst exit code counts.

            EXAMPLES
              lab run Scenarios/failure.json
              lab run failure partition --output /tmp/evidence
              lab run Scenarios --jobs 4           four at a time
              lab run Scenarios --filter part      by name, label, claim, milestone
              lab run failure --repeat 20 --seed 7 with the seeds 7 to 26
              lab run failure --keep-on-failure    if it fails, look around
              lab run failure --json | jq .event   one JSON object a line
            """)

    @Argument(
        help: "Scenario files, folders, or names from the catalogue.", completion: .custom { _, _, _ in Catalogue.completions })
    var scenarios: [String]

    @Option(
        help: "Folder for the evidence; must be new or empty. With several scenarios, each gets a folder in it.",
        completion: .directory)
    var output: String?

    @Option(help: "Where random choices start, instead of what the file says.")
    var seed: UInt64?

    @Option(name: .customLong("set"), help: ArgumentHelp("Set a parameter of the scenario; repeatable.", valueName: "name=value"))
    var settings: [String] = []

    @Option(help: "Run only scenarios whose name, label, claim or milestone contains this; a number is a milestone.")
    var filter: String?

    @Option(help: "How many runs go on at once.")
    var jobs = 1

    @Option(help: "Run each scenario so many times, each time with the next seed and a folder of its own.")
    var `repeat` = 1

    @Flag(help: "Leave the machines of a run that fails as they are, as a living lab that is named after the scenario.")
    var keepOnFailure = false

    @Flag(help: "Print one JSON object a line on standard output: what happens as it happens, and a summary at the end.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print only how each run came out.")
    var quiet = false

    @Option(
        help: ArgumentHelp(
            "Leave steps of this word undone, to see that the lab notices; a control of the lab itself.", valueName: "word"))
    var sabotage: String?

    func validate() throws {
        if !(1...256).contains(jobs) { throw ValidationError("--jobs \(jobs): expected 1 to 256") }
        if !(1...10_000).contains(`repeat`) { throw ValidationError("--repeat \(`repeat`): expected 1 to 10000") }
        if json, quiet { throw ValidationError("--json and --quiet: choose one") }
    }

    func run() async throws {
        // Every file is read before anything is started.
        let planned = try Failure.orExit(64) {
            try PlannedRun.plan(scenarios, seed: seed, settings: settings, filter: filter, repetitions: `repeat`)
        }
        try Failure.orExit(3) {
            _ = try Programs.find(in: ProgramFolder.path)
            try Kernel.checkDevices()
        }
        try Failure.orExit(64) { try refuseTwins(planned) }
        Leftovers.noteLinks()
        let folders = try Failure.orExit(3) { try makeFolders(planned) }
        let queue = RunQueue(
            runs: Array(zip(planned, folders)).map { (run: $0.0, output: $0.1) }, jobs: jobs,
            form: json ? .json : quiet ? .quiet : .text, sabotage: sabotage, keepsFailure: keepOnFailure)
        let summary = RunSummary(await queue.carryOut())
        if json {
            try Console.printJSON(summary)
        } else if planned.count > 1 {
            print(summary.text, terminator: "")
        }
        if summary.exit != 0 { throw ExitCode(summary.exit) }
    }

    /// The folders of all runs, in their order: `seed-N` below the scenario's for repetitions.
    private func makeFolders(_ planned: [PlannedRun]) throws(CodedError) -> [String] {
        let several = Set(planned.map(\.scenario.name)).count > 1
        var bases: [String: String] = [:]
        var folders: [String] = []
        for run in planned {
            guard run.isRepeated else {
                folders.append(try OutputFolder.make(output, scenario: run.scenario.name, several: several))
                continue
            }
            let name = run.scenario.name
            if bases[name] == nil { bases[name] = try OutputFolder.make(output, scenario: name, several: several) }
            let base = bases[name] ?? ""
            folders.append(try OutputFolder.make("\(base)/seed-\(run.scenario.seed)", scenario: name, several: false))
        }
        return folders
    }

    private func refuseTwins(_ planned: [PlannedRun]) throws(CodedError) {
        var seen: Set<String> = []
        for run in planned where !seen.insert("\(run.scenario.name) \(run.scenario.seed)").inserted {
            throw CodedError(
                "output",
                "two of the scenarios are named \"\(run.scenario.name)\", and their results would be mixed up: run them singly")
        }
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
