import Foundation
import Testing

/// The mutants must keep up with the code that they break; `make mutants` shows that they are caught.
@Suite struct MutantTests {
    struct Mutant: Decodable {
        var name: String
        var product: String
        var file: String
        var replace: String
        var with: String
        var scenario: String
        var caughtBy: [String]
    }

    @Test func everyMutantStillFindsItsPlaceOnceAndNamesChecksThatExist() throws {
        let mutants = try JSONDecoder().decode([Mutant].self, from: Data(Repository.text("Tests/Mutants/mutants.json").utf8))
        #expect(mutants.count >= 14 && Set(mutants.map(\.name)).count == mutants.count)
        for mutant in mutants {
            let places = try Repository.text(mutant.file).components(separatedBy: mutant.replace).count - 1
            #expect(places == 1, "\(mutant.name): its text stands \(places) times in \(mutant.file)")
            let scenario = try Repository.text("Scenarios/\(mutant.scenario).json")
            #expect(!mutant.caughtBy.isEmpty)
            for id in mutant.caughtBy { #expect(scenario.contains("\"\(id)\""), "\(mutant.scenario) has no check \(id)") }
        }
    }
}
