import ArgumentParser
import CommandSupport
import Glibc
import ScenarioModel

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

    /// Says what is wrong with a scenario, on standard error, as `FILE:LINE:COLUMN: message`.
    static func point(to error: ScenarioError) {
        var line = "\(error)\n"
        line.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }

    /// Says what went wrong.
    static func report(_ error: any Error, _ code: Int32) -> ExitCode {
        Console.complain("\(error)")
        return ExitCode(code)
    }
}
