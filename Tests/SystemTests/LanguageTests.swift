import Foundation
import Testing

/// The language as the built `lab` speaks it.
@Suite struct LanguageTests {
    /// Each broken scenario gets its line, whatever is wrong with the others.
    @Test(.timeLimit(.minutes(1))) func validateTellsOfEveryBrokenScenario() async throws {
        let folder = "\(LabProcess.home)/Tests/BrokenScenarios"
        let lab = try LabProcess(["validate", folder])
        #expect(await lab.finish() == .exited(64))
        let texts = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".txt") }.sorted()
        let expected = try texts.map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }
        #expect(lab.terminal.replacing("\(folder)/", with: "") == expected.joined())
        #expect(texts.count >= 45)
    }

    @Test(.timeLimit(.minutes(1))) func schemaIsTheCommittedOne() async throws {
        let lab = try LabProcess(["schema"])
        #expect(await lab.finish() == .exited(0))
        #expect(try lab.terminal == String(contentsOfFile: "\(LabProcess.home)/docs/scenario.schema.json", encoding: .utf8))
    }

    @Test(.timeLimit(.minutes(1))) func settingsReachTheScenario() async throws {
        let bad = try LabProcess(["validate", LabProcess.scenario("failure"), "--set", "bond=3s"])
        #expect(await bad.finish() == .exited(64))
        #expect(bad.terminal.contains("failure.json:1:1: there is no parameter \"bond\""))
        let worse = try LabProcess(["validate", LabProcess.scenario("failure"), "--set", "bond"])
        #expect(await worse.finish() == .exited(64))
        #expect(worse.terminal.contains("expected NAME=VALUE"))
    }

    @Test(.timeLimit(.minutes(1))) func listHasALineForEachScenario() async throws {
        let lab = try LabProcess(["list", "--json"])
        #expect(await lab.finish() == .exited(0))
        struct Entry: Decodable { var name: String, machines: Int?, labels: [String], error: String? }
        let entries = try JSONDecoder().decode([Entry].self, from: Data(lab.terminal.utf8))
        #expect(entries.contains { $0.name == "failure" && $0.machines == 5 && $0.error == nil })
    }
}
