import Basics
import FoundationEssentials
import Glibc
import LinuxProcess
import Namespaces

/// Where the files of machines lie. All of it is in memory, in the lab's own mount namespace, and goes with it.
struct MachineFolders {
    /// Mounted before the lab starts inside its namespaces; see `Isolation`.
    static let root = "/run"
    /// What a program on a machine sees: `/run` is the machine's own, and this folder in it survives a crash of the machine.
    static let stateInside = "/run/state"
    /// A machine's own `/run`, emptied by a boot.
    static let runInside = "/run"

    let run: String
    let state: String
    let hosts: String

    init(machine: String) {
        let base = "\(Self.root)/lab/\(machine)"
        run = "\(base)/run"
        state = "\(base)/state"
        hosts = "\(base)/hosts"
    }

    /// Creates what is missing and empties the machine's `/run`, as a boot does.
    func prepare(hostsText: String) throws(CodedError) {
        try removeTree(run)
        for folder in [run, state, "\(run)/state", "\(run)/warren", "\(run)/wireguard", "\(run)/lock"] { try makeFolder(folder) }
        let file = open(hosts, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw CodedError("machine.folders", "cannot write \(hosts): \(errorText(errno))") }
        defer { close(file) }
        let bytes = Array(hostsText.utf8)
        guard write(file, bytes, bytes.count) == bytes.count else {
            throw CodedError("machine.folders", "cannot write \(hosts): \(errorText(errno))")
        }
    }

    /// What is mounted on the machine: its own `/proc`, `/run` and `/etc/hosts`.
    var mounts: [Mount] {
        var mounts = [Mount.proc]
        // Before the last one hides the folder that it comes from.
        if access("/etc/hosts", F_OK) == 0 { mounts.append(.bind(hosts, to: "/etc/hosts")) }
        mounts += [.bind(state, to: "\(run)/state"), .bind(run, to: "/run")]
        return mounts
    }

    private func makeFolder(_ path: String) throws(CodedError) {
        var partial = ""
        for part in path.split(separator: "/") {
            partial += "/\(part)"
            guard mkdir(partial, 0o755) == 0 || errno == EEXIST else {
                throw CodedError("machine.folders", "cannot create \(partial): \(errorText(errno))")
            }
        }
    }

    private func removeTree(_ path: String) throws(CodedError) {
        guard access(path, F_OK) == 0 else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw CodedError("machine.folders", "cannot empty \(path)", cause: error)
        }
    }
}
