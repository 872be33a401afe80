/// What the thirteen weeks owe: an artifact that runs, and documents. The one place where it is written down for programs.
public struct MilestoneContract: Sendable, Hashable {
    /// 1 to 13.
    public var week: Int
    public var title: String
    /// Paths of documents, relative to the project's folder, some with `#` and a heading.
    public var documents: [String]

    /// The page that states the week's claims.
    public var page: String { "docs/milestones/\(name).md" }
    /// `week-01`: the name of the week's scenario.
    public var name: String { Self.name(of: week) }

    public static func name(of week: Int) -> String { "week-\(week < 10 ? "0" : "")\(week)" }

    public static let weeks: [MilestoneContract] = [
        .init(1, "bootstrap and scope", ["docs/scope.md", "docs/scope.md#assumptions", "docs/scope.md#non-goals"]),
        .init(2, "registration", ["docs/api.md", "docs/architecture.md#initial-architecture"]),
        .init(3, "identity and metadata", ["docs/identity.md"]),
        .init(4, "local VPN baseline", ["docs/environment.md"]),
        .init(5, "dynamic updates", ["docs/changes.md"]),
        .init(6, "liveness", ["docs/liveness.md"]),
        .init(7, "mesh formation", ["docs/scope.md#implemented-behaviour"]),
        .init(8, "failure handling", ["docs/failure.md", "docs/limitations.md"]),
        .init(9, "restart and rejoin", ["docs/rejoin.md"]),
        .init(10, "messaging", ["docs/messaging.md", "docs/messaging.md#architecture"]),
        .init(11, "application under failure", ["docs/observed.md"]),
        .init(
            12, "observability and final design",
            ["docs/logging.md", "docs/metrics.md", "docs/design.md", "docs/architecture.md#final-architecture"]),
        .init(13, "final demo", ["docs/scope.md", "docs/guarantees.md", "docs/limitations.md"]),
    ]

    private init(_ week: Int, _ title: String, _ documents: [String]) {
        self.week = week
        self.title = title
        self.documents = documents
    }
}
