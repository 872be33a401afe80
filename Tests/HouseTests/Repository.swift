import Foundation

/// The checkout that these tests belong to.
enum Repository {
    /// Its top folder, from where this file was compiled: `Tests/HouseTests/Repository.swift`.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The text of a file, named relative to the top folder.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The names of what a folder holds, hidden ones apart.
    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { !$0.hasPrefix(".") }
            .sorted()
    }

    /// All files below a folder that have one of the extensions, named relative to the top folder.
    static func files(below folder: String, extensions: Set<String>) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { extensions.contains(URL(filePath: $0).pathExtension) }
            .map { "\(folder)/\($0)" }
            .sorted()
    }
}
