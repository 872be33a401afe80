import FoundationEssentials
import Glibc
import LabReport
import Testing

/// `lab milestones`, on the project and on copies of it in which something is wrong.
@Suite(.serialized) struct MilestoneTests {
    /// A copy of what the documents' phase reads, removed with this object.
    private final class Project {
        let root: String

        init() throws {
            root = "/tmp/warren-milestones-\(getpid())-\(UInt32.random(in: .min ... .max))"
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
            // Links lead to these, too.
            for name in ["docs", "Scenarios", "README.md", "Tests", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "packaging"] {
                let link = ["docs", "Scenarios", "README.md"].contains(name)
                let from = "\(LabProcess.home)/\(name)"
                if link {
                    try FileManager.default.copyItem(atPath: from, toPath: "\(root)/\(name)")
                } else {
                    try FileManager.default.createSymbolicLink(atPath: "\(root)/\(name)", withDestinationPath: from)
                }
            }
        }

        func edit(_ path: String, _ old: String, _ new: String) throws {
            let text = try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
            try #require(text.contains(old), "\(path) does not hold \(old)")
            try text.replacing(old, with: new).write(toFile: "\(root)/\(path)", atomically: true, encoding: .utf8)
        }

        func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: "\(root)/\(path)") }

        func check(_ arguments: [String] = ["--documents-only"], environment: [String: String] = [:]) throws -> LabProcess {
            try LabProcess(["milestones"] + arguments, environment: environment.merging(["WARREN_HOME": root]) { $1 })
        }

        deinit { try? FileManager.default.removeItem(atPath: root) }
    }

    @Test(.timeLimit(.minutes(1))) func documentsScenariosAndProgramsFitTogether() async throws {
        let lab = try LabProcess(["milestones", "--documents-only"])
        #expect(await lab.finish() == .exited(0), "\(lab.terminal)")
        #expect(lab.terminal.contains("defaults are as stated"))
    }

    @Test(.timeLimit(.minutes(2))) func whatIsBrokenTurnsItRed() async throws {
        let cases: [(what: String, of: (Project) throws -> Void)] = [
            (
                "no check of any scenario answers for the claim lost-coordinator-kept",
                {
                    try $0.edit(
                        "Scenarios/week-06.json", "\"claims\": [\"lost-coordinator-kept\"]", "\"claims\": [\"heard-is-alive\"]")
                }
            ),
            (
                "names the claim \"health-answer\", which no document states. Did you mean \"health-answers\"?",
                { try $0.edit("Scenarios/week-01.json", "health-answers", "health-answer") }
            ),
            ("docs/failure.md:1: there is no such document: week 8 owes it", { try $0.remove("docs/failure.md") }),
            (
                "it says 4 s where the program has 3s (coordinator.suspect-after)",
                {
                    try $0.edit(
                        "docs/liveness.md", "(3 s<!-- default: coordinator.suspect-after -->)",
                        "(4 s<!-- default: coordinator.suspect-after -->)")
                }
            ),
            (
                "there is no section #assumptions in it: week 1 owes it",
                { try $0.edit("docs/scope.md", "## Assumptions", "## What is assumed") }
            ),
            ("Scenarios/week-04.json:1: there is no such scenario", { try $0.remove("Scenarios/week-04.json") }),
        ]
        for (what, break_) in cases {
            let project = try Project()
            try break_(project)
            let lab = try project.check()
            #expect(await lab.finish() == .exited(1), "\(lab.terminal)")
            #expect(lab.terminal.contains(what), "\(lab.terminal)")
            #expect(lab.terminal.contains("nothing was run"))
        }
    }

    /// The programs are asked: here one that tells another default.
    @Test(.timeLimit(.minutes(1))) func aChangedDefaultTurnsItRed() async throws {
        let project = try Project()
        let programs = "\(project.root)/programs"
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
        for name in ["warren-agent", "warren-messenger"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(programs)/\(name)", withDestinationPath: "\(LabProcess.programs)/\(name)")
        }
        let shim = "#!/bin/sh\n\(LabProcess.programs)/warren-coordinator \"$@\" | sed 's/\"amount\":6000,/\"amount\":7000,/'\n"
        try shim.write(toFile: "\(programs)/warren-coordinator", atomically: true, encoding: .utf8)
        chmod("\(programs)/warren-coordinator", 0o755)
        let lab = try project.check(environment: ["WARREN_BIN": programs])
        #expect(await lab.finish() == .exited(1), "\(lab.terminal)")
        #expect(
            lab.terminal.contains("docs/liveness.md:") && lab.terminal.contains("(coordinator.unresponsive-after)"),
            "\(lab.terminal)")
    }

    private struct Results: Decodable {
        struct Week: Decodable {
            struct Claim: Decodable {
                var id: String
                var outcome: String
            }
            var week: Int
            var outcome: String
            var claims: [Claim]
        }
        var outcome: String
        var weeks: [Week]
    }

    private func results(_ lab: LabProcess) throws -> Results {
        try JSONDecoder().decode(Results.self, from: Data(contentsOf: URL(filePath: "\(lab.output)/milestones.json")))
    }

    @Test(.timeLimit(.minutes(3))) func aWeekHolds() async throws {
        let lab = try LabProcess(["milestones", "--week", "1", "--output", "{output}"])
        #expect(await lab.finish() == .exited(0), "\(lab.terminal)")
        #expect(lab.terminal.contains("HELD  Week 1: bootstrap and scope") && lab.terminal.contains("1 of 1 milestones hold"))
        let results = try results(lab)
        #expect(results.outcome == "held" && results.weeks.map(\.week) == Array(1...13))
        #expect(results.weeks.map(\.outcome) == ["held"] + Array(repeating: "not-selected", count: 12))
        for file in ["milestones.html", "junit.xml", "week-01/report.html", "week-01/logs/ash/agent.log"] {
            #expect(access("\(lab.output)/\(file)", R_OK) == 0, "no \(file)")
        }
    }

    @Test(.timeLimit(.minutes(3))) func aClaimThatDoesNotHoldFailsItsWeek() async throws {
        let project = try Project()
        try project.edit("Scenarios/week-01.json", "\"prints\": \"\\\"status\\\":\\\"ok\\\"\"", "\"prints\": \"no such thing\"")
        let lab = try project.check(["--week", "1", "--output", "{output}"])
        #expect(await lab.finish() == .exited(1), "\(lab.terminal)")
        #expect(lab.terminal.contains("FAIL  Week 1") && lab.terminal.contains("FAIL  health-answers"), "\(lab.terminal)")
        let week = try #require(try results(lab).weeks.first)
        #expect(week.outcome == "failed")
        #expect(week.claims.map(\.outcome) == ["failed", "held", "held"])
    }

    @Test(.timeLimit(.minutes(1))) func badUsageIsToldAndNothingIsRun() async throws {
        for arguments in [["--week", "14"], ["--week", "0"], ["--jobs", "0"], ["--documents-only", "--write-excerpts"]] {
            let lab = try LabProcess(["milestones"] + arguments)
            #expect(await lab.finish() == .exited(64), "\(arguments): \(lab.terminal)")
        }
    }
}
