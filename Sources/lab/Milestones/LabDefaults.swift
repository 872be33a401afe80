import ArgumentParser
import Basics
import CommandSupport
import LabCore
import ScenarioModel

/// What the lab goes by if nobody says otherwise.
enum LabDefaults {
    /// Runs of `lab milestones` that go on at once.
    static let milestoneJobs = 2

    static let all: [ProgramDefault] = [
        ProgramDefault("recovery", RecoveryPlan().within, "from the healing at the end of a run until everything is together"),
        ProgramDefault("machines", count: Scenario.machineLimit, "the most machines of a scenario"),
        ProgramDefault("language", count: Scenario.languageVersion, "the version of the language of scenarios"),
        ProgramDefault("milestone-jobs", count: milestoneJobs, "runs of lab milestones at once"),
        ProgramDefault("scenario-size", bytes: ScenarioSource.limit, "the largest scenario"),
        ProgramDefault("log-size", bytes: EvidenceFolder.logFileLimit, "what is read of one log for a report"),
        ProgramDefault("logs-size", bytes: EvidenceFolder.logsLimit, "what is read of all logs for a report"),
    ]
}

/// `lab defaults`
struct Defaults: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the bounds and defaults that this build goes by.",
        discussion: """
            EXAMPLES
              lab defaults
              lab defaults --json | jq '.[] | select(.kind == "duration")'
            """, shouldDisplay: false)

    @Flag(help: "Print one line of JSON: an array of name, kind, amount (milliseconds, bytes or a number), text, meaning.")
    var json = false

    func run() throws { try Console.printDefaults(LabDefaults.all, json: json) }
}
