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
        let path = try absolute(several ? "\(named)/\(scenario)" : named)
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
        try create(try absolute("lab-results"))
        // Runs that start within one second get a number.
        for attempt in 1...1_000 {
            let path = try absolute("lab-results/\(stamp)-\(scenario)\(attempt == 1 ? "" : "-\(attempt)")")
            if mkdir(path, 0o755) == 0 { return path }
            guard errno == EEXIST else { throw CodedError("output", "cannot create \(path): \(errorText(errno))") }
        }
        throw CodedError("output", "cannot find a free name under lab-results/")
    }

    private static func create(_ path: String) throws(CodedError) {
        var partial = ""
        for part in path.split(separator: "/") {
            partial += "/\(part)"
            guard mkdir(partial, 0o755) == 0 || errno == EEXIST || (errno == EROFS && access(partial, F_OK) == 0) else {
                throw CodedError("output", "cannot create \(partial): \(errorText(errno))")
            }
        }
        // A run has a /run of its own, and would not find a folder of the outer one.
        guard let real = realpath(path, nil) else { throw CodedError("output", "cannot use \(path): \(errorText(errno))") }
        defer { free(real) }
        let resolved = String(cString: real)
        guard resolved != "/run", !resolved.hasPrefix("/run/") else {
            rmdir(path)
            throw CodedError(
                "output", "\(path) lies below /run, which a run replaces by its own: choose another folder with --output")
        }
    }

    private static func absolute(_ path: String) throws(CodedError) -> String {
        if path.hasPrefix("/") { return path }
        guard let here = getcwd(nil, 0) else { throw CodedError("output", "the working directory is gone: \(errorText(errno))") }
        defer { free(here) }
        return "\(String(cString: here))/\(path)"
    }
}
