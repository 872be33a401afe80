import Basics
import MeshModel
import Testing

@testable import AgentLogic

@Suite struct EndpointReportsTests {
    private var reports = EndpointReports()

    private mutating func told(_ seen: [MachineID: Endpoint], at seconds: Int64) -> [Endpoint] {
        let now = MonotonicTime.milliseconds(seconds * 1_000)
        let due = reports.due(seen, now: now)
        reports.noteTold(due, now: now)
        return due.map(\.endpoint)
    }

    @Test mutating func whatIsNewIsToldAtOnceAndThenNowAndThen() throws {
        let id = try peer(1).id
        #expect(told([id: underlay(7)], at: 0) == [underlay(7)])
        #expect(told([id: underlay(7)], at: 59) == [])
        #expect(told([id: underlay(7)], at: 60) == [underlay(7)])
    }

    @Test mutating func whatKeepsChangingIsToldSeldom() throws {
        let id = try peer(1).id
        let all = (0..<30).flatMap { told([id: underlay(Int($0) + 1)], at: $0) }
        #expect(all == [underlay(1), underlay(11), underlay(21)])
    }

    @Test mutating func whoMayHaveForgottenIsToldAgain() throws {
        let id = try peer(1).id
        _ = told([id: underlay(7)], at: 0)
        reports.forget()
        #expect(told([id: underlay(7)], at: 1) == [underlay(7)])
        reports.keep([])
        #expect(told([id: underlay(7)], at: 2) == [underlay(7)], "a machine that was gone and is back")
    }
}
