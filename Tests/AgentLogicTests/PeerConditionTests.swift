import MeshModel
import Testing

@testable import AgentLogic

@Suite struct PeerConditionTests {
    private func facts(_ change: (inout PeerCondition.Facts) -> Void) -> PeerCondition {
        var facts = PeerCondition.Facts(
            isConfigured: true, rejected: nil, hasSession: true, isKept: false, liveness: .alive, candidates: 2,
            trying: Endpoint("192.0.2.2:51820"), attempts: 3)
        change(&facts)
        return PeerCondition(facts)
    }

    @Test func aSessionNeedsNoReason() {
        #expect(facts { _ in }.code == "connected")
        #expect(facts { $0.isKept = true }.code == "kept")
        #expect(facts { $0.isKept = true }.isConnected)
    }

    @Test func whyThereIsNone() {
        let connecting = facts { $0.hasSession = false }
        #expect(connecting.code == "connecting")
        #expect(connecting.why == "no answer at 192.0.2.2:51820 to 3 handshakes so far, 2 endpoints in turn")
        let suspect = facts { ($0.hasSession, $0.liveness, $0.attempts, $0.candidates) = (false, .suspect, 1, 1) }
        #expect(
            suspect.why == "no answer at 192.0.2.2:51820 to 1 handshake so far; the coordinator does not hear from it either")
        #expect(facts { ($0.hasSession, $0.candidates) = (false, 0) }.code == "no-endpoint")
        #expect(facts { ($0.hasSession, $0.isConfigured) = (false, false) }.code == "not-configured")
        #expect(facts { ($0.isConfigured, $0.rejected) = (false, .unresponsive) }.code == "unresponsive")
        for reason in [PeerSelection.Reason.claimsOurs, .outsideMesh, .duplicate] {
            let refused = facts { ($0.isConfigured, $0.rejected) = (false, reason) }
            #expect(refused.code == reason.rawValue)
            #expect(refused.why?.hasPrefix("refused: ") == true && refused.why?.contains(reason.rawValue) == false)
        }
    }
}
