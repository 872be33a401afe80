import ArgumentParser
import Basics

@main
struct Lab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Build networks out of namespaces, run real programs in them, break things, and check what happens.",
        discussion: """
            A scenario is a JSON file: machines, steps, and checks with a bound. Each run lives in private namespaces that the \
            kernel takes down with it, whatever ends it. A living lab is the same without an end: it stays until you take it down.

            EXAMPLES
              lab run Scenarios/failure.json          run one scenario
              lab run failure --output /tmp/evidence  by name, evidence into a folder
              lab run failure partition --seed 7      several, one after the other
              lab demo                                live, for an audience
              lab milestones                          the thirteen weeks: documents, claims, runs
              lab validate Scenarios                  check files without running them
              lab list                                the catalogue
              lab report /tmp/evidence                make report.html again
              lab schema                              the language, for editors
              lab up                                  three machines that stay; then:
              lab exec ash -- ping -c 1 birch
              lab capture ash --output ash.pcapng --for 5s
              lab fault crash birch
              lab status
              lab down

            EXIT CODES
              0   every check passed
              1   a check failed
              2   something could not be shown (inconclusive)
              3   the environment lacks what every run needs, or the run broke off
              4   skipped: what this scenario needs beyond that is not there
              5   something is left of a run that should be gone
              64  bad usage or a bad scenario; nothing was started
              130 interrupted; the report says how far the run came
            """,
        version: Version.current,
        subcommands: [
            Run.self, Demo.self, Milestones.self, Validate.self, List.self, Schema.self, ReportCommand.self, Doctor.self,
            Up.self, StatusCommand.self, ExecCommand.self, ShellCommand.self, LogsCommand.self, CaptureCommand.self,
            FaultCommand.self, CheckCommand.self, Down.self,
            Defaults.self, RunInside.self, Supervise.self, BenchStar.self,
        ])
}
