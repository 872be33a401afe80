import Basics

/// Holds documents, scenarios and defaults against one another. Runs nothing.
public struct DocumentReview: Sendable {
    /// The Markdown files that are looked at, by path.
    public var documents: [String: MarkdownText]
    public var catalogue: [ClaimedScenario]
    /// By `PROGRAM.NAME`.
    public var defaults: [String: ProgramDefault]
    /// Whether there is a file or folder of that path: for links to what is no Markdown.
    public var exists: @Sendable (String) -> Bool

    /// The page of each week that has one.
    public let pages: [MilestonePage]

    public init(
        documents: [MarkdownText], catalogue: [ClaimedScenario], defaults: [String: ProgramDefault],
        exists: @escaping @Sendable (String) -> Bool
    ) {
        let byPath = Dictionary(documents.map { ($0.path, $0) }) { first, _ in first }
        self.documents = byPath
        self.catalogue = catalogue
        self.defaults = defaults
        self.exists = exists
        pages = MilestoneContract.weeks.compactMap { week in byPath[week.page].map { MilestonePage(week: week.week, text: $0) } }
    }

    public var claims: [Claim] { pages.flatMap(\.claims) }

    /// Whether there is a document of that path, with the section behind `#` if it names one.
    public func has(_ path: String) -> Bool {
        let parts = path.split(separator: "#").map(String.init)
        guard let document = documents[parts[0]] else { return false }
        return parts.count < 2 || document.fragments.contains(parts[1])
    }

    /// Everything that is not as it must be, by file and line.
    ///
    /// - Parameter withExcerpts: false leaves excerpts of logs out: they are about to be made anew.
    public func complaints(withExcerpts: Bool = true) -> [Complaint] {
        let all =
            pages.flatMap(\.complaints) + contract() + claimsOnce() + answers() + scenarios() + mentions() + links() + numbers()
            + (withExcerpts ? excerpts() : [])
        return Set(all).sorted { left, right in
            (left.place.file, left.place.line, left.message) < (right.place.file, right.place.line, right.message)
        }
    }

    /// Every document that a week owes is there, and its page leads to it.
    private func contract() -> [Complaint] {
        MilestoneContract.weeks.flatMap { week -> [Complaint] in
            let start = Place(file: week.page, line: 1)
            guard let page = documents[week.page] else {
                return [Complaint(start, "there is no such page: week \(week.week) (\(week.title)) states its claims there")]
            }
            let linked = Set(page.links.compactMap { page.resolve($0.path) })
            return week.documents.compactMap { owed in
                let parts = owed.split(separator: "#").map(String.init)
                guard let document = documents[parts[0]] else {
                    return Complaint(Place(file: parts[0], line: 1), "there is no such document: week \(week.week) owes it")
                }
                if parts.count > 1, !document.fragments.contains(parts[1]) {
                    return Complaint(
                        Place(file: parts[0], line: 1), "there is no section #\(parts[1]) in it: week \(week.week) owes it")
                }
                return linked.contains(parts[0])
                    ? nil : Complaint(start, "the page does not link to \(parts[0]), which the week owes")
            }
        }
    }

    private func claimsOnce() -> [Complaint] {
        var first: [String: Claim] = [:]
        return claims.compactMap { claim in
            guard let other = first[claim.id] else {
                first[claim.id] = claim
                return nil
            }
            return Complaint(claim.place, "the claim \(claim.id) is stated already, at \(other.place)")
        }
    }

    /// Every claim is answered by a check.
    private func answers() -> [Complaint] {
        let answered = catalogue.reduce(into: Set<String>()) { $0.formUnion($1.answers) }
        return claims.filter { !answered.contains($0.id) }.map { claim in
            Complaint(claim.place, "no check of any scenario answers for the claim \(claim.id): add it to the \"claims\" of one")
        }
    }

    /// Every check names claims that are stated, the scenario of a week is there, and each of its checks names one.
    private func scenarios() -> [Complaint] {
        let known = Set(claims.map(\.id))
        let names = Set(catalogue.map(\.name))
        var complaints = MilestoneContract.weeks.filter { !names.contains($0.name) }.map { week in
            Complaint(
                Place(file: "Scenarios/\(week.name).json", line: 1),
                "there is no such scenario: it shows the artifact of week \(week.week)")
        }
        for scenario in catalogue {
            for check in scenario.checks {
                for claim in check.claims where !known.contains(claim) {
                    let hint = NearestWord.to(claim, among: known.sorted()).map { " Did you mean \"\($0)\"?" } ?? ""
                    complaints.append(
                        Complaint(
                            check.place, "the check \(check.id) names the claim \"\(claim)\", which no document states.\(hint)"))
                }
                if scenario.isOfAWeek, check.claims.isEmpty {
                    complaints.append(Complaint(check.place, "the check \(check.id) of a week's scenario answers for no claim"))
                }
            }
        }
        return complaints
    }

    /// Every claim is linked from a document, where the matter is explained.
    private func mentions() -> [Complaint] {
        var mentioned: Set<String> = []
        for (path, document) in documents where !path.hasPrefix("docs/milestones/") {
            for link in document.links where document.resolve(link.path)?.hasPrefix("docs/milestones/") == true {
                if let fragment = link.fragment { mentioned.insert(fragment) }
            }
        }
        return claims.filter { !mentioned.contains($0.id) }.map { claim in
            Complaint(
                claim.place, "no document under docs links to the claim \(claim.id): state it where the matter is explained")
        }
    }

    private func links() -> [Complaint] {
        documents.values.flatMap { document in
            document.links.compactMap { link -> Complaint? in
                let place = Place(file: document.path, line: link.line)
                guard let path = document.resolve(link.path) else { return nil }
                guard let target = documents[path] else {
                    return exists(path) ? nil : Complaint(place, "the link leads to \(path), which does not exist")
                }
                guard let fragment = link.fragment, !target.fragments.contains(fragment) else { return nil }
                return Complaint(place, "the link leads to \(path)#\(fragment), and there is no such section")
            }
        }
    }

    /// Every marked number is the program's, and every number that a program tells is stated somewhere.
    private func numbers() -> [Complaint] {
        let marks = documents.values.flatMap(NumberMark.all)
        let wrong = marks.compactMap { mark -> Complaint? in
            guard let value = defaults[mark.name] else {
                let hint = NearestWord.to(mark.name, among: defaults.keys.sorted()).map { " Did you mean \"\($0)\"?" } ?? ""
                return Complaint(mark.place, "no program has a default \"\(mark.name)\".\(hint)")
            }
            return mark.complaint(against: value)
        }
        let stated = Set(marks.map(\.name))
        let silent = defaults.filter { !stated.contains($0.key) }.map { name, value in
            Complaint(
                Place(file: "docs", line: 1),
                "no document states \(name), which is \(value.text) (\(value.meaning)): mark the number with <!-- default: \(name) -->"
            )
        }
        return wrong + silent
    }

    /// Excerpts of logs name scenarios and events that exist.
    private func excerpts() -> [Complaint] {
        let dictionary = Set(
            (documents["docs/logging.md"]?.lines ?? []).filter { $0.text.hasPrefix("| `") }
                .compactMap { $0.text.pieces(from: "`", to: "`").first.map(String.init) })
        let scenarios = Set(catalogue.map(\.name))
        return documents.values.flatMap { document -> [Complaint] in
            let (excerpts, complaints) = LogExcerpt.all(in: document)
            return complaints
                + excerpts.flatMap { excerpt -> [Complaint] in
                    let unknown = excerpt.loggedEvents.filter { !dictionary.contains($0.event) }.map { line, event in
                        Complaint(
                            Place(file: document.path, line: line),
                            "docs/logging.md knows no event \"\(event)\": make the excerpt anew")
                    }
                    guard !scenarios.contains(excerpt.scenario) else { return unknown }
                    return unknown + [
                        Complaint(excerpt.place, "the excerpt is from \(excerpt.scenario), and there is no such scenario")
                    ]
                }
        }
    }
}
