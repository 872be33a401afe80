import CLinux
import Dispatch
import Glibc

/// The requests to end that a program gets which is PID 1 of its namespace, from its first instant on.
public enum CaughtSignals {
    /// Put this into the environment of a program that is to catch them; any value will do.
    public static let environmentName = WARREN_CATCH_SIGNALS

    /// Calls the handler with each signal's number, on a queue of its own; for ever. Nothing happens in a program that does not catch them.
    public static func listen(_ handler: @escaping @Sendable (Int32) -> Void) {
        let descriptor = warren_caught_signals()
        guard descriptor >= 0 else { return }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "warren.signals"))
        // The handler holds the source, and so keeps it alive.
        source.setEventHandler {
            var byte: UInt8 = 0
            while read(descriptor, &byte, 1) == 1 { handler(Int32(byte)) }
            withExtendedLifetime(source) {}
        }
        source.resume()
    }
}
