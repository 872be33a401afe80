import Dispatch
import Glibc
import LinuxProcess

/// What comes from the terminal: bytes, and signals.
public final class TerminalInput: Sendable {
    /// What came.
    public enum Item: Sendable {
        case bytes([UInt8])
        /// The window has another size.
        case resized
        /// Somebody wants the program to stop for a while.
        case suspended
        /// It goes on after a stop: the terminal may look like anything.
        case resumed
        /// There is no terminal any more.
        case gone
    }

    /// Dispatch sources may be used from any thread; the type only does not say so.
    private struct Source: @unchecked Sendable {
        let source: any DispatchSourceRead
    }

    private let source: Source

    /// Calls the handler with what comes, on queues of its own, until `stop`. A signal that asks the program to end gives the
    /// terminal back and ends the process with 128 and the signal's number, whatever the program is doing.
    public init(_ screen: FullScreen, _ handler: @escaping @Sendable (Item) -> Void) {
        let descriptor = screen.descriptor
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "warren.terminal"))
        let kept = Source(source: source)
        self.source = kept
        source.setEventHandler {
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let count = read(descriptor, &bytes, bytes.count)
            if count > 0 {
                handler(.bytes(Array(bytes.prefix(count))))
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                kept.source.cancel()
                handler(.gone)
            }
        }
        source.resume()
        ForwardedSignals.listen([SIGWINCH, SIGCONT, SIGTSTP, SIGTERM, SIGINT, SIGHUP]) { number in
            switch number {
            case SIGWINCH: handler(.resized)
            case SIGCONT: handler(.resumed)
            case SIGTSTP: handler(.suspended)
            default:
                screen.leave()
                _exit(128 + number)
            }
        }
    }

    /// Nothing is read any more.
    public func stop() { source.source.cancel() }
}
