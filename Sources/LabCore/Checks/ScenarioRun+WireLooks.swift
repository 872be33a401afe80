import PacketModel
import ScenarioModel

/// Conditions about what was on the cables.
extension ScenarioRun {
    func lookAtWire(_ expectation: WireExpectation) async throws -> Look {
        guard let verdict = try await network.wireVerdict() else { return Look(.unknown, "the cables are not captured") }
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
            return Look(verdict.canaries.judgement == .fail ? .yes : .no, verdict.canaries.words)
        case .directPaths:
            let answer: Look.Answer =
                switch verdict.directPath.judgement {
                case .pass: .yes
                case .fail: .no
                case .unknown: .unknown
                }
            return Look(answer, "\(verdict.directPath.words)")
        }
    }
}
