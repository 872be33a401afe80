import MeshModel
import Testing

@testable import CoordinatorLogic

@Suite struct NameProposalTests {
    @Test(arguments: [
        ("birch", [], "birch-2"), ("birch", ["birch-2", "birch-3"], "birch-4"), ("birch-2", [], "birch-3"),
        ("birch-9", ["birch-10"], "birch-11"), ("web-eu", [], "web-eu-2"), ("7", [], "7-2"), ("a-0", [], "a-0-2"),
        (String(repeating: "x", count: 63), [], String(repeating: "x", count: 61) + "-2"),
    ])
    func aClashProposesTheNextFreeName(_ wanted: String, _ taken: [String], _ expected: String) throws {
        #expect(try NameProposal.next(after: name(wanted)) { taken.contains($0.text) }?.text == expected)
    }

    @Test func thereIsNotAlwaysOne() throws {
        #expect(try NameProposal.next(after: name("birch")) { _ in true } == nil)
    }

    @Test func theRefusalNamesIt() throws {
        var mesh = try makeMembership()
        try mesh.register(name("birch"), key(1), newID: id(1))
        try mesh.register(name("birch-2"), key(2), newID: id(2))
        let refused = #expect(throws: (any Error).self) { try mesh.register(name("birch"), key(3), newID: id(3)) }
        #expect("\(try #require(refused))".contains("(birch-3 is free)"))
    }
}
