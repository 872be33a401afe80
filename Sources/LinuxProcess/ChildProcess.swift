import Basics
import CLinux
import Glibc
import Timing

/// A child of this process. Its end is noticed through a pidfd, so no signal handler is involved and ids are never mixed up.
public final class ChildProcess: Sendable {
    /// As this process's PID namespace numbers it.
    public let pid: Int32
    private let watch: PIDFileDescriptor
    private let exit: OneShot<ExitStatus>

    private init(pid: Int32, watch: PIDFileDescriptor, exit: OneShot<ExitStatus>) {
        self.pid = pid
        self.watch = watch
        self.exit = exit
    }

    /// Starts the program.
    ///
    /// - Throws: `process.spawn` with the system call that failed.
    public static func spawn(_ spec: ProcessSpec) throws(CodedError) -> ChildProcess {
        var pid: pid_t = -1
        var step: UnsafePointer<CChar>?
        let environment = (spec.environment ?? currentEnvironment()).map { "\($0.key)=\($0.value)" }.sorted()
        let error = withCStrings([spec.executable] + spec.arguments) { argv in
            withCStrings(environment) { envp in
                withCStrings([spec.workingDirectory ?? ""]) { directory in
                    var request = warren_spawn()
                    request.path = UnsafePointer(argv.pointee)
                    request.argv = argv
                    request.envp = envp
                    request.directory = spec.workingDirectory == nil ? nil : UnsafePointer(directory.pointee)
                    request.stdio = (spec.standardInput ?? -1, spec.standardOutput ?? -1, spec.standardError ?? -1)
                    request.namespaces_of = spec.namespacesOf ?? -1
                    request.takes_terminal = spec.takesTerminal ? 1 : 0
                    return warren_spawn(&request, &pid, &step)
                }
            }
        }
        guard error == 0 else {
            let call = step.map { String(cString: $0) } ?? "spawn"
            throw CodedError("process.spawn", "cannot start \(spec.executable): \(call): \(errorText(error))")
        }
        do throws(CodedError) {
            return try adopt(child: pid)
        } catch {
            // Whom nobody can watch must not run.
            Glibc.kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            throw error
        }
    }

    /// Takes over a child that was started by other means.
    public static func adopt(child pid: Int32) throws(CodedError) -> ChildProcess {
        let watch = try PIDFileDescriptor(pid: pid)
        let exit = OneShot<ExitStatus>()
        watch.onExit { exit.set(watch.reap() ?? .signaled(SIGKILL)) }
        return ChildProcess(pid: pid, watch: watch, exit: exit)
    }

    /// A pidfd that is valid as long as this object lives.
    public var pidFileDescriptor: Int32 { watch.fileDescriptor }

    /// How the process ended, or nil while it runs.
    public var status: ExitStatus? { exit.current }

    /// Sends a signal; nothing happens if the process has ended.
    public func signal(_ number: Int32) { watch.signal(number) }

    /// Waits for the end without a limit; nil only if the task is cancelled first.
    public func wait() async -> ExitStatus? { await exit.value() }

    /// How the process ended, or nil if it has not within the limit.
    public func wait(within limit: Duration) async -> ExitStatus? { await exit.value(within: limit) }

    /// Asks the process to end, and kills it if it has not within the grace period.
    @discardableResult
    public func terminate(grace: Duration) async -> ExitStatus? {
        signal(SIGTERM)
        if let status = await wait(within: grace) { return status }
        signal(SIGKILL)
        return await wait(within: .seconds(5))
    }
}

/// Watches a process that is not a child of this one.
public final class ProcessWatch: Sendable {
    private let watch: PIDFileDescriptor
    private let exit = OneShot<Bool>()

    /// - Throws: `process.gone` if there is no such process.
    public init(pid: Int32) throws(CodedError) {
        watch = try PIDFileDescriptor(pid: pid)
        watch.onExit { [exit] in exit.set(true) }
    }

    /// Whether the process has ended.
    public var hasExited: Bool { exit.current != nil }

    /// Returns when the process has ended or the task is cancelled.
    public func waitForExit() async { _ = await exit.value() }

    /// Whether the process ended within the limit.
    public func waitForExit(within limit: Duration) async -> Bool { await exit.value(within: limit) ?? false }

    /// Sends a signal; nothing happens if the process has ended.
    public func signal(_ number: Int32) { watch.signal(number) }
}
