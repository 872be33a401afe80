import Basics
import CLinux
import Glibc
import LinuxProcess

/// Runs a program in private network, mount, PID, UTS and IPC namespaces, so that the kernel itself cleans up after it.
///
/// Whatever the program starts, mounts and configures lives inside those namespaces. When it ends, or when the caller dies, by SIGKILL
/// too, the kernel kills every process in them and takes links, routes and mounts down with them (pid_namespaces(7)).
public enum Isolation {
    /// Whether this user can have such namespaces only inside a user namespace.
    public static var needsUserNamespace: Bool { geteuid() != 0 }

    /// What a program in namespaces of its own shares with its caller, beside the user.
    public struct Descriptors: Sendable, Hashable {
        /// Become 0, 1 and 2; nil: the caller's own.
        public var standardInput: Int32?
        public var standardOutput: Int32?
        public var standardError: Int32?
        /// Stays open in the program, under its number.
        public var inherited: Int32?

        public init(
            standardInput: Int32? = nil, standardOutput: Int32? = nil, standardError: Int32? = nil, inherited: Int32? = nil
        ) {
            self.standardInput = standardInput
            self.standardOutput = standardOutput
            self.standardError = standardError
            self.inherited = inherited
        }
    }

    /// How an isolated program ended.
    public struct End: Sendable {
        public var status: ExitStatus
        /// The namespaces that it had.
        public var namespaces: HeldNamespaces
    }

    /// Runs the program as PID 1 of the new namespaces and waits for its end, on the calling thread. SIGINT, SIGTERM and SIGHUP are
    /// passed on to it; 20 s after the first of them it is killed. Several threads may do so at once.
    ///
    /// - Parameters:
    ///   - executable: absolute path.
    ///   - arguments: without the program's own name.
    ///   - mounts: made in the new mount namespace before the program starts.
    /// - Returns: how the program ended.
    /// - Throws: `isolation` with the system call that failed and what to do about it.
    public static func run(
        executable: String, arguments: [String], environment: [String: String], mounts: [Mount],
        descriptors: Descriptors = Descriptors()
    ) throws(CodedError) -> End {
        var status: Int32 = 0
        var isolated = warren_isolated(pid_namespace: -1, network_namespace: -1, mount_namespace: -1)
        var step: UnsafePointer<CChar>?
        let error = withCStrings([executable] + arguments) { argv in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }.sorted()) { envp in
                withCMounts(mounts) { entries, count in
                    var request = warren_isolate()
                    request.path = UnsafePointer(argv.pointee)
                    request.argv = argv
                    request.envp = envp
                    request.user_namespace = needsUserNamespace ? 1 : 0
                    request.mounts = entries
                    request.mount_count = count
                    request.stdio = (
                        descriptors.standardInput ?? -1, descriptors.standardOutput ?? -1, descriptors.standardError ?? -1
                    )
                    request.inherited = descriptors.inherited ?? -1
                    return warren_isolate(&request, &status, &isolated, &step)
                }
            }
        }
        let namespaces = HeldNamespaces([
            "pid": isolated.pid_namespace, "net": isolated.network_namespace, "mnt": isolated.mount_namespace,
        ])
        guard error == 0 else {
            let call = step.map { String(cString: $0) } ?? "clone3"
            throw CodedError("isolation", "cannot make private namespaces: \(call): \(errorText(error)). \(advice(error))")
        }
        let number = status & 0x7f
        return End(status: number == 0 ? .exited((status >> 8) & 0xff) : .signaled(number), namespaces: namespaces)
    }

    private static func advice(_ error: Int32) -> String {
        switch error {
        case EPERM, ENOSPC, EACCES:
            return needsUserNamespace
                ? "Run as root, or allow unprivileged user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone)."
                : "The container or sandbox around this process forbids it: it needs CAP_SYS_ADMIN."
        case ENOSYS, EINVAL: return "The kernel lacks namespaces or clone3; Linux 5.8 or newer is needed."
        default: return ""
        }
    }
}
