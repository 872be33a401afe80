import ArgumentParser
import Basics
import Glibc

/// The root command of one of Warren's programs: every error ends as one line on standard error and an exit code.
public protocol Program: AsyncParsableCommand {
    /// What the process ends with for an error of Warren's own.
    static func code(for error: CodedError) -> ExitCode
    /// The arguments to parse, for those that were given (without the program's name).
    ///
    /// - Throws: `ValidationError`.
    static func arguments(for given: [String]) throws -> [String]
    /// A command that is started by the dozen, parsed without a look at all the others. Nil: parse them in the usual way, which also has
    /// the words for whatever is wrong with them.
    static func quickly(_ arguments: [String]) -> (any ParsableCommand)?
}

extension Program {
    /// 1, unless the program says otherwise.
    public static func code(for error: CodedError) -> ExitCode { .failure }

    /// In the usual way.
    public static func quickly(_ arguments: [String]) -> (any ParsableCommand)? { nil }

    /// Those that were given.
    public static func arguments(for given: [String]) throws -> [String] { given }

    public static func main() async {
        do {
            let arguments = try arguments(for: Array(CommandLine.arguments.dropFirst()))
            var command = try quickly(arguments) ?? parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as CodedError {
            Console.complain("\(error)")
            Glibc.exit(code(for: error).rawValue)
        } catch  where exitCode(for: error) == .validationFailure {
            let message = fullMessage(for: error)
            Console.complain(String(message.hasPrefix("Error: ") ? message.dropFirst(7) : message[...]))
            Glibc.exit(ExitCode.validationFailure.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
