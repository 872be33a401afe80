import Basics
import Testing

@testable import AgentLogic

@Suite struct CoordinatorWordTests {
    @Test func aRememberedMapWaitsForTheWordAndNotForLong() {
        #expect(!CoordinatorWord.none.allowsRememberedMap(age: .milliseconds(999)))
        #expect(CoordinatorWord.none.allowsRememberedMap(age: .seconds(1)))
        #expect(CoordinatorWord.other.allowsRememberedMap(age: .zero))
    }

    @Test func aCloneNeverUsesTheMapItBrought() {
        #expect(!CoordinatorWord.clone.allowsRememberedMap(age: .seconds(3_600)))
    }
}
