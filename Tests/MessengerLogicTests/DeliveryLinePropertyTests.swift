import Testing

@testable import MessengerLogic

struct DeliveryLinePropertyTests {
    /// 2,000 histories of 400 random steps (sends, breaks, kills of either side, drops by the mesh), then calm: every send ends in
    /// one outcome, nothing that was told delivered is missing, nothing is stored twice, and order holds.
    @Test func nothingIsLostNothingIsDoubledAndOrderHolds() throws {
        var delivered = 0
        for seed in 0..<2_000 {
            var model = try DeliveryLineModel(seed: UInt64(seed))
            for _ in 0..<400 { model.step(sending: true) }
            model.isUp = true
            model.isDropped = false
            var steps = 0
            while model.outbox.contains(where: { $0.verdict == nil }), steps < 20_000 {
                model.step(sending: false)
                steps += 1
            }
            #expect(model.violations.isEmpty, "seed \(seed): \(model.violations)")
            #expect(model.outbox.allSatisfy { $0.verdict != nil }, "seed \(seed): a send has no outcome")
            #expect(Set(model.inbox).count == model.inbox.count)
            // A message that failed may have been stored, late and out of order; what did not fail is in order.
            let good = model.outbox.filter { $0.verdict == .delivered }.map(\.entry.id)
            #expect(model.inbox.filter(Set(good).contains) == good, "seed \(seed): order")
            delivered += good.count
            if !model.violations.isEmpty { return }
        }
        // The histories are not all failures.
        #expect(delivered > 10_000)
    }
}
