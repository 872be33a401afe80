import Basics
import FoundationEssentials
import Glibc
import LinuxProcess
import ScenarioModel

/// Finds scenario files: by path, then without regard to case, then by name in the catalogue.
struct Catalogue {
    /// The folder that holds the catalogue, if there is one: `$WARREN_HOME/Scenarios`, else `Scenarios` here.
    static var folder: String? {
        let home = currentEnvironment()["WARREN_HOME"] ?? "."
        let folder = "\(home)/Scenarios"
        return isFolder(folder) ? folder : nil
    }

    /// The scenario files of a folder, by name.
    static func files(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().map { "\(folder)/\($0)" }
    }

    /// The files that a word on the command line stands for: one, or all of a folder.
    ///
    /// - Throws: `scenario.missing` with what there is.
    static func resolve(_ word: String) throws(CodedError) -> [String] {
        let home = currentEnvironment()["WARREN_HOME"]
        let elsewhere = word.hasPrefix("/") ? nil : home.flatMap { ignoringCase("\($0)/\(word)") }
        if let path = access(word, F_OK) == 0 ? word : ignoringCase(word) ?? elsewhere {
            guard isFolder(path) else { return [path] }
            let found = files(in: path)
            guard !found.isEmpty else {
                throw CodedError("scenario.missing", "there is no readable scenario (*.json) in the folder \(path)")
            }
            return found
        }
        let known = folder.map(files) ?? []
        if let match = known.first(where: { name(of: $0) == word.lowercased() }) { return [match] }
        let names = known.map(name)
        let hint = NearestWord.to(word, among: names).map { " Did you mean \"\($0)\"?" } ?? ""
        throw CodedError(
            "scenario.missing",
            "there is no file \(word) and no scenario of that name.\(hint) Known: \(names.joined(separator: ", "))")
    }

    /// What a shell may complete a scenario's name to: the names of the catalogue, and the files of this folder.
    static var completions: [String] { (folder.map(files) ?? []).map(name) + files(in: ".").map { String($0.dropFirst(2)) } }

    static func name(of path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.hasSuffix(".json") ? String(file.dropLast(5)) : file
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The path whose every part is spelt as on disk, if exactly the case differs.
    private static func ignoringCase(_ path: String) -> String? {
        var found = path.hasPrefix("/") ? "/" : "."
        for part in path.split(separator: "/") where part != "." {
            if part == ".." {
                found += "/.."
                continue
            }
            let entries = (try? FileManager.default.contentsOfDirectory(atPath: found)) ?? []
            let exact = entries.first { $0 == String(part) }
            guard let entry = exact ?? entries.sorted().first(where: { $0.lowercased() == part.lowercased() }) else { return nil }
            found = found == "/" ? "/\(entry)" : "\(found)/\(entry)"
        }
        return found.hasPrefix("./") ? String(found.dropFirst(2)) : found
    }
}

/// Reads scenario files.
enum ScenarioFile {
    /// - Parameters:
    ///   - seed: where random choices start, instead of what the file says.
    ///   - settings: values for parameters, by name.
    /// - Throws: `ScenarioError`, or `scenario.unreadable`.
    static func read(_ path: String, seed: UInt64? = nil, settings: [String: String] = [:]) throws -> Scenario {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CodedError("scenario.unreadable", "cannot read \(path): it is no regular file, or not ours to read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CodedError("scenario.unreadable", "\(path) is not UTF-8 text")
        }
        return try Scenario(parsing: text, file: path, seed: seed, settings: settings)
    }
}
