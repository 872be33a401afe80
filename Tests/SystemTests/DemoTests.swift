import Basics
import FoundationEssentials
import Glibc
import LabReport
import Testing

/// The demo, played to nobody.
@Suite(.serialized) struct DemoTests {
    @Test(.timeLimit(.minutes(4))) func playsByItselfWithoutATerminal() async throws {
        try await LivingLabs.with { labs in
            let answer = try await labs.lab(["demo", "--auto", "--pace", "0", "--output", "evidence"], within: .seconds(180))
            #expect(answer.status == .exited(0), "\(answer.text)")
            #expect(!answer.text.contains("\u{1b}"), "no colours in a pipe")
            for scene in ["Join:", "Messages:", "Failure:", "Rejoin:", "Partition:", "The coordinator dies:"] {
                #expect(answer.text.contains(scene), "no \(scene)")
            }
            #expect(answer.text.contains("✓ detection: the coordinator declares it unresponsive ("))
            #expect(answer.text.contains("mesh: 10 of 10 links open"), "\(answer.text)")
            #expect(answer.text.contains("off: cedar"), "\(answer.text)")
            let report = try JSONDecoder().decode(
                Report.self, from: Data(contentsOf: URL(filePath: "\(labs.scratch)/evidence/report.json")))
            #expect(report.outcome == .pass)
        }
    }

    /// The presenter acts out of a pipe; what was changed is put right.
    @Test(.timeLimit(.minutes(4))) func thePresenterActs() async throws {
        try await LivingLabs.with { labs in
            let scenario = """
                {"version": 1, "name": "act", "machines": ["ash", "birch", "cedar"],
                 "steps": [{"start": "coordinator"}, {"start": "all"},
                           {"id": "meet", "title": "they meet", "eventually": {"ping": "all"}, "within": "20s"},
                           {"mark": "play", "title": "The presenter's scene"},
                           {"id": "still", "title": "all of them are still there", "eventually": {"ping": "all"}, "within": "5s"}]}
                """
            try scenario.write(toFile: "\(labs.scratch)/act.json", atomically: true, encoding: .utf8)
            let said = "send ash birch good evening\nkill ceder\nkill cedar\npartition ash\nsend birch ash are you there\nnext\n"
            let answer = try await labs.lab(["demo", "act.json", "--output", "evidence"], input: said, within: .seconds(120))
            #expect(answer.status == .exited(0), "\(answer.text)")
            #expect(answer.text.contains("ash → birch \"good evening\": delivered"), "\(answer.text)")
            #expect(answer.text.contains("Did you mean \"cedar\"?"), "\(answer.text)")
            #expect(answer.text.contains("done: power off cedar") && answer.text.contains("done: partition"), "\(answer.text)")
            #expect(answer.text.contains("(exit code 1)"), "a message to the other side fails: \(answer.text)")
            #expect(answer.text.contains("✓ all of them are still there"), "\(answer.text)")
            let bad = try await labs.lab(["demo", "act.json", "--pace", "-1", "--output", "other"])
            #expect(bad.status == .exited(64) && access("\(labs.scratch)/other", F_OK) != 0, "\(bad.text)")
        }
    }
}
