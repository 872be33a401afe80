/// A check of a scenario, and what it answers for.
public struct ClaimedCheck: Sendable, Hashable {
    /// The scenario's name.
    public var scenario: String
    /// The check's id, unique in its scenario.
    public var id: String
    public var claims: [String]
    public var place: Place

    public init(scenario: String, id: String, claims: [String], place: Place) {
        self.scenario = scenario
        self.id = id
        self.claims = claims
        self.place = place
    }
}

/// A scenario of the catalogue, as far as milestones go.
public struct ClaimedScenario: Sendable, Hashable {
    public var name: String
    /// Relative to the project's folder.
    public var file: String
    public var milestones: [Int]
    public var checks: [ClaimedCheck]

    public init(name: String, file: String, milestones: [Int], checks: [ClaimedCheck]) {
        self.name = name
        self.file = file
        self.milestones = milestones
        self.checks = checks
    }
}

/// Which scenarios have to run to answer the claims of some weeks.
public struct MilestonePlan: Sendable, Hashable {
    /// In the order in which they are best started.
    public var scenarios: [ClaimedScenario]

    /// The weeks' own scenarios; for each claim that none of these answers, the one among the others that answers the most of what is left.
    ///
    /// - Parameters:
    ///   - claims: those of the chosen weeks.
    ///   - catalogue: all scenarios, in a fixed order.
    public init(weeks: [Int], claims: [Claim], catalogue: [ClaimedScenario]) {
        let names = Set(weeks.map(MilestoneContract.name))
        scenarios = catalogue.filter { names.contains($0.name) }
        var open = Set(claims.map(\.id)).subtracting(scenarios.flatMap(\.answers))
        while !open.isEmpty {
            let best = catalogue.max { open.intersection($0.answers).count < open.intersection($1.answers).count }
            guard let best, !open.isDisjoint(with: best.answers) else { break }
            scenarios.append(best)
            open.subtract(best.answers)
        }
    }
}

extension ClaimedScenario {
    /// The claims that its checks name.
    public var answers: Set<String> { Set(checks.flatMap(\.claims)) }

    /// Whether it is the scenario of a week: all that it checks is claimed.
    var isOfAWeek: Bool { MilestoneContract.weeks.contains { $0.name == name } }
}
