import ArgumentParser
import Basics
import CommandSupport
import CoordinatorCore
import Glibc

/// `warren-coordinator backup`
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy what the coordinator keeps into a new directory, while it runs.",
        discussion: """
            Database (machines, join tokens, events), key and certificate, as of one instant; every registration that was \
            acknowledged before is in it. The coordinator goes on meanwhile, and need not run. The copy is checked before this \
            says that it is done. It holds the certificate's private key: keep it as you keep a password.

            EXAMPLES
              warren-coordinator backup /var/backups/warren-2026-11-24
              warren-coordinator backup ./saved --data ./coordinator --json
            """)

    @Argument(help: ArgumentHelp("The directory to make. It must not exist.", valueName: "DIR"))
    var directory: String

    @OptionGroup var data: DataOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard !directory.isEmpty, directory != "/" else { throw ValidationError("DIR must be the name of a new directory") }
    }

    func run() throws {
        umask(0o077)
        let backup = try Backup.make(of: data.directory, to: directory)
        if json { return try Console.printJSON(backup) }
        print(
            """
            \(backup.directory) holds \(backup.machines) machines, \(backup.tokens) join tokens and \(backup.events) events \
            (\(backup.files.joined(separator: ", "))); it was read back and is intact.
            To restore it: stop the coordinator, move \(data.directory) aside, and
              cp -a \(backup.directory) \(data.directory) && warren-coordinator serve --data \(data.directory)
            with the options that it had. Machines that registered since then may need a new join token.
            """)
    }
}
