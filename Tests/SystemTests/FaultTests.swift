import FoundationEssentials
import Glibc
import LabReport
import Testing

/// Every word that does something: it takes effect, which checks of the scenario see independently of the lab's own look, and is undone;
/// and where it is made not to take effect, the lab notices. The scenarios are `Fixtures/faults-*.json`.
@Suite(.serialized) struct FaultTests {
    /// The steps of a word that must be missed when they are left undone. Those that only bring back what was there before are not
    /// among them where there is then nothing to bring back.
    struct Control: Sendable {
        let word: String
        let fixture: String
        let steps: [String]

        init(_ word: String, _ fixture: String, _ steps: String...) {
            self.word = word
            self.fixture = fixture
            self.steps = steps
        }
    }

    static let controls = [
        Control("boot", "power", "boot", "boot-again"),
        Control("start", "start", "start"),
        Control("run", "power", "run", "before"),
        Control("crash", "power", "crash"),
        Control("restart", "power", "restart-machine", "restart-service"),
        Control("kill", "services", "kill-term", "kill", "kill-stop", "kill-hup"),
        Control("stop", "services", "stop"),
        Control("pause", "services", "pause", "pause-machine"),
        Control("resume", "services", "resume", "resume-machine"),
        Control("partition", "partition", "groups", "isolate", "ring", "links"),
        Control("partition", "shapes", "halves", "majority", "bridge", "one-way"),
        Control("partition", "overlap", "first", "second", "cut"),
        Control("block", "block", "block", "block-udp", "block-tcp"),
        Control("impair", "delay", "delay", "jitter", "reorder", "rate"),
        Control("impair", "loss", "loss", "duplicate", "corrupt", "gone"),
        Control("heal", "partition", "heal-groups", "heal-isolate", "heal-ring", "heal-links"),
        Control("heal", "shapes", "heal-halves", "heal-majority", "heal-bridge", "heal-one-way"),
        Control("heal", "block", "heal-block", "heal-block-udp", "heal-block-tcp"),
        Control("heal", "delay", "heal-delay", "heal-jitter", "heal-reorder", "heal-rate"),
        Control("heal", "loss", "heal-loss", "heal-duplicate", "heal-corrupt"),
        Control("heal", "overlap", "heal-first", "heal-second", "heal-cut", "heal-far", "heal-farther"),
        Control("heal", "heal", "heal-all", "heal-cables"),
        Control("unplug", "cables", "unplug"),
        Control("plug", "cables", "plug"),
        Control("flap", "cables", "flap"),
        Control("mtu", "cables", "mtu"),
        Control("roam", "roam", "roam", "roam-site", "roam-switch"),
        Control("nat", "nat", "rebind", "flush", "becomes"),
        Control("disk", "disk", "full", "read-only"),
    ]

    private static let folder = "\(LabProcess.home)/Tests/SystemTests/Fixtures"
    private static var fixtures: [String] { Set(controls.map(\.fixture)).sorted() }

    @Test(.timeLimit(.minutes(8))) func everyWordTakesEffectAndIsUndone() async throws {
        let files = Self.fixtures.map { "\(Self.folder)/faults-\($0).json" }
        let lab = try LabProcess(["run"] + files + ["--jobs", "4", "--output", "{output}"])
        #expect(await lab.finish(within: .seconds(400)) == .exited(0), "\(lab.terminal)")
        for name in Self.fixtures {
            let report = try Self.report("\(lab.output)/faults-\(name)")
            let outcomes = Dictionary(uniqueKeysWithValues: report.checks.map { ($0.id, $0.outcome) })
            for control in Self.controls where control.fixture == name {
                for step in control.steps { #expect(outcomes["\(step)-effect"] == .pass, "\(name): \(step)") }
            }
            // Anything but the lab's own looks.
            #expect(report.checks.contains { $0.outcome == .pass && $0.kind != "built-in" }, "\(name) looks at nothing")
        }
        let engines = try Self.report("\(lab.output)/faults-overlap").environment.engines
        #expect(Set(engines.map(\.fault)) == ["first", "second", "far", "cut", "farther"], "\(engines)")
        #expect(engines.allSatisfy { !$0.engine.isEmpty }, "\(engines)")
    }

    /// Scenarios without checks of their own, so that only the lab's own look can notice. A few words at once: each mostly waits.
    @Test(.timeLimit(.minutes(8))) func whatDidNotTakeEffectIsInconclusive() async throws {
        let longest = "heal"
        let words = [longest] + Set(Self.controls.map(\.word)).subtracting([longest]).sorted()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, word) in words.enumerated() {
                if number >= 3 { try await group.next() }
                group.addTask { try await Self.sabotage(word) }
            }
            try await group.waitForAll()
        }
    }

    private static func sabotage(_ word: String) async throws {
        let controls = controls.filter { $0.word == word }
        let files = try controls.map { try withoutChecks($0.fixture) }
        defer { for file in files { unlink(file) } }
        let lab = try LabProcess(["run"] + files + ["--jobs", "3", "--sabotage", word, "--output", "{output}"])
        #expect(await lab.finish(within: .seconds(300)) == .exited(2), "\(word): \(lab.terminal)")
        for control in controls {
            let report = try report(controls.count > 1 ? "\(lab.output)/faults-\(control.fixture)" : lab.output)
            let missed = Set(report.checks.filter { $0.outcome == .inconclusive }.map(\.id))
            #expect(report.outcome == .inconclusive, "\(word): \(lab.terminal)")
            #expect(missed.isSuperset(of: control.steps.map { "\($0)-effect" }), "\(word): \(lab.terminal)")
            #expect(missed.allSatisfy { $0.hasSuffix("-effect") }, "\(word): \(lab.terminal)")
        }
    }

    /// No word of the language may be left out.
    @Test func everyWordHasAControl() throws {
        let schema = try String(contentsOfFile: "\(LabProcess.home)/docs/scenario.schema.json", encoding: .utf8)
        let words = Set(Self.controls.map(\.word))
        let all: Set = [
            "boot", "start", "kill", "stop", "restart", "crash", "pause", "resume", "run", "partition", "block", "impair", "heal",
            "unplug", "plug", "flap", "mtu", "roam", "nat", "disk",
        ]
        #expect(words == all)
        for word in all { #expect(schema.contains("\"\(word)\""), "\(word) is no word of the language") }
    }

    // MARK: Files

    private static func report(_ folder: String) throws -> Report {
        try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(filePath: "\(folder)/report.json")))
    }

    /// Fixtures have a step in each line: leaves out those that check, and waits only until machines can talk.
    private static func withoutChecks(_ fixture: String) throws -> String {
        let text = try String(contentsOfFile: "\(folder)/faults-\(fixture).json", encoding: .utf8)
        var kept: [Substring] = []
        var isFirstCheck = true
        for line in text.split(separator: "\n") {
            let isCheck = line.hasPrefix("    { \"eventually\"") || line.hasPrefix("    { \"never\"")
            // The first tells that the network is up, which takes the kernel a moment after the cables are.
            if isCheck, !(isFirstCheck && line.contains("\"among\": \"all\"")) { continue }
            if isCheck { isFirstCheck = false }
            if line.hasPrefix("  ]"), let last = kept.popLast() { kept.append(last.hasSuffix(",") ? last.dropLast() : last) }
            kept.append(line)
        }
        var template = Array("/tmp/warren-faults-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        close(descriptor)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try kept.joined(separator: "\n").write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }
}
