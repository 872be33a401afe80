import Basics
import FoundationEssentials

/// Makes a step of the language out of words on a command line.
enum StepWords {
    /// `WORD VALUE [--FIELD VALUE …]` as `{"WORD": VALUE, "FIELD": VALUE, …}`. A value that is JSON is taken as it is, any other is a text.
    ///
    /// - Throws: `usage`.
    static func step(_ words: [String]) throws(CodedError) -> String {
        guard let verb = words.first, words.count >= 2 else {
            throw CodedError("usage", "expected a word of the language and its value, such as: crash ash")
        }
        var members = [(verb, words[1])]
        var rest = words.dropFirst(2)
        while let flag = rest.popFirst() {
            guard flag.hasPrefix("--"), flag.count > 2, let value = rest.popFirst() else {
                throw CodedError("usage", "\(flag): expected --FIELD VALUE after the value of \"\(verb)\"")
            }
            members.append((String(flag.dropFirst(2)), value))
        }
        return "{\(members.map { "\(quoted($0.0)): \(value($0.1))" }.joined(separator: ", "))}"
    }

    static func value(_ text: String) -> String {
        let first = text.first { !$0.isWhitespace }
        // Names such as "true" or "7" are values of their kind; whoever means the text writes '"7"'.
        let isJSON =
            first.map { "{[\"".contains($0) } ?? false || ["true", "false", "null"].contains(text)
            || (Double(text) != nil && text.allSatisfy { $0.isNumber || ".-eE+".contains($0) })
        return isJSON ? text : quoted(text)
    }

    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
