import Testing

@testable import Basics

struct NearestWordTests {
    private let known = ["birch", "elm", "oak", "partition", "heal-all"]

    @Test func aSmallMistakeIsForgiven() {
        #expect(NearestWord.to("birhc", among: known) == "birch")
        #expect(NearestWord.to("birc", among: known) == "birch")
        #expect(NearestWord.to("BIRCH", among: known) == "birch")
        #expect(NearestWord.to("partitoin", among: known) == "partition")
        #expect(NearestWord.to("heal_all", among: known) == "heal-all")
        #expect(NearestWord.to("oa", among: known) == "oak")
    }

    @Test func aLargeOneIsNot() {
        #expect(NearestWord.to("zelkova", among: known) == nil)
        #expect(NearestWord.to("xy", among: known) == nil)
        #expect(NearestWord.to("", among: known) == nil)
        #expect(NearestWord.to("birch", among: []) == nil)
    }

    @Test func ofTwoAsNearTheFirstInTheAlphabetIsTaken() {
        #expect(NearestWord.to("bat", among: ["cat", "bar"]) == "bar")
    }

    @Test(arguments: [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("", "abc", 3), ("kitten", "sitting", 3), ("é", "e", 1)])
    func distancesCountEdits(left: String, right: String, distance: Int) {
        #expect(NearestWord.distance(left, right) == distance)
        #expect(NearestWord.distance(right, left) == distance)
    }
}
