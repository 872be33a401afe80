import ArgumentParser
import Basics
import CommandSupport
import Glibc
import LabCore
import LinuxProcess
import ScenarioModel
import Timing

/// `lab up`: a lab that stays.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a lab that stays up.",
        discussion: """
            Switches on the machines of a scenario, starts all services, waits until every machine answers every other, and goes to \
            the background. Without a scenario: so many machines of Warren. The lab lives until "lab down"; when its supervisor is \
            killed, the kernel takes everything with it.

            EXAMPLES
              lab up                            three machines, as the lab "lab"
              lab up --machines 10 --name ten
              lab up failure                    a scenario's machines, without its steps
              lab up failure --steps            carry out the steps, then stay so
              lab exec ash -- ping -c 1 birch   then: look around, break things
              lab fault crash birch
              lab status
              lab down
            """)

    @Argument(help: "A scenario, as in lab run.", completion: .custom { _, _, _ in Catalogue.completions })
    var scenario: String?

    @Option(help: "What the lab is called.")
    var name = "lab"

    @Option(help: "Without a scenario: how many machines, 1 to 200.")
    var machines: Int?

    @Flag(help: "Carry out the scenario's steps instead of starting everything.")
    var steps = false

    @Option(help: "Where random choices start, instead of what the file says.")
    var seed: UInt64?

    @Option(name: .customLong("set"), help: ArgumentHelp("Set a parameter of the scenario; repeatable.", valueName: "name=value"))
    var settings: [String] = []

    @Option(help: "Folder for logs; must be new or empty.", completion: .directory)
    var output: String?

    func validate() throws {
        if scenario != nil, machines != nil { throw ValidationError("--machines is for a lab without a scenario") }
        if steps, scenario == nil { throw ValidationError("--steps needs a scenario") }
        if let machines, !(1...200).contains(machines) { throw ValidationError("--machines \(machines): expected 1 to 200") }
    }

    func run() async throws {
        let start = MonotonicTime.now
        let planned = try Failure.orExit(64) { try plan() }
        try Failure.orExit(3) {
            _ = try Programs.find(in: ProgramFolder.path)
            try Kernel.checkDevices()
        }
        // Before a folder is made for it; the supervisor takes the name for good.
        try LiveCommand.orExit {
            if try LiveFolder.names().contains(name) {
                throw CodedError(
                    "lab.taken", "a lab named \"\(name)\" is up: take it down with \"lab down \(name)\", or choose another --name"
                )
            }
        }
        let folder = try Failure.orExit(3) { try OutputFolder.make(output, scenario: name, several: false) }
        let started = try Failure.orExit(3) { () throws -> Supervisor.Started in
            let options = try InsideOptions(planned, output: folder, form: .text, stay: steps ? .steps : .up, name: name)
            let log = try LabLog.open(in: folder)
            defer { close(log) }
            return try Supervisor.start(options, anyName: false, output: log, errors: log)
        }
        let follower = Task { await LogTail.show(LabLog.path(in: folder)) }
        let news = await started.channel.news()
        follower.cancel()
        await follower.value
        guard let news, news.stays == true else {
            let status = await started.process.wait(within: .seconds(30))
            if let error = news?.error { Console.complain(error) }
            Console.complain("the lab did not come up; its logs are in \(folder)")
            throw ExitCode(news?.code ?? status.flatMap(RunEnd.code) ?? 3)
        }
        started.channel.letGo()
        let took = StoryText.fixed((MonotonicTime.now - start).inSeconds, 1)
        print(LabName.advice(name, "The lab \"\(name)\" is up after \(took) s; logs in \(folder). Next:"), terminator: "")
        if news.code != 0 { throw ExitCode(news.code) }
    }

    private func plan() throws -> PlannedRun {
        if let scenario {
            let runs = try PlannedRun.plan([scenario], seed: seed, settings: settings, filter: nil, repetitions: 1)
            guard let only = runs.first, runs.count == 1 else {
                throw CodedError("usage", "\(scenario) holds \(runs.count) scenarios: a lab is made of one")
            }
            return only
        }
        let text = DefaultLab.text(machines: machines ?? 3)
        return PlannedRun(scenario: try Scenario(parsing: text, file: "lab", seed: seed), isRepeated: false)
    }
}

/// The scenario of a lab that was started without one.
enum DefaultLab {
    private static let trees = ["ash", "birch", "cedar", "doum", "elm", "fir", "gum", "hazel"]

    static func text(machines count: Int) -> String {
        let names = (1...count).map { $0 <= trees.count ? trees[$0 - 1] : "m\($0)" }
        return """
            {
              "version": 1,
              "name": "warren-\(count)",
              "title": "\(count) machines of Warren",
              "machines": [\(names.map { "\"\($0)\"" }.joined(separator: ", "))],
              "steps": [{ "start": "coordinator" }, { "start": "all" }]
            }

            """
    }
}

/// Shows a file that grows.
enum LogTail {
    /// Copies what is written to the file to standard output, until the task is cancelled.
    static func show(_ path: String) async {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let isLast = Task.isCancelled
            while true {
                let got = read(file, &buffer, buffer.count)
                guard got > 0 else { break }
                _ = write(STDOUT_FILENO, buffer, got)
            }
            if isLast { return }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }
}
