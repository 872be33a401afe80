import ArgumentParser
import Glibc

/// Turns errors into a line on standard error and an exit code.
enum Failure {
    /// Runs the body; if it throws, says why and exits with the code.
    static func orExit<Result>(_ code: Int32, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            throw report(error, code)
        }
    }

    /// Says what went wrong.
    static func report(_ error: any Error, _ code: Int32) -> ExitCode {
        var text = "lab: \(error)\n"
        text.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
        return ExitCode(code)
    }
}
