import Glibc
import Logging

/// Sets up logging for a program: once, first thing.
public enum LogSetup {
    /// Sends all log output of the process to standard error as JSON lines.
    ///
    /// - Parameters:
    ///   - service: the program's short name, such as `agent`.
    ///   - level: messages below it are dropped.
    ///   - memory: where the latest lines are kept, too.
    public static func bootstrap(service: String, level: Logger.Level = .info, memory: LogMemory? = nil) {
        LoggingSystem.bootstrap { _ in
            JSONLogHandler(
                service: service,
                write: { line in
                    memory?.add(line)
                    writeLine(line)
                }, logLevel: level)
        }
    }

    /// One write a line, so that lines of several threads never mix. A log that cannot be written is not worth dying for.
    private static func writeLine(_ line: String) {
        var line = line
        line.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}

extension Logger {
    /// Logs an event: a stable name for programs, a sentence for people, and fields.
    ///
    /// Secrets never go into any of them.
    public func event(
        _ name: String, _ message: @autoclosure () -> Logger.Message, _ fields: Logger.Metadata = [:], level: Logger.Level = .info
    ) {
        log(level: level, message(), metadata: fields.merging(["event": .string(name)]) { _, event in event })
    }
}
