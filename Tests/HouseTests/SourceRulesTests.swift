import Foundation
import Testing

/// Small rooms, and no way to crash by design.
@Suite struct SourceRulesTests {
    @Test func noFileIsTooLong() throws {
        let code: Set = ["swift", "c", "h", "sh"]
        for folder in ["Sources", "Tests"] {
            for file in try Repository.files(below: folder, extensions: code) {
                let lines = SourceRules.lineCount(try Repository.text(file))
                #expect(lines <= SourceRules.lineLimit, "\(file) has \(lines) lines, allowed are \(SourceRules.lineLimit)")
            }
        }
    }

    @Test func nothingCrashesByDesign() throws {
        for folder in ["Sources", "Tests"] {
            for file in try Repository.files(below: folder, extensions: ["swift"]) {
                for (line, word) in SourceRules.crashes(in: try Repository.text(file)) {
                    Issue.record("\(file):\(line): \(word) is not allowed: report an error instead")
                }
            }
        }
    }

    @Test func crashesAreCaught() {
        let source =
            SourceRules.crashes.map { "let x = \($0) y  // \($0)" }.joined(separator: "\n") + "\n// \(SourceRules.crashes[0])"
        let found = SourceRules.crashes(in: source)
        #expect(found.map(\.line) == [1, 2, 3])
        #expect(found.map(\.word) == SourceRules.crashes)
        #expect(SourceRules.crashes(in: "let has = entry != other\ntry work()").isEmpty)
    }

    @Test func linesAreCounted() {
        #expect(SourceRules.lineCount("a\nb\n") == 2)
        #expect(SourceRules.lineCount("a\nb") == 2)
        #expect(SourceRules.lineCount("a\n\n") == 2)
    }
}
