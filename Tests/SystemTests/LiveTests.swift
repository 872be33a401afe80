import Basics
import FoundationEssentials
import Glibc
import LabCore
import LinuxProcess
import Testing
import Timing

/// Labs that stay up, driven as a user would.
@Suite(.serialized) struct LiveTests {
    @Test(.timeLimit(.minutes(2))) func aLabComesUpRunsCommandsAndGoesDown() async throws {
        try await LivingLabs.with { labs in
            let before = try Footprint.surroundings()
            let up = try await labs.lab(["up", "--machines", "2", "--output", "evidence"])
            #expect(up.status == .exited(0), "\(up.text)")
            let status = try await labs.status()
            #expect(status.lab.name == "lab" && status.lab.state == .up)
            #expect(status.machines.map(\.name) == ["coordinator", "ash", "birch"])
            #expect(
                status.machines.allSatisfy { machine in
                    machine.isOn && machine.services.allSatisfy { $0.isRunning && $0.pid != nil }
                })
            #expect(status.reachability.answered == 2 && status.reachability.silent.isEmpty)

            let answer = try await labs.lab(
                ["exec", "ash", "--", "sh", "-c", "hostname; cat; echo to stderr >&2; exit 7"], input: "typed\n")
            #expect(answer.status == .exited(7))
            #expect(answer.text == "ash\ntyped\nto stderr\n")
            #expect(try await labs.lab(["exec", "ash", "--", "sh", "-c", "kill -9 $$"]).status == .exited(137))
            #expect(try await labs.lab(["exec", "ash", "--", "no-such-program"]).status == .exited(3))

            let agent = try await labs.lab(["exec", "ash", "--", "sh", "-c", "warren-agent status"])
            #expect(agent.status == .exited(0) && agent.text.contains("birch"), "\(agent.text)")
            #expect(try await labs.lab(["exec", "ash", "--", "warren-agent", "status"]).status == .exited(0))
            for word in ["fault", "check"] {
                let help = try await labs.lab([word, "--help"])
                #expect(help.status == .exited(0) && help.text.contains("USAGE: lab \(word)"), "\(help.text)")
            }

            let unknown = try await labs.lab(["exec", "ahs", "--", "true"])
            #expect(unknown.status == .exited(64) && unknown.text.contains("Did you mean \"ash\"?"))
            #expect(try await labs.lab(["up"]).status == .exited(64), "the name is taken")

            let footprint = Footprint(below: try labs.supervisor("lab"))
            #expect(footprint.processes.count > 8 && footprint.networkNamespaces.count == 4)
            let down = try await labs.lab(["down"])
            #expect(down.status == .exited(0), "\(down.text)")
            #expect(down.text.contains("everything ended by itself, nothing left"))
            #expect(try await LivingLabs.leftovers(footprint, within: .seconds(1)).isEmpty)
            #expect(try Footprint.surroundings() == before)
            #expect(access("\(labs.scratch)/evidence/report.json", F_OK) == 0)

            let gone = try await labs.lab(["exec", "ash", "--", "true"])
            #expect(gone.status == .exited(3) && gone.text.contains("lab up"), "\(gone.text)")
        }
    }

    @Test(.timeLimit(.minutes(2))) func signalsReachACommandAndItDiesWithItsCaller() async throws {
        try await LivingLabs.with { labs in
            #expect(try await labs.lab(["up", "--machines", "1"]).status == .exited(0))
            let file = "\(labs.scratch)/command"
            let output = open(file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            defer { close(output) }
            func text() -> String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }
            let script = "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.02; done"
            let process = try labs.start(["exec", "ash", "--", "sh", "-c", script], output: output)
            try await eventually("the command runs") { text().contains("ready") }
            process.signal(SIGINT)
            #expect(await process.wait(within: .seconds(10)) == .exited(5))
            #expect(text().contains("caught"))

            let supervisor = try labs.supervisor("lab")
            func isAsleep() -> Bool {
                Footprint(below: supervisor).processes.contains { pid in
                    ((try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? "").hasSuffix("sleep\01000\0")
                }
            }
            let second = try labs.start(["exec", "ash", "--", "sleep", "1000"], output: output)
            try await eventually("it runs") { isAsleep() }
            second.signal(SIGKILL)
            try await eventually("it is gone") { !isAsleep() }
        }
    }

    @Test(.timeLimit(.minutes(2))) func aFaultIsSeenAndUndone() async throws {
        try await LivingLabs.with { labs in
            #expect(try await labs.lab(["up", "--machines", "3"]).status == .exited(0))
            let cut = try await labs.lab([
                "fault", "partition", "{\"name\": \"p\", \"groups\": [[\"ash\"], [\"birch\", \"cedar\"]]}",
            ])
            #expect(cut.status == .exited(0), "\(cut.text)")
            let divided = try await labs.status()
            #expect(divided.faults.map(\.name) == ["p"])
            #expect(divided.reachability.silent["ash"]?.sorted() == ["birch", "cedar"] && divided.reachability.answered == 2)
            let wrong = try await labs.lab(["fault", "heal", "q"])
            #expect(wrong.status == .exited(64) && wrong.text.contains("did you mean \"p\"?"), "\(wrong.text)")
            #expect(try await labs.lab(["fault", "heal", "p"]).status == .exited(0))

            #expect(try await labs.lab(["fault", "crash", "ash"]).status == .exited(0))
            let off = try await labs.status()
            #expect(off.machines.first { $0.name == "ash" }?.isOn == false)
            let refused = try await labs.lab(["exec", "ash", "--", "true"])
            #expect(refused.status == .exited(3) && refused.text.contains("ash is off"))
            #expect(try await labs.lab(["fault", "start", "ash"]).status == .exited(0))
            let check = try await labs.lab(["check", "{\"eventually\": {\"ping\": \"all\"}, \"within\": \"20s\"}"])
            #expect(check.status == .exited(0), "\(check.text)")
            #expect(try await labs.lab(["check", "never", "{\"ping\": \"all\"}", "--for", "200ms"]).status == .exited(1))
            #expect(try await labs.status().machines.allSatisfy(\.isOn))
        }
    }

    @Test(.timeLimit(.minutes(2))) func logsAreMergedAndFollowed() async throws {
        try await LivingLabs.with { labs in
            #expect(try await labs.lab(["up", "--machines", "2"]).status == .exited(0))
            let all = try await labs.lab(["logs", "--json"])
            let times = try all.text.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8)).time
            }
            #expect(times.count > 10 && times == times.sorted())
            let one = try await labs.lab(["logs", "birch/agent"])
            #expect(one.text.contains("birch/agent") && !one.text.contains("ash/agent"))
            #expect(try await labs.lab(["logs", "brich"]).status == .exited(64))

            let file = "\(labs.scratch)/followed"
            let output = open(file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            defer { close(output) }
            let follower = try labs.start(["logs", "-f", "ash"], output: output)
            func text() -> String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }
            func starts() -> Int { text().split(separator: "\n").count { $0.contains("agent-started") } }
            try await eventually("the past is shown") { starts() == 1 }
            #expect(try await labs.lab(["fault", "restart", "ash/agent"]).status == .exited(0))
            try await eventually("the present is shown") { starts() == 2 }
            #expect(try await labs.lab(["down"]).status == .exited(0))
            #expect(await follower.wait(within: .seconds(5)) == .exited(0), "it ends with the lab")
        }
    }

    @Test(.timeLimit(.minutes(2))) func twoLabsDoNotMeet() async throws {
        try await LivingLabs.with { labs in
            for name in ["one", "two"] {
                #expect(try await labs.lab(["up", "--name", name, "--machines", "2", "--output", name]).status == .exited(0))
            }
            let which = try await labs.lab(["exec", "ash", "--", "true"])
            #expect(which.status == .exited(64) && which.text.contains("one, two"))
            #expect(try await labs.lab(["fault", "--lab", "one", "crash", "ash"]).status == .exited(0))
            #expect(try await labs.lab(["exec", "--lab", "one", "ash", "--", "true"]).status == .exited(3))
            #expect(try await labs.lab(["exec", "--lab", "two", "ash", "--", "true"]).status == .exited(0))
            let list = try await labs.lab(["status"])
            #expect(list.text.contains("one") && list.text.contains("two"))
            #expect(try await labs.lab(["down", "one"]).status == .exited(0))
            #expect(try await labs.status().lab.name == "two")
        }
    }

    /// Whoever dies, the lab goes with its supervisor, and its name is free again.
    @Test(.timeLimit(.minutes(2)), arguments: [true, false]) func killNineLeavesNothing(byCommand: Bool) async throws {
        try await LivingLabs.with { labs in
            let before = try Footprint.surroundings()
            #expect(try await labs.lab(["up", "--machines", "2"]).status == .exited(0))
            let supervisor = try labs.supervisor("lab")
            let footprint = Footprint(below: supervisor)
            #expect(footprint.networkNamespaces.count == 4)
            if byCommand {
                #expect(try await labs.lab(["down", "--now"]).status == .exited(0))
            } else {
                kill(supervisor, SIGKILL)
            }
            #expect(try await LivingLabs.leftovers(footprint, within: .seconds(1)).isEmpty)
            #expect(try Footprint.surroundings() == before)
            #expect(try await labs.lab(["status"]).status == .exited(3))
            #expect(access("\(labs.scratch)/warren-lab/lab.sock", F_OK) != 0, "the dead lab's socket is removed")
            #expect(try await labs.lab(["up", "--machines", "1"]).status == .exited(0))
        }
    }

    /// `lab up` is a leash until the lab is up.
    @Test(.timeLimit(.minutes(2))) func aLabWhoseStartIsKilledDoesNotStay() async throws {
        try await LivingLabs.with { labs in
            let output = open("\(labs.scratch)/up", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            defer { close(output) }
            let up = try labs.start(["up", "--machines", "30"], output: output)
            try await eventually("machines are being started") { Footprint(below: up.pid).networkNamespaces.count > 3 }
            let footprint = Footprint(below: up.pid)
            up.signal(SIGKILL)
            #expect(try await LivingLabs.leftovers(footprint, within: .seconds(2)).isEmpty)
            #expect(try await labs.lab(["status"]).status == .exited(3))
        }
    }

    private struct Line: Decodable {
        var time: String
        var machine: String
        var service: String
    }

    private func eventually(_ what: String, within limit: Duration = .seconds(20), _ condition: () -> Bool) async throws {
        let deadline = MonotonicTime.now + limit
        while !condition() {
            guard MonotonicTime.now < deadline else { throw CodedError("test", "not within \(limit): \(what)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
