import ArgumentParser
import Basics
import CommandSupport
import LabCore
import LabReport

/// `lab fault`: a step of the language, now.
struct FaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault",
        abstract: "Carry out a step of the scenario language in a living lab.",
        discussion: """
            WORD VALUE and --FIELD VALUE mean what they mean in a scenario's step: {"WORD": VALUE, "FIELD": VALUE}. A VALUE that is JSON \
            is taken as it is, any other is a text. If the lab can see by itself whether the step took effect, it says so; a step that \
            did not ends with 2.

            EXAMPLES
              lab fault crash ash
              lab fault start ash
              lab fault kill ash/agent --signal TERM
              lab fault partition '{"name": "p", "groups": [["ash"], ["birch", "cedar"]]}'
              lab fault heal p
              lab fault heal all
            """)

    @OptionGroup var choice: LabChoice

    @Flag(help: "Print what came of it as one JSON object.")
    var json = false

    @Argument(
        parsing: .captureForPassthrough, help: ArgumentHelp("The step: WORD VALUE [--FIELD VALUE …]", valueName: "word value"))
    var words: [String]

    func run() async throws {
        if LiveStep.asksForHelp(words) { throw CleanExit.helpRequest(Self.self) }
        try await LiveStep.carryOut(words, choice, isJSON: json)
    }
}

/// `lab check`: a check of the language, now.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Carry out a check of the scenario language in a living lab.",
        discussion: """
            The check is a step as it stands in a scenario. Ends with 0 if it passes, 1 if it fails, 2 if it cannot be told.

            EXAMPLES
              lab check '{"eventually": {"ping": "all"}, "within": "2s"}'
              lab check '{"always": {"ping": {"from": "ash", "to": "birch"}}, "for": "10s"}'
              lab check eventually '{"coordinator": {"sees": "ash", "as": "alive"}}' --within 5s
            """)

    @OptionGroup var choice: LabChoice

    @Flag(help: "Print what came of it as one JSON object.")
    var json = false

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("The check, as JSON or as WORD VALUE [--FIELD VALUE …]", valueName: "check"))
    var words: [String]

    func run() async throws {
        if LiveStep.asksForHelp(words) { throw CleanExit.helpRequest(Self.self) }
        try await LiveStep.carryOut(words, choice, isJSON: json)
    }
}

/// A step in a living lab.
enum LiveStep {
    private struct Result: Codable {
        var step: String
        var said: String
        var results: [Report.CheckResult]
    }

    /// Words that follow are the step's, so that the parser leaves this to us.
    static func asksForHelp(_ words: [String]) -> Bool { ["--help", "-h"].contains(words.first ?? "") }

    static func carryOut(_ words: [String], _ choice: LabChoice, isJSON: Bool) async throws {
        try await LiveCommand.orExit {
            let words = words.first == "--" ? Array(words.dropFirst()) : words
            var request = LiveRequest(.step)
            let step = words.count == 1 && words[0].contains("{") ? words[0] : try StepWords.step(words)
            request.step = step
            let client = try choice.connect()
            // A check lasts as long as it says.
            let answer = try await client.ask(request, within: nil)
            let results = answer.results ?? []
            if isJSON {
                try Console.printJSON(Result(step: step, said: answer.said ?? "", results: results))
            } else {
                if let said = answer.said, !said.isEmpty { print("done: \(said)") }
                for result in results { ResultText.show(result) }
            }
            let codes = results.map { result -> Int32 in
                switch result.outcome {
                case .pass: 0
                case .fail: 1
                case .inconclusive, .skipped: 2
                case .error: 3
                }
            }
            let code = codes.reduce(0, RunEnd.worse)
            if code != 0 { throw ExitCode(code) }
        }
    }
}
