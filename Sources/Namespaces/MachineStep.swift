import CLinux

/// What a machine's PID 1 does before it waits for the end, in order.
public enum MachineStep: Sendable, Hashable {
    case hostname(String)
    case mount(Mount)
    /// Creates a folder; one that is there already is no error.
    case makeFolder(String, mode: UInt32 = 0o755)
    /// Writes the text into a file that exists, such as a setting below `/proc/sys`.
    case write(String, to: String)
    /// The same, for a setting that not every kernel has.
    case writeIfThere(String, to: String)
    /// Mounts the order's n-th tree (from 0, four at most) there; see `MountTree`.
    case attach(tree: Int, at: String)

    /// Words for the machine factory.
    var words: [String] {
        switch self {
        case .hostname(let name): ["h", name, ""]
        case .mount(let mount): ["m", mount.source, mount.target, mount.type, "\(mount.flags)", mount.data]
        case .makeFolder(let path, let mode): ["d", path, "\(mode)"]
        case .write(let text, let path): ["w", path, text]
        case .writeIfThere(let text, let path): ["o", path, text]
        case .attach(let tree, let path): ["a", "\(tree)", path]
        }
    }
}
