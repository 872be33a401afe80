import Basics
import CLinux
import Dispatch
import Glibc

/// A pidfd: refers to one process for ever, whatever happens to its number. Readable once the process has ended (pidfd_open(2)).
final class PIDFileDescriptor: Sendable {
    let fileDescriptor: Int32
    /// Dispatch sources may be used from any thread; the type only does not say so. It has a copy of the descriptor of its own,
    /// which is closed when it is done.
    private nonisolated(unsafe) let source: any DispatchSourceRead

    private static let queue = DispatchQueue(label: "warren.pidfd")

    init(pid: Int32) throws(CodedError) {
        var descriptor: Int32 = -1
        let error = warren_pidfd_open(pid, &descriptor)
        guard error == 0 else { throw CodedError("process.gone", "no process \(pid): \(errorText(error))") }
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else {
            let failure = errno
            close(descriptor)
            throw CodedError("process.descriptors", "cannot watch process \(pid): \(errorText(failure))")
        }
        fileDescriptor = descriptor
        source = DispatchSource.makeReadSource(fileDescriptor: copy, queue: Self.queue)
        source.setCancelHandler { close(copy) }
    }

    /// Calls the handler once, on a queue of its own, when the process has ended. To be called exactly once.
    func onExit(_ handler: @escaping @Sendable () -> Void) {
        source.setEventHandler { [self] in
            source.cancel()
            handler()
        }
        source.resume()
    }

    func signal(_ number: Int32) {
        _ = warren_pidfd_signal(fileDescriptor, number)
    }

    /// Takes the exit status of a child that has ended; nil if it has not, or is no child.
    func reap() -> ExitStatus? {
        var status: Int32 = 0
        var signaled: Int32 = 0
        guard warren_pidfd_reap(fileDescriptor, &status, &signaled) == 0 else { return nil }
        return signaled == 0 ? .exited(status) : .signaled(status)
    }

    deinit {
        source.cancel()
        close(fileDescriptor)
    }
}
