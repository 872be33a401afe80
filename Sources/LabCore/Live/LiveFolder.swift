import Basics
import FoundationEssentials
import Glibc
import LinuxProcess
import MeshModel

/// Where the control sockets of living labs lie: `$XDG_RUNTIME_DIR/warren-lab`, else `/tmp/warren-lab-UID`. The user's own, 0700.
public enum LiveFolder {
    public static var path: String {
        if let runtime = currentEnvironment()["XDG_RUNTIME_DIR"], runtime.hasPrefix("/") { return "\(runtime)/warren-lab" }
        return "/tmp/warren-lab-\(geteuid())"
    }

    public static func socket(_ name: String) -> String { "\(path)/\(name).sock" }

    /// Makes the folder if it is missing, and sees to it that it is nobody else's.
    ///
    /// - Throws: `lab.folder`.
    public static func prepare() throws(CodedError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw CodedError("lab.folder", "cannot create \(path): \(errorText(errno))")
        }
        try check()
    }

    /// - Throws: `lab.folder` if the folder is there and somebody else could have put sockets into it.
    static func check() throws(CodedError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        let isOwn = status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid() && status.st_mode & 0o077 == 0
        guard isOwn else {
            throw CodedError("lab.folder", "\(path) is not a folder of yours alone (0700): remove it, or set XDG_RUNTIME_DIR")
        }
    }

    /// Takes the name for a new lab.
    ///
    /// - Returns: a socket that listens, closed on exec.
    /// - Throws: `lab.name`, `lab.taken` if a lab of that name is up.
    public static func take(_ name: String) throws(CodedError) -> Int32 {
        guard MachineName(name) != nil else {
            throw CodedError("lab.name", "\"\(name)\" is no name for a lab: expected \(MachineName.allowed)")
        }
        try prepare()
        // Two that start at once must not both find the name free: the folder's lock is held until the socket is there.
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw CodedError("lab.folder", "cannot open \(path): \(errorText(errno))") }
        defer { close(folder) }
        guard flock(folder, LOCK_EX) == 0 else { throw CodedError("lab.folder", "cannot lock \(path): \(errorText(errno))") }
        guard !isAlive(name) else {
            throw CodedError(
                "lab.taken", "a lab named \"\(name)\" is up: take it down with \"lab down \(name)\", or choose another --name")
        }
        return try UnixAddress.listen(at: socket(name))
    }

    /// The names of all labs that are up. Sockets of labs that have died are removed.
    public static func names() throws(CodedError) -> [String] {
        try check()
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return entries.filter { $0.hasSuffix(".sock") }.map { String($0.dropLast(5)) }.sorted().filter(isAlive)
    }

    /// Whether anybody listens there; removes the socket if not.
    private static func isAlive(_ name: String) -> Bool {
        do throws(CodedError) {
            _ = try DescriptorSocket.connect(to: socket(name))
            return true
        } catch {
            // Nobody listens at a socket whose lab was killed. Any other failure says nothing about the lab.
            if (error.cause as? POSIXFailure)?.number == ECONNREFUSED { unlink(socket(name)) }
            return (error.cause as? POSIXFailure).map { $0.number != ECONNREFUSED && $0.number != ENOENT } ?? false
        }
    }
}
