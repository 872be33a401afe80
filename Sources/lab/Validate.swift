import ArgumentParser
import ScenarioModel

/// `lab validate`: reads scenarios and says what is wrong with them.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check scenario files without running anything.",
        discussion: "Exits with 0 if all are good, with 64 and one line a file (FILE:LINE:COLUMN: what is wrong) otherwise.")

    @Argument(help: "Scenario files, folders, or names from the catalogue.", completion: .file(extensions: ["json"]))
    var scenarios: [String]

    func run() throws {
        let files = try Failure.orExit(64) { try scenarios.flatMap { try Catalogue.resolve($0) } }
        var isGood = true
        for file in files {
            do {
                let scenario = try ScenarioFile.read(file)
                print("\(file): good: \(scenario.machines.count) machines, \(scenario.steps.count) steps")
            } catch {
                _ = Failure.report(error, 64)
                isGood = false
            }
        }
        if !isGood { throw ExitCode(64) }
    }
}

/// `lab list`: the catalogue.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the catalogue of scenarios.")

    func run() throws {
        guard let folder = Catalogue.folder else {
            throw Failure.report(ScenarioFolderMissing(), 3)
        }
        for file in Catalogue.files(in: folder) {
            let title = (try? ScenarioFile.read(file))?.title ?? "(cannot be read; see lab validate \(file))"
            let name = Catalogue.name(of: file)
            print("\(name)\(String(repeating: " ", count: max(1, 20 - name.count)))\(title)")
        }
    }
}

/// There is no catalogue here.
struct ScenarioFolderMissing: Error, CustomStringConvertible {
    var description: String {
        "no folder Scenarios here; start the lab through ./lab, or set WARREN_HOME to the project's folder"
    }
}
