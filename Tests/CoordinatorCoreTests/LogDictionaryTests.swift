import FoundationEssentials
import Testing

@testable import CoordinatorCore

@Suite struct LogDictionaryTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

    /// Neither more nor less than what the sources log.
    @Test func everyEventIsInTheDictionary() throws {
        var logged: Set<String> = []
        for folder in ["CoordinatorCore", "warren-coordinator"] {
            let top = "\(Self.root)/Sources/\(folder)"
            for file in try FileManager.default.subpathsOfDirectory(atPath: top) where file.hasSuffix(".swift") {
                let bytes = try #require(FileManager.default.contents(atPath: "\(top)/\(file)"))
                let text = String(decoding: bytes, as: UTF8.self)
                // The last: what a change of liveness is called.
                let place = #/(?:\.event\(|\brecord\(|\.(?:suspect|unresponsive|alive):\s*\()\s*"([a-z-]+)"/#
                for match in text.matches(of: place) {
                    logged.insert(String(match.1))
                }
            }
        }
        #expect(Set(LogDictionary.coordinator.rows.keys) == logged)
        #expect(logged.count > 25)
    }

    @Test func whatTheDictionaryLacksIsNoticed() {
        let dictionary = LogDictionary.coordinator
        #expect(dictionary.complaint("token-revoked", .info, ["event", "token"]) == nil)
        #expect(dictionary.complaint("token-revoked", .info, ["event", "token", "secret"])?.contains("secret") == true)
        #expect(dictionary.complaint("token-revoked", .info, ["event"])?.contains("token") == true)
        #expect(dictionary.complaint("token-revoked", .error, ["event", "token"])?.contains("as info") == true)
        #expect(dictionary.complaint("no-such-event", .info, []) != nil)
    }

    /// The list of docs/api.md: everything about machines.
    @Test func theEventsOfTheAPIAreThoseAboutMachines() throws {
        let bytes = try #require(FileManager.default.contents(atPath: "\(Self.root)/docs/api.md"))
        let sentence = try #require(String(decoding: bytes, as: UTF8.self).firstMatch(of: #/\nThe events are ([^.]*)\./#))
        let listed = Set(sentence.1.matches(of: #/`([a-z-]+)`/#).map { String($0.1) })
        let logged = LogDictionary.coordinator.rows.filter { $0.value.fields.contains("address") }.keys
        #expect(listed == Set(logged))
    }
}
