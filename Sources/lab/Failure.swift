import ArgumentParser
import CommandSupport

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
        Console.complain("\(error)")
        return ExitCode(code)
    }
}
