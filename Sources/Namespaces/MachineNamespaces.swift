import Basics
import CLinux
import Glibc
import LinuxProcess

/// The namespaces of one machine, held by its PID 1: network, mount, UTS, IPC and PID.
public final class MachineNamespaces: Sendable {
    /// PID 1 of the machine, as seen from here.
    public let initProcess: ChildProcess
    /// Refers to the network namespace for as long as this object lives, even when the machine is dead.
    private let networkDescriptor: Int32

    private init(initProcess: ChildProcess, networkDescriptor: Int32) {
        self.initProcess = initProcess
        self.networkDescriptor = networkDescriptor
    }

    /// Makes the namespaces and performs the mounts in them.
    ///
    /// - Throws: `machine.boot` with the system call that failed.
    public static func start(hostname: String, mounts: [Mount]) throws(CodedError) -> MachineNamespaces {
        var pid: pid_t = -1
        var step: UnsafePointer<CChar>?
        let error = withCStrings([hostname]) { name in
            withCMounts(mounts) { entries, count in
                var request = warren_machine()
                request.hostname = UnsafePointer(name.pointee)
                request.mounts = entries
                request.mount_count = count
                return warren_machine_start(&request, &pid, &step)
            }
        }
        guard error == 0 else {
            let call = step.map { String(cString: $0) } ?? "clone3"
            throw CodedError("machine.boot", "cannot boot machine \(hostname): \(call): \(errorText(error))")
        }
        let process: ChildProcess
        do throws(CodedError) {
            process = try ChildProcess.adopt(child: pid)
        } catch {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw error
        }
        let descriptor = Glibc.open("/proc/\(pid)/ns/net", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let failure = errno
            process.signal(SIGKILL)
            throw CodedError("machine.boot", "cannot open the network namespace of \(hostname): \(errorText(failure))")
        }
        return MachineNamespaces(initProcess: process, networkDescriptor: descriptor)
    }

    /// Takes over a machine that a factory made, and the descriptor with it; both are ended if that fails.
    static func adopt(pid: pid_t, networkDescriptor: Int32) throws(CodedError) -> MachineNamespaces {
        do throws(CodedError) {
            return MachineNamespaces(initProcess: try ChildProcess.adopt(child: pid), networkDescriptor: networkDescriptor)
        } catch {
            close(networkDescriptor)
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw error
        }
    }

    /// Opens a file as somebody in the machine's network namespace would: `/proc/sys/net` and `/dev/net/tun` depend on who opens.
    ///
    /// - Parameter flags: `O_…`.
    /// - Throws: `machine.file`.
    public func open(_ path: String, flags: Int32) throws(CodedError) -> Int32 {
        var descriptor: Int32 = -1
        let error = warren_open_in(network, path, flags, &descriptor)
        guard error == 0 else { throw CodedError("machine.file", "cannot open \(path): \(errorText(error))") }
        return descriptor
    }

    /// Writes a setting of the machine's network, such as `net/ipv4/ip_forward`.
    ///
    /// - Parameter name: below `/proc/sys/`.
    /// - Throws: `machine.setting`.
    public func set(_ name: String, to value: String) throws(CodedError) {
        do throws(CodedError) {
            let file = try open("/proc/sys/\(name)", flags: O_WRONLY)
            defer { close(file) }
            let bytes = Array(value.utf8)
            guard write(file, bytes, bytes.count) == bytes.count else {
                throw CodedError("machine.file", errorText(errno))
            }
        } catch {
            throw CodedError("machine.setting", "cannot set \(name) to \(value)", cause: error)
        }
    }

    /// A descriptor of the network namespace; owned by this object.
    public var network: Int32 { networkDescriptor }

    /// What to put into `ProcessSpec.namespacesOf` to start a program on this machine.
    public var entry: Int32 { initProcess.pidFileDescriptor }

    /// The path, seen from here, of a path inside the machine. Absolute symbolic links on the way lead out of it: give real paths.
    public func path(_ inside: String) -> String { "/proc/\(initProcess.pid)/root\(inside)" }

    /// Opens a socket in the machine's network namespace.
    ///
    /// - Throws: `machine.socket`.
    public func socket(domain: Int32, type: Int32, protocol number: Int32) throws(CodedError) -> Int32 {
        var descriptor: Int32 = -1
        let error = warren_socket_in(network, domain, type, number, &descriptor)
        guard error == 0 else { throw CodedError("machine.socket", "cannot open a socket on the machine: \(errorText(error))") }
        return descriptor
    }

    /// Power off: kills PID 1, and so everything on the machine, and waits until the kernel has done it.
    ///
    /// - Returns: whether everything ended within the limit.
    public func powerOff(within limit: Duration) async -> Bool {
        initProcess.signal(SIGKILL)
        return await initProcess.wait(within: limit) != nil
    }

    deinit { close(networkDescriptor) }
}
