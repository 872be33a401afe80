import Testing

@testable import MilestoneModel

/// Pages of weeks, and Markdown as far as it matters.
@Suite struct MilestonePageTests {
    private func page(_ rows: String) -> MilestonePage {
        MilestonePage(
            week: 8,
            text: MarkdownText(
                path: "docs/milestones/week-08.md",
                text:
                    "# Week 8\n\n**Running artifact.** It\nruns.\n\n## Claims\n\n| claim | statement |\n| --- | --- |\n\(rows)\n")
        )
    }

    @Test func claimsAreReadWithTheirKindAndPlace() {
        let page = page(
            "| <a id=\"a-b\"></a>`a-b` | It holds. |\n\n## Limitations\n\n| claim | statement |\n|---|---|\n| <a id=\"c\"></a>`c` | It does not. |"
        )
        #expect(page.complaints == [])
        #expect(page.artifact == "It runs.")
        #expect(page.claims.map(\.id) == ["a-b", "c"] && page.claims.map(\.kind) == [.guarantee, .limitation])
        #expect(page.claims[0].statement == "It holds." && page.claims[0].place.line == 10 && page.claims[0].week == 8)
    }

    @Test func whatReadersDoNotSeeIsLeftOut() {
        let page = page("| <a id=\"a\"></a>`a` | After 3 s<!-- default: a.b -->, as [told](b.md) [twice](c.md#d). |")
        #expect(page.claims.map(\.statement) == ["After 3 s, as told twice."])
    }

    @Test(arguments: [
        ("| a-b | It holds. |", "a row without a claim's id"),
        ("| <a id=\"A b\"></a>`A b` | It holds. |", "\"A b\" is no id"),
        ("| `a-b` | It holds. |", "has no anchor of its name"),
        ("| <a id=\"a-c\"></a>`a-b` | It holds. |", "has no anchor of its name"),
        ("| <a id=\"a-b\"></a>`a-b` | It holds |", "has no statement"),
        ("| <a id=\"a-b\"></a>`a-b` |", "has no statement"),
    ])
    func mistakesAreToldWithTheirPlace(row: String, message: String) throws {
        let complaint = try #require(page(row).complaints.first { $0.message.contains(message) })
        #expect(complaint.place == Place(file: "docs/milestones/week-08.md", line: 10))
    }

    @Test func anEmptyPageIsToldOff() {
        let page = MilestonePage(week: 1, text: MarkdownText(path: "a.md", text: ""))
        #expect(page.complaints.count == 2)
    }

    @Test func thereIsABoundForClaims() {
        let rows = (0..<200).map { "| <a id=\"c\($0)\"></a>`c\($0)` | It holds. |" }.joined(separator: "\n")
        #expect(page(rows).claims.count == MilestonePage.claimLimit)
        #expect(page(rows).complaints.contains { $0.message == "more than 100 claims" })
    }

    @Test func fragmentsAreThoseOfACodeHost() {
        let text = MarkdownText(
            path: "a.md", text: "# The `bound`: 3 s!\n## Twice\n## Twice\n```\n# no heading\n```\n| <a id=\"x-1\"></a> |\n")
        #expect(text.fragments == ["the-bound-3-s", "twice", "twice-1", "x-1"])
    }

    @Test func linksAreResolvedFromTheirFile() {
        let text = MarkdownText(path: "docs/milestones/a.md", text: "[a](../b.md#c) [d](#e) [out](../../../etc/passwd)\n")
        #expect(text.links.map(\.path) == ["../b.md", "", "../../../etc/passwd"])
        #expect(text.links.map { text.resolve($0.path) } == ["docs/b.md", "docs/milestones/a.md", nil])
    }

    @Test func excerptsAreRewrittenAndNothingElse() {
        let text = "before\n<!-- log: week-11 a..b one two -->\nold\n<!-- end of log -->\nafter\n"
        let document = MarkdownText(path: "a.md", text: text)
        let new = LogExcerpt.rewrite(document) { excerpt in
            #expect(excerpt.scenario == "week-11" && excerpt.from == "a" && excerpt.to == "b")
            #expect(excerpt.shows("one", of: "ash/agent") && !excerpt.shows("three", of: "ash/agent"))
            return ["1.0 line"]
        }
        #expect(new == "before\n<!-- log: week-11 a..b one two -->\n\n```\n1.0 line\n```\n\n<!-- end of log -->\nafter\n")
        let again = LogExcerpt.rewrite(MarkdownText(path: "a.md", text: new)) { _ in ["1.0 line"] }
        #expect(again == new)
        #expect(LogExcerpt.rewrite(document) { _ in nil } == text)
    }
}
