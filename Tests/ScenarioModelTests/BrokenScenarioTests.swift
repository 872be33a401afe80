import Testing

@testable import ScenarioModel

/// Each file of `Tests/BrokenScenarios` is refused with exactly the message beside it.
@Suite struct BrokenScenarioTests {
    static let files = Files.names(in: "Tests/BrokenScenarios", ending: ".json")

    @Test func thereAreEnough() {
        #expect(Self.files.count >= 45)
        let texts = Files.names(in: "Tests/BrokenScenarios", ending: ".txt")
        #expect(texts.map { $0.dropLast(4) } == Self.files.map { $0.dropLast(5) })
    }

    @Test(arguments: files) func isRefusedWithItsMessage(file: String) throws {
        let text = try Files.text(file)
        let name = file.split(separator: "/").last.map(String.init) ?? file
        let expected = try Files.text(file.dropLast(5) + ".txt")
        do {
            _ = try Scenario(parsing: text, file: name)
            Issue.record("\(file) is read without complaint")
        } catch {
            #expect("\(error)\n" == expected)
        }
    }
}
