import CLinux
import Glibc

/// One mount(2) call in a new mount namespace.
public struct Mount: Sendable, Hashable {
    public var source: String
    public var target: String
    /// File system type; empty for a bind mount.
    public var type: String
    /// `MS_…` flags.
    public var flags: UInt
    public var data: String

    public init(source: String, target: String, type: String = "", flags: UInt = 0, data: String = "") {
        self.source = source
        self.target = target
        self.type = type
        self.flags = flags
        self.data = data
    }

    /// Makes a folder or file appear in a second place, with everything mounted in it.
    public static func bind(_ source: String, to target: String) -> Mount {
        Mount(source: source, target: target, flags: UInt(MS_BIND | MS_REC))
    }

    /// The process file system of the new PID namespace.
    public static let proc = Mount(
        source: "proc", target: "/proc", type: "proc", flags: UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC))

    /// An empty file system in memory.
    ///
    /// - Parameter size: as tmpfs(5) writes it, such as `64m`.
    public static func tmpfs(at target: String, size: String, mode: String = "0755") -> Mount {
        Mount(
            source: "tmpfs", target: target, type: "tmpfs", flags: UInt(MS_NOSUID | MS_NODEV),
            data: "size=\(size),mode=\(mode)")
    }
}

/// Calls the body with the mounts as C structures that live as long as the call.
func withCMounts<Result>(_ mounts: [Mount], _ body: (UnsafePointer<warren_mount>?, Int) -> Result) -> Result {
    var strings: [UnsafeMutablePointer<CChar>?] = []
    defer { for string in strings { free(string) } }
    func copy(_ text: String) -> UnsafePointer<CChar>? {
        let string = strdup(text)
        strings.append(string)
        return string.map { UnsafePointer($0) }
    }
    let entries = mounts.map { mount in
        warren_mount(
            source: copy(mount.source), target: copy(mount.target), type: mount.type.isEmpty ? nil : copy(mount.type),
            flags: mount.flags, data: mount.data.isEmpty ? nil : copy(mount.data))
    }
    return entries.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
}
