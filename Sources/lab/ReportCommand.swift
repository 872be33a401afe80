import ArgumentParser
import Basics
import CommandSupport
import LabCore

/// `lab report`: makes the page of a run again.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Make report.html and junit.xml again from a run's data.",
        discussion: """
            Reads report.json, events.jsonl and logs/ of a folder that lab run --output wrote, and changes none of them.
            Exits with 0, with 64 if the folder holds no run's evidence, and with 3 if something cannot be read or written.

            EXAMPLES
              lab report /tmp/evidence
              lab report /tmp/evidence --output /tmp/page.html
            """)

    @Argument(help: "The folder of one run's evidence.", completion: .directory)
    var folder: String

    @Option(help: "Where the page goes, instead of report.html in the folder; junit.xml is not made then.", completion: .file())
    var output: String?

    func run() throws {
        do {
            let (page, notes) = try EvidenceFolder(path: folder).makeAgain(page: output)
            for note in notes { Console.complain(note) }
            print(page)
        } catch let error as CodedError where error.code == "evidence.missing" {
            throw Failure.report(error, 64)
        } catch {
            throw Failure.report(error, 3)
        }
    }
}
