import ArgumentParser
import Basics
import CommandSupport
import ScenarioModel

/// `lab list`: the catalogue.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the catalogue of scenarios.",
        discussion: "A scenario that cannot be read is listed with what is wrong with it.")

    @Argument(
        help: "Scenario files, folders, or names; the whole catalogue if left out.", completion: .file(extensions: ["json"]))
    var scenarios: [String] = []

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() throws {
        let files: [String]
        if scenarios.isEmpty {
            guard let folder = Catalogue.folder else { throw Failure.report(ScenarioFolderMissing(), 3) }
            files = Catalogue.files(in: folder)
        } else {
            files = try Failure.orExit(64) { try scenarios.flatMap { try Catalogue.resolve($0) } }
        }
        let entries = files.map(Entry.init)
        guard !json else { return try Console.printJSON(entries) }
        Console.printTable(
            ["NAME", "MACHINES", "LABELS", "TITLE"],
            entries.map { entry in
                [
                    entry.name, entry.machines.map(String.init) ?? "-", entry.labels.joined(separator: ","),
                    entry.error.map { "cannot be read: \($0)" } ?? entry.title,
                ]
            })
    }

    /// A line of the list.
    struct Entry: Encodable {
        /// How `lab run` finds it.
        var name: String
        var file: String
        var title = ""
        var labels: [String] = []
        var milestones: [Int] = []
        /// By name, as JSON texts.
        var parameters: [String: String] = [:]
        /// Without the coordinator's; nil if the file cannot be read.
        var machines: Int?
        var steps: Int?
        var error: String?

        init(file: String) {
            self.file = file
            name = Catalogue.name(of: file)
            do {
                let scenario = try ScenarioFile.read(file)
                title = scenario.title
                labels = scenario.labels
                milestones = scenario.milestones
                parameters = scenario.parameters
                machines = scenario.machines.count
                steps = scenario.steps.count
            } catch {
                self.error = "\(error)"
            }
        }
    }
}

/// There is no catalogue here.
struct ScenarioFolderMissing: Error, CustomStringConvertible {
    var description: String {
        "no folder Scenarios here; start the lab through ./lab, or set WARREN_HOME to the project's folder"
    }
}
