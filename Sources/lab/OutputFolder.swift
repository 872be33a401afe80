import Basics
import FoundationEssentials
import Glibc
import LinuxProcess

/// Makes the folder that a run's evidence goes to.
enum OutputFolder {
    /// - Parameters:
    ///   - named: what the user asked for; nil: a fresh folder under `lab-results/`.
    ///   - several: whether the run gets a folder of its own inside the named one.
    /// - Returns: its absolute path.
    static func make(_ named: String?, scenario: String, several: Bool) throws(CodedError) -> String {
        guard let named else { return try fresh(scenario) }
        let path = absolute(several ? "\(named)/\(scenario)" : named)
        guard path != "/run", !path.hasPrefix("/run/") else {
            throw CodedError("output", "--output cannot lie below /run, which a run replaces by its own: choose another folder")
        }
        try create(path)
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard entries.isEmpty else {
            throw CodedError("output", "\(path) is not empty: name a new folder, so that no older evidence gets mixed in")
        }
        return path
    }

    private static func fresh(_ scenario: String) throws(CodedError) -> String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))"
        let stamp = "\(day)-\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))"
        try create(absolute("lab-results"))
        // Runs that start within one second get a number.
        for attempt in 1...1_000 {
            let path = absolute("lab-results/\(stamp)-\(scenario)\(attempt == 1 ? "" : "-\(attempt)")")
            if mkdir(path, 0o755) == 0 { return path }
            guard errno == EEXIST else { throw CodedError("output", "cannot create \(path): \(errorText(errno))") }
        }
        throw CodedError("output", "cannot find a free name under lab-results/")
    }

    private static func create(_ path: String) throws(CodedError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CodedError("output", "cannot create \(path)", cause: error)
        }
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
