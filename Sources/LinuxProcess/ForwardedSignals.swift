import Dispatch
import Glibc
import Synchronization

/// Signals that a program does not die of, but passes on.
public enum ForwardedSignals {
    /// Dispatch sources may be used from any thread; the type only does not say so.
    private struct Source: @unchecked Sendable {
        let source: any DispatchSourceSignal
    }

    private static let sources = Mutex([Source]())
    /// Those that this program listens to: that they are ignored is its own doing.
    private static let ours = Mutex(Set<Int32>())

    /// Calls the handler with each signal's number, on a queue of its own; for as long as the process lives. Signals that are ignored
    /// already stay so: whoever started the program wants it.
    public static func listen(_ numbers: [Int32], _ handler: @escaping @Sendable (Int32) -> Void) {
        for number in numbers {
            var before = sigaction()
            sigaction(number, nil, &before)
            let isOurs = ours.withLock { $0.contains(number) }
            if !isOurs, number != SIGWINCH, unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
            ours.withLock { _ = $0.insert(number) }
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: DispatchQueue(label: "warren.forwarded-signals"))
            source.setEventHandler { handler(number) }
            source.resume()
            let kept = Source(source: source)
            sources.withLock { $0.append(kept) }
        }
    }
}
