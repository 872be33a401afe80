import Foundation
import Testing

/// What somebody meets who has just cloned the repository.
@Suite struct DocumentTests {
    /// A title, a sentence, and then the two commands: nothing else comes first.
    @Test func readmeStartsWithTheTwoCommands() throws {
        let lines = try Repository.text("README.md").split(whereSeparator: \.isNewline).map(String.init)
        try #require(lines.count > 6)
        #expect(lines[0].hasPrefix("# "))
        #expect(!lines[1].hasPrefix("#") && lines[1].hasSuffix("."))
        #expect(lines[2].hasPrefix("```"))
        #expect(lines[3] == "./lab run scenarios/failure.json")
        #expect(lines[4] == "make test")
        #expect(lines[5] == "```")
    }

    /// The targets that people and CI rely on, each with its line in the list that `make` prints.
    @Test func makeAlonePrintsItsTargets() async throws {
        let result = try await Command(program: URL(filePath: "/usr/bin/make"), directory: Repository.root).run()
        let listed = result.output.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ", maxSplits: 2)
            return line.hasPrefix("    make ") && words.count == 3 ? String(words[1]) : nil
        }
        #expect(result.status == 0)
        #expect(
            listed == [
                "deps", "build", "test", "check", "contract", "mutants", "nightly", "format", "docs", "bench", "install", "clean",
            ])
    }

    @Test func onlyTheAgreedFoldersAreOnTop() throws {
        let allowed: Set = ["Benchmarks", "Scenarios", "Sources", "Tests", "docs", "lab-results", "packaging"]
        let folders = try Repository.names(in: ".").filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: Repository.root.appending(path: name).path, isDirectory: &isFolder)
                && isFolder.boolValue
        }
        #expect(Set(folders).subtracting(allowed) == [])
    }

    @Test func theLicenseIsApache() throws {
        #expect(try Repository.text("LICENSE").contains("Apache License\n                           Version 2.0, January 2004"))
    }
}
