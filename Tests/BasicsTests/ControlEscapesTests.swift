import Basics
import FoundationEssentials
import Testing

/// A message of somebody else, printed as JSON, does nothing to the terminal, and is the same message for a program.
@Suite struct ControlEscapesTests {
    @Test(arguments: ["\u{9b}2J", "a\u{7f}b", "x\u{202e}y", "\u{2066}z\u{2069}", "\u{2028}", "plain é 漢 👩‍🚀", "\u{1b}[2J\n"])
    func theValueStaysAndNothingIsLeftToActOn(text: String) throws {
        let json = String(decoding: try JSONEncoder().encode([text]), as: UTF8.self)
        let shown = escapingControls(inJSON: json)
        #expect(try JSONDecoder().decode([String].self, from: Data(shown.utf8)) == [text])
        let acted = shown.unicodeScalars.filter { scalar in
            scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.properties.isBidiControl
        }
        #expect(acted.isEmpty)
    }
}
