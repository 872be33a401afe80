import Basics
import FoundationEssentials
import Glibc
import LabCore
import LinuxProcess
import Testing
import Timing

/// The options of `lab run`.
@Suite(.serialized) struct RunOptionTests {
    private let two = """
        {"version": 1, "name": "two", "machines": ["ash", "birch"], "seed": 5,
         "steps": [{"start": "coordinator"}, {"start": "all"}, {"id": "meet", "eventually": {"ping": "all"}, "within": "20s"}]}
        """
    private let falseExpectation = "\(LabProcess.home)/Tests/SystemTests/Fixtures/false-expectation.json"

    /// A line of `lab run --json`.
    private struct Line: Decodable {
        struct Run: Decodable { var seed: Int }
        struct Check: Decodable { var id: String }
        var event: String
        var passed: Int?
        var runs: [Run]?
        var check: Check?
    }

    @Test(.timeLimit(.minutes(2))) func repetitionsHaveSeedsAndFoldersOfTheirOwn() async throws {
        try await LivingLabs.with { labs in
            let answer = try await labs.lab(
                ["run", "/dev/stdin", "--repeat", "2", "--jobs", "2", "--output", "evidence", "--json"], input: two)
            #expect(answer.status == .exited(0), "\(answer.text)")
            let lines = try answer.text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
            let summary = try #require(lines.last)
            #expect(summary.event == "summary" && summary.passed == 2)
            #expect(summary.runs?.map(\.seed) == [5, 6])
            for seed in [5, 6] { #expect(access("\(labs.scratch)/evidence/seed-\(seed)/report.json", F_OK) == 0) }
            #expect(lines.count { $0.event == "end" } == 2)
            #expect(lines.count { $0.event == "check" && $0.check?.id == "meet" } == 2)
        }
    }

    /// In a pipe each story stands whole, not mixed with the other.
    @Test(.timeLimit(.minutes(3))) func runsAtOnceTellTheirStoriesOneAfterTheOther() async throws {
        try await LivingLabs.with { labs in
            try two.write(toFile: "\(labs.scratch)/two.json", atomically: true, encoding: .utf8)
            let answer = try await labs.lab(["run", "two.json", falseExpectation, "--jobs", "2", "--output", "evidence"])
            #expect(answer.status == .exited(1), "\(answer.text)")
            #expect(answer.text.contains("1 of 2 runs passed"))
            let stories = answer.text.split(separator: "\n").filter {
                $0.hasPrefix("two") || $0.hasPrefix("false-expectation:") || $0.contains("checks passed")
            }
            // Each header is followed by its own footer.
            #expect(
                stories.count == 4 && stories[1].contains("checks passed") && stories[3].contains("checks passed"), "\(stories)")
        }
    }

    @Test(.timeLimit(.minutes(2))) func aFailedRunsMachinesStayIfAsked() async throws {
        try await LivingLabs.with { labs in
            let answer = try await labs.lab(["run", falseExpectation, "--keep-on-failure", "--output", "evidence"])
            #expect(answer.status == .exited(1), "\(answer.text)")
            #expect(answer.text.contains("lab down false-expectation"))
            let status = try await labs.status()
            #expect(status.lab.name == "false-expectation" && status.lab.state == .kept)
            #expect(try await labs.lab(["exec", "ash", "--", "true"]).status == .exited(0))
            let footprint = Footprint(below: try labs.supervisor("false-expectation"))
            #expect(try await labs.lab(["down"]).status == .exited(0))
            #expect(try await LivingLabs.leftovers(footprint, within: .seconds(1)).isEmpty)
            // A run that passes keeps nothing.
            #expect(
                try await labs.lab(["run", "/dev/stdin", "--keep-on-failure", "--output", "other"], input: two).status
                    == .exited(0))
            #expect(try await labs.lab(["status"]).status == .exited(3))
        }
    }

    /// Until it has failed, such a run goes with the command like any other.
    @Test(.timeLimit(.minutes(2))) func aRunThatMayStayDiesWithItsCommand() async throws {
        let lab = try LabProcess(
            ["run", LabProcess.scenario("failure"), "--keep-on-failure", "--output", "{output}"],
            environment: ["XDG_RUNTIME_DIR": "/tmp/warren-none-\(RandomBytes.hex(6))"])
        // There is no such folder: it says so, and nothing starts.
        #expect(await lab.finish() == .exited(64), "\(lab.terminal)")
        try await LivingLabs.with { labs in
            let output = open("\(labs.scratch)/run", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            defer { close(output) }
            for signal in [SIGKILL, SIGINT] {
                let run = try labs.start(
                    ["run", "failure", "--keep-on-failure", "--output", "evidence-\(signal)"], output: output)
                let deadline = MonotonicTime.now + .seconds(20)
                while Footprint(below: run.pid).networkNamespaces.count < 4, MonotonicTime.now < deadline {
                    try await Task.sleep(for: .milliseconds(5))
                }
                let footprint = Footprint(below: run.pid)
                run.signal(signal)
                let status = await run.wait(within: .seconds(20))
                #expect(status == (signal == SIGINT ? .exited(130) : .signaled(SIGKILL)))
                #expect(try await LivingLabs.leftovers(footprint, within: .seconds(1)).isEmpty)
            }
            #expect(try await labs.lab(["status"]).status == .exited(3))
        }
    }

    /// What ran lies in the evidence, resolved, and runs again as it is.
    @Test(.timeLimit(.minutes(2))) func aScheduleHoldsWhatWasSetAndRunsAgain() async throws {
        let text = """
            {"version": 1, "name": "set", "labels": ["nightly"], "parameters": {"wait": "1ms"}, "machines": ["ash", "birch"],
             "steps": [{"start": "coordinator"}, {"start": "all"}, {"eventually": {"ping": "all"}, "within": "${wait}"}]}
            """
        try await LivingLabs.with { labs in
            #expect(try await labs.lab(["run", "/dev/stdin", "--quiet", "--output", "a"], input: text).status == .exited(1))
            let set = ["run", "/dev/stdin", "--set", "wait=19s", "--filter", "nightly", "--quiet", "--output", "b"]
            #expect(try await labs.lab(set, input: text).status == .exited(0))
            #expect(try await labs.lab(["run", "b/schedule.json", "--quiet", "--output", "c"]).status == .exited(0))
            let schedules = try ["b", "c"].map {
                try String(contentsOfFile: "\(labs.scratch)/\($0)/schedule.json", encoding: .utf8)
            }
            #expect(schedules[0].contains("19s") && schedules[0] == schedules[1])
        }
    }

    @Test(.timeLimit(.minutes(1))) func filtersChooseByNameAndNumber() async throws {
        try await LivingLabs.with { labs in
            let none = try await labs.lab(["run", "failure", "partition", "--filter", "nothing-like-it"])
            #expect(none.status == .exited(64) && none.text.contains("There are: failure, partition"), "\(none.text)")
            #expect(try await labs.lab(["run", "failure", "--jobs", "0"]).status == .exited(64))
            #expect(try await labs.lab(["run", "failure", "--set", "novalue"]).status == .exited(64))
        }
    }

    /// Somebody holds a namespace of the run: that is told, and is an exit code of its own.
    @Test(.timeLimit(.minutes(2)), .enabled(if: geteuid() == 0 && findExecutable("nsenter") != nil)) func whatIsLeftIsTold()
        async throws
    {
        let lab = try LabProcess(["run", LabProcess.scenario("partition"), "--output", "{output}"])
        try await lab.waitFor("start")
        let inside = try #require(Footprint(below: lab.process.pid).processes.min())
        let nsenter = try #require(findExecutable("nsenter"))
        let sleeper = try ChildProcess.spawn(
            ProcessSpec(executable: nsenter, arguments: ["-t", "\(inside)", "-n", "sleep", "600"]))
        defer { sleeper.signal(SIGKILL) }
        #expect(await lab.finish() == .exited(5), "\(lab.terminal)")
        #expect(lab.terminal.contains("process \(sleeper.pid) in the run's net namespace"), "\(lab.terminal)")
    }

    @Test(.timeLimit(.minutes(3))) func killedAtRandomInstantsItLeavesNothing() async throws {
        try await LivingLabs.with { labs in
            for (count, signal, expected) in [("5", "KILL", 0 as Int32), ("1", "STOP", 1)] {
                var environment = labs.environment
                environment["LAB"] = "\(LabProcess.programs)/lab"
                environment["SIGNAL"] = signal
                environment["SEED"] = "\(UInt16.random(in: .min ... .max))"
                let output = open("\(labs.scratch)/soak", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
                defer { close(output) }
                let soak = try ChildProcess.spawn(
                    ProcessSpec(
                        executable: "\(LabProcess.home)/Tests/Soak/kill-the-lab", arguments: [count], environment: environment,
                        standardOutput: output, standardError: output))
                let status = await soak.wait(within: .seconds(120))
                if status == nil { soak.signal(SIGKILL) }
                #expect(
                    status == .exited(expected), "\((try? String(contentsOfFile: "\(labs.scratch)/soak", encoding: .utf8)) ?? "")"
                )
            }
        }
    }
}
