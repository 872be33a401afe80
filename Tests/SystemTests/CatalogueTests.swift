import Basics
import FoundationEssentials
import LabReport
import Testing

/// Everything at the top of Scenarios, at a size that fits.
@Suite(.serialized) struct CatalogueTests {
    /// What other suites run, alone and in more detail; and what has a size of its own, below, or none that fits.
    private static let elsewhere: Set = ["failure", "partition", "demo", "thirty", "messaging-under-failure"]

    private static let names = ((try? FileManager.default.contentsOfDirectory(atPath: "\(LabProcess.home)/Scenarios")) ?? [])
        .filter { $0.hasSuffix(".json") && !$0.hasPrefix("week-") }.map { String($0.dropLast(5)) }.sorted()

    @Test func theCatalogueHasWhatTheDocumentsName() {
        let promised: Set = [
            "failure", "restart", "partition", "one-way-partition", "churn", "coordinator-restart", "rolling-restart",
            "flapping-link", "lossy-link", "wan", "nat", "clone", "thirty", "demo",
        ]
        #expect(promised.isSubset(of: Self.names))
        let table = (try? String(contentsOfFile: "\(LabProcess.home)/docs/catalogue.md", encoding: .utf8)) ?? ""
        for name in Self.names { #expect(table.contains("| `\(name)` |"), "docs/catalogue.md does not list \(name)") }
    }

    @Test(.timeLimit(.minutes(10))) func holds() async throws {
        let names = Self.names.filter { !Self.elsewhere.contains($0) }
        let lab = try LabProcess(["run"] + names.map(LabProcess.scenario) + ["--jobs", "2", "--output", "{output}"])
        #expect(await lab.finish(within: .seconds(540)) == .exited(0), "\(lab.terminal)")
        #expect(lab.terminal.contains("\(names.count) of \(names.count) runs passed"), "\(lab.terminal)")
    }

    /// Thirty, with twelve machines: thirty take a minute and a half of two processors.
    @Test(.timeLimit(.minutes(5))) func aLargerMeshHolds() async throws {
        let lab = try LabProcess(["run", LabProcess.scenario("thirty"), "--set", "machines=12", "--output", "{output}"])
        #expect(await lab.finish(within: .seconds(240)) == .exited(0), "\(lab.terminal)")
        #expect(try lab.report().checks.allSatisfy { $0.outcome == .pass })
    }
}
