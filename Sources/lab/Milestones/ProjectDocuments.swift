import Basics
import FoundationEssentials
import LabCore
import LinuxProcess
import MilestoneModel
import ScenarioModel

/// Everything that the documents' phase reads: the Markdown files, the catalogue, and what the programs tell of themselves.
struct ProjectDocuments {
    /// The project's folder.
    let root: String
    let review: DocumentReview
    /// What runs, by the scenario's name.
    let scenarios: [String: Scenario]

    /// The most bytes of a document.
    private static let documentLimit = 4 << 20
    /// The most documents, and the most scenarios.
    private static let fileLimit = 1_000

    /// - Throws: `milestones.project` if there is no project here; `ScenarioError` for a scenario that cannot be read.
    static func read() async throws -> ProjectDocuments {
        let root = currentEnvironment()["WARREN_HOME"] ?? "."
        guard let folder = Catalogue.folder else { throw CodedError("milestones.project", "\(ScenarioFolderMissing())") }
        let paths = try below("\(root)/docs", ending: ".md").map { "docs/\($0)" } + ["README.md"]
        var documents: [MarkdownText] = []
        for path in paths {
            // What is missing is a finding of the review; what is there and cannot be read would be passed over.
            guard let data = FileManager.default.contents(atPath: "\(root)/\(path)") else {
                guard !FileManager.default.fileExists(atPath: "\(root)/\(path)") else {
                    throw CodedError("milestones.project", "\(path) cannot be read")
                }
                continue
            }
            guard data.count <= documentLimit, let text = String(validating: data, as: UTF8.self) else {
                throw CodedError("milestones.project", "\(path) is no UTF-8 text of at most \(documentLimit >> 20) MiB")
            }
            documents.append(MarkdownText(path: path, text: text))
        }
        var scenarios: [String: Scenario] = [:]
        var catalogue: [ClaimedScenario] = []
        for name in try below(folder, ending: ".json") {
            let scenario = try ScenarioFile.read("\(folder)/\(name)")
            let claimed = ClaimedScenario(scenario, file: "Scenarios/\(name)")
            if scenarios[scenario.name] == nil {
                scenarios[scenario.name] = scenario
            } else if !claimed.answers.isEmpty {
                throw CodedError(
                    "milestones.project",
                    "Scenarios/\(name) is called \"\(scenario.name)\", as another scenario is: one whose checks answer for claims needs a name of its own"
                )
            }
            catalogue.append(claimed)
        }
        let review = DocumentReview(documents: documents, catalogue: catalogue, defaults: try await ProgramDefaults.all()) {
            path in
            FileManager.default.fileExists(atPath: "\(root)/\(path)")
        }
        return ProjectDocuments(root: root, review: review, scenarios: scenarios)
    }

    /// Names of files below a folder, relative to it: those of the folder itself first, then by name.
    private static func below(_ folder: String, ending: String) throws -> [String] {
        let names = ((try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(ending) }
        guard names.count <= fileLimit else {
            throw CodedError("milestones.project", "more than \(fileLimit) files below \(folder)")
        }
        return names.sorted { ($0.contains("/") ? 1 : 0, $0) < ($1.contains("/") ? 1 : 0, $1) }
    }
}

extension ClaimedScenario {
    /// What a scenario's checks answer for.
    init(_ scenario: Scenario, file: String) {
        let checks = (scenario.invariants + scenario.steps).compactMap { step -> ClaimedCheck? in
            guard case .check(let check) = step.kind else { return nil }
            return ClaimedCheck(
                scenario: scenario.name, id: step.id, claims: check.claims, place: Place(file: file, line: step.position.line))
        }
        self.init(name: scenario.name, file: file, milestones: scenario.milestones, checks: checks)
    }
}
