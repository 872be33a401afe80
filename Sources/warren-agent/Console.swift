import FoundationEssentials
import Glibc

/// What a command prints, and where.
enum Console {
    /// A complaint on standard error.
    static func complain(_ message: String) {
        var line = "warren-agent: \(message)\n"
        line.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }

    /// A value as one line of JSON on standard output.
    static func printJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
