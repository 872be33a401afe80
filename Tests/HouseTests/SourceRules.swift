/// Rules that hold for every line of Swift, and that the compiler does not know.
enum SourceRules {
    /// The longest file, in lines.
    static let lineLimit = 300

    /// Ways to crash instead of reporting an error. Force unwraps are found by the linter.
    static let crashes = ["try" + "!", "as" + "!", "fatal" + "Error("]

    /// The numbers of the lines, from 1, that use one of the words outside a comment, with the word.
    static func crashes(in text: String) -> [(line: Int, word: String)] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { index, line in
            let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
            return crashes.filter { code.contains($0) }.map { (index + 1, $0) }
        }
    }

    /// How many lines a text has.
    static func lineCount(_ text: String) -> Int {
        text.split(separator: "\n", omittingEmptySubsequences: false).count - (text.hasSuffix("\n") ? 1 : 0)
    }
}
