import ArgumentParser
import Basics
import CommandSupport
import Glibc
import LabCore
import LinuxProcess
import ScenarioModel

/// `lab demo`: a run for an audience.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play a scenario for an audience.",
        discussion: """
            Runs a scenario as lab run does, and pauses at each of its marks. On a terminal the mesh is drawn as it changes, and each \
            claim is ticked off with the time that it took. At a pause, Enter or Space goes on, and the presenter may act: what was \
            changed is put right before the run goes on. Other terminals can watch with lab status, lab logs and lab exec. Ends as \
            lab run does, with the same evidence and the same exit codes.

            EXAMPLES
              lab demo                        the catalogue's demo, with a pause at each scene
              lab demo --auto                 goes on by itself after 4 s
              lab demo --auto --pace 0 | cat  lines, without a pause
              lab demo failure                any other scenario

            AT A PAUSE
            \(DemoCommand.helpText.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
            """)

    @Argument(help: "A scenario, as in lab run.", completion: .custom { _, _, _ in Catalogue.completions })
    var scenario = "demo"

    @Flag(help: "Go on by itself after each pause.")
    var auto = false

    @Option(help: ArgumentHelp("With --auto: how long a pause lasts, 0 to 600 seconds.", valueName: "seconds"))
    var pace = 4.0

    @Option(help: "Folder for the evidence; must be new or empty.", completion: .directory)
    var output: String?

    @Option(help: "Where random choices start, instead of what the file says.")
    var seed: UInt64?

    @Option(name: .customLong("set"), help: ArgumentHelp("Set a parameter of the scenario; repeatable.", valueName: "name=value"))
    var settings: [String] = []

    @Flag(help: "Print lines instead of drawing, on a terminal too.")
    var plain = false

    func validate() throws {
        if !(0...600).contains(pace) { throw ValidationError("--pace \(pace): expected 0 to 600 seconds") }
    }

    func run() async throws {
        let planned = try Failure.orExit(64) { () throws -> PlannedRun in
            let runs = try PlannedRun.plan([scenario], seed: seed, settings: settings, filter: nil, repetitions: 1)
            guard let only = runs.first, runs.count == 1 else {
                throw CodedError("usage", "\(scenario) holds \(runs.count) scenarios: one can be played at a time")
            }
            return only
        }
        if let reason = ServicePrograms.complaint(planned.scenario) { throw Failure.report(CodedError("lacking", reason), 4) }
        try Failure.orExit(3) {
            _ = try Programs.find(in: ProgramFolder.path)
            try Kernel.checkDevices()
        }
        let folder = try Failure.orExit(3) { try OutputFolder.make(output, scenario: planned.scenario.name, several: false) }
        let isDrawn = !plain && isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1
        let code = try await LiveCommand.orExit {
            let play = try DemoPlay(planned, folder: folder)
            return try await DemoShow(
                play: play, scenario: planned.scenario, isAuto: auto, pace: .seconds(pace), isDrawn: isDrawn
            ).run()
        }
        if code != 0 { throw ExitCode(code) }
    }
}
