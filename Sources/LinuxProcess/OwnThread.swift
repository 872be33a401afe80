import Glibc

/// Runs work that blocks on a thread of its own.
///
/// The thread exists exactly as long as the work: the kernel ends a child together with the *thread* that started it, if the child asked
/// for that (PR_SET_PDEATHSIG), and the threads of the runtime's pool come and go.
public enum OwnThread {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Returns what the work returns.
    public static func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            start { continuation.resume(returning: work()) }
        }
    }

    /// Starts the work and returns at once.
    public static func start(_ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        guard pthread_create(&thread, nil, enter, work.toOpaque()) == 0 else {
            // No thread is to be had: then here.
            work.takeRetainedValue().body()
            return
        }
        pthread_detach(thread)
    }

    /// A function of its own: a closure would inherit the isolation of its surroundings.
    private static let enter: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = enterWork

    fileprivate static func perform(_ pointer: UnsafeMutableRawPointer) {
        Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body()
    }
}

private func enterWork(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let pointer { OwnThread.perform(pointer) }
    return nil
}
