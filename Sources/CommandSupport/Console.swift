import ArgumentParser
import Basics
import FoundationEssentials
import Glibc

/// What a command prints, and where.
public enum Console {
    /// A complaint on standard error: `PROGRAM: message`.
    public static func complain(_ message: String) {
        var line = "\(program): \(message)\n"
        line.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }

    /// A value as one line of JSON on standard output.
    public static func printJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(escapingControls(inJSON: String(decoding: try encoder.encode(value), as: UTF8.self)))
    }

    /// Rows in columns as wide as their widest cell, under a heading. Each row has as many cells as the heading.
    public static func printTable(_ heading: [String], _ rows: [[String]]) {
        let all = [heading] + rows
        let widths = heading.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        for row in all {
            let cells = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            print(line)
        }
    }

    /// The last part of the path that this process was started by.
    private static let program = CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "warren"
}
