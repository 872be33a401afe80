import PacketModel
import ScenarioModel

/// Conditions about what was on the cables.
extension ScenarioRun {
    func lookAtWire(_ expectation: WireExpectation) async throws -> Look {
        guard let verdict = try await network.wireVerdict() else { return Look(.unknown, "the cables are not captured") }
        if case .encrypted = expectation, Set(scenario.wireLists).count > 1 {
            return Look(
                .unknown, "checks with different lists of what may be on the cables: all of a scenario must have the same")
        }
        switch expectation {
        case .encrypted:
            let parts = [verdict.canaries, verdict.meshAddresses, verdict.ports]
            let words = parts.map(\.words).joined(separator: "; ")
            if parts.contains(where: { $0.judgement == .fail }) { return Look(.no, words) }
            guard parts.allSatisfy({ $0.judgement == .pass }) else {
                return Look(.unknown, "\(words); \(verdict.doubts.joined(separator: "; "))")
            }
            return Look(.yes, words)
        case .clearText:
            return Look(Look.answer(to: verdict.canaries.judgement).opposite, verdict.canaries.words)
        case .directPaths:
            // Without a tunnel's packet there is no path to speak of.
            guard verdict.dataPackets > 0 else { return Look(.unknown, "no WireGuard data packet was seen") }
            return Look(Look.answer(to: verdict.directPath.judgement), verdict.directPath.words)
        }
    }
}

extension Look {
    /// Yes if it passes.
    fileprivate static func answer(to judgement: Judgement) -> Answer {
        switch judgement {
        case .pass: .yes
        case .fail: .no
        case .unknown: .unknown
        }
    }
}
