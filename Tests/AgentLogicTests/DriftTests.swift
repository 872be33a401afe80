import MeshModel
import Testing
import WireGuardModel

@testable import AgentLogic

@Suite struct DriftTests {
    private func plan(_ changes: [PeerChange], remove: [Int] = [], add: [Int] = []) -> ReconcilePlan {
        var plan = ReconcilePlan()
        plan.change.peers = changes
        plan.routesToRemove = remove.map { host($0) }
        plan.routesToAdd = add.map { host($0) }
        return plan
    }

    private func addition(_ number: Int) throws -> PeerChange {
        .add(try key(number), endpoint: nil, allowedIPs: [host(number)], persistentKeepalive: 25)
    }

    @Test func newsFromTheCoordinatorIsNoDrift() throws {
        let news = plan([.remove(try key(1)), try addition(2)], remove: [1], add: [2])
        #expect(Drift(in: news, settled: [try key(1): [host(1)]], starts: []).isEmpty)
    }

    @Test func aHandshakeThatIsStartedAgainIsNoDrift() throws {
        let again = plan([.remove(try key(1)), try addition(1)])
        #expect(Drift(in: again, settled: [try key(1): [host(1)]], starts: [try key(1)]).isEmpty)
    }

    @Test func aKeepaliveThatIsTurnedOnIsNoDrift() throws {
        let change = PeerChange.update(try key(1), endpoint: nil, allowedIPs: nil, persistentKeepalive: 25)
        #expect(Drift(in: plan([change]), settled: [try key(1): [host(1)]], starts: []).isEmpty)
    }

    @Test func whatOthersDidIsNamed() throws {
        let altered = PeerChange.update(
            try key(3), endpoint: nil, allowedIPs: .replace([host(3)]), persistentKeepalive: nil)
        var repairs = plan([.remove(try key(9)), altered, try addition(1)], remove: [9], add: [1])
        repairs.change.listenPort = 51820
        let drift = Drift(in: repairs, settled: [try key(1): [host(1)], try key(3): [host(3)]], starts: [])
        #expect(drift.missingPeers == [try key(1)])
        #expect(drift.foreignPeers == [try key(9)])
        #expect(drift.alteredPeers == [try key(3)])
        #expect(drift.missingRoutes == [host(1)])
        #expect(drift.foreignRoutes == [host(9)])
        #expect(drift.deviceSettings)
    }
}
