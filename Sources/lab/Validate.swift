import ArgumentParser
import Basics
import ScenarioModel

/// `lab validate`: reads scenarios and says what is wrong with them.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check scenario files without running anything.",
        discussion: """
            Exits with 0 if all are good. Otherwise with 64, after one line on standard error for each file that is not:
            FILE:LINE:COLUMN: what was found, and what is allowed.

            EXAMPLES
              lab validate Scenarios
              lab validate failure --set bound=3s --seed 7
            """)

    @Argument(help: "Scenario files, folders, or names from the catalogue.", completion: .file(extensions: ["json"]))
    var scenarios: [String]

    @OptionGroup var options: ScenarioOptions

    func run() throws {
        let files = try Failure.orExit(64) { try scenarios.flatMap { try Catalogue.resolve($0) } }
        let settings = try Failure.orExit(64) { try options.values() }
        var isGood = true
        for file in files {
            do {
                let scenario = try ScenarioFile.read(file, seed: options.seed, settings: settings)
                print("\(file): good: \(scenario.machines.count) machines, \(scenario.steps.count) steps")
            } catch let error as ScenarioError {
                // Without the program's name before it, so that editors can jump to the place.
                Failure.point(to: error)
                isGood = false
            } catch {
                _ = Failure.report(error, 64)
                isGood = false
            }
        }
        if !isGood { throw ExitCode(64) }
    }
}
