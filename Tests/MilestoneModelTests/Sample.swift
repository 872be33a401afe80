import Basics

@testable import MilestoneModel

/// A project that is in order: each page, document and scenario that the weeks owe. Tests break one thing of it.
struct Sample {
    var texts: [String: String] = [:]
    var catalogue: [ClaimedScenario] = []
    var defaults: [String: ProgramDefault] = [
        "coordinator.suspect-after": ProgramDefault("suspect-after", .seconds(3), "silence")
    ]

    init() {
        for week in MilestoneContract.weeks {
            let links = Set(week.documents.map { $0.split(separator: "#")[0] }).sorted().map { "[it](../\($0.dropFirst(5)))" }
            texts[week.page] = """
                # Week \(week.week): \(week.title)

                **Running artifact.** Something
                runs.

                \(links.joined(separator: ", "))

                ## Claims

                | claim | statement |
                | --- | --- |
                | <a id="claim-\(week.week)"></a>`claim-\(week.week)` | It holds. |

                """
            for document in week.documents {
                let parts = document.split(separator: "#").map(String.init)
                if texts[parts[0]] == nil { texts[parts[0]] = "# A document\n" }
                if parts.count > 1 { texts[parts[0], default: ""] += "## \(parts[1].replacing("-", with: " "))\n" }
            }
            let check = ClaimedCheck(
                scenario: week.name, id: "check", claims: ["claim-\(week.week)"],
                place: Place(file: "Scenarios/\(week.name).json", line: 5))
            catalogue.append(
                ClaimedScenario(name: week.name, file: "Scenarios/\(week.name).json", milestones: [week.week], checks: [check]))
        }
        let links = MilestoneContract.weeks.map { "[c](milestones/\($0.name).md#claim-\($0.week))" }
        texts["docs/scope.md", default: ""] += links.joined(separator: " ") + "\n"
        texts["docs/liveness.md", default: ""] += "Suspect after 3 s<!-- default: coordinator.suspect-after --> of silence.\n"
        texts["docs/logging.md", default: ""] += "| event | |\n| --- | --- |\n| `peer-removed` * | info |\n"
    }

    var review: DocumentReview {
        DocumentReview(
            documents: texts.map { MarkdownText(path: $0.key, text: $0.value) }, catalogue: catalogue, defaults: defaults
        ) { $0 == "Scenarios/week-01.json" }
    }

    var complaints: [String] { review.complaints().map(\.description) }
}
