import Basics
import Glibc
import LinuxProcess

/// One log file per machine and service, in the run's output folder.
struct ServiceLogs: Sendable {
    /// Absolute path of the folder.
    let folder: String

    func path(machine: String, service: String) -> String { "\(folder)/\(machine)/\(service).log" }

    /// Opens a log for appending. The caller closes the descriptor.
    func open(machine: String, service: String) throws(CodedError) -> Int32 {
        for path in [folder, "\(folder)/\(machine)"] {
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
                throw CodedError("output", "cannot create \(path): \(errorText(errno))")
            }
        }
        let path = path(machine: machine, service: service)
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CodedError("output", "cannot write \(path): \(errorText(errno))") }
        return descriptor
    }
}

/// What services find in their environment: no more of the user's than programs need to run.
enum ServiceEnvironment {
    static var base: [String: String] {
        let kept = ["PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"]
        var environment = currentEnvironment().filter { kept.contains($0.key) }
        environment["HOME"] = "/"
        return environment
    }
}
