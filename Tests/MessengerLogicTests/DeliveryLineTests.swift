import Basics
import ControlProtocol
import MeshModel
import Testing

@testable import MessengerLogic

struct DeliveryLineTests {
    private let mesh: ExampleMesh
    private let start = MonotonicTime(nanoseconds: 1_000)

    init() throws { mesh = try ExampleMesh() }

    private func later(_ milliseconds: Int) -> MonotonicTime { start + .milliseconds(milliseconds) }
    private func line(_ limits: LineLimits = LineLimits()) -> DeliveryLine {
        DeliveryLine(to: mesh.birch.name, limits: limits, seed: 1)
    }

    private func entry(
        _ sequence: Int64, keepFor: Duration? = nil, timeout: Duration = .seconds(5), at time: MonotonicTime? = nil
    )
        -> LineEntry
    {
        LineEntry(sequence: sequence, id: .random(), size: 10, timeout: timeout, keepFor: keepFor, at: time ?? start)
    }

    private var reachable: DeliveryLine.Look { .resolved(.reachable(from: mesh.oak.address, mesh.birch)) }
    private var dropped: DeliveryLine.Look { .resolved(.dropped(mesh.birch)) }

    /// What has become of the message; nil if nothing.
    private func failure(of id: MessageID, in actions: [DeliveryLine.Action]) -> (SendResult.Reason, String)? {
        for case .settle(id, .failed(let reason, let detail)) in actions { return (reason, detail) }
        return nil
    }

    /// A line on which the message is out.
    private func lineInFlight(_ entry: LineEntry) -> DeliveryLine {
        var line = line()
        for event in [.join(entry), .looked(reachable, for: entry.id), .connected, .opened] as [DeliveryLine.Event] {
            _ = line.handle(event, at: start)
        }
        return line
    }

    @Test func theStraightWayEndsInDeliveredAndTheConnectionIsKept() {
        var line = line()
        let (one, two) = (entry(1), entry(2))
        #expect(line.handle(.join(one), at: start).isEmpty)
        let open = DeliveryLine.Action.open(from: mesh.oak.address, to: mesh.birch.address)
        #expect(line.handle(.looked(reachable, for: one.id), at: start) == [open])
        #expect(line.handle(.connected, at: later(1)).isEmpty)
        #expect(line.handle(.opened, at: later(2)) == [.transmit(one.id)])
        #expect(line.handle(.acknowledged(one.id), at: later(3)) == [.settle(one.id, .delivered)])
        // The next one goes over the same connection.
        _ = line.handle(.join(two), at: later(10))
        #expect(line.handle(.looked(reachable, for: two.id), at: later(11)) == [.transmit(two.id)])
        #expect(line.handle(.acknowledged(two.id), at: later(12)) == [.settle(two.id, .delivered)])
        #expect(line.handle(.tick, at: later(60_011)).isEmpty)
        #expect(line.nextTick == later(60_012))
        #expect(line.handle(.tick, at: later(60_012)) == [.close])
        #expect(line.nextTick == nil)
    }

    @Test func theWindowIsBoundedAndRefilled() {
        var limits = LineLimits()
        limits.window = 2
        var line = line(limits)
        let all = (1...5).map { entry($0) }
        for entry in all { _ = line.handle(.join(entry), at: start) }
        _ = line.handle(.looked(reachable, for: nil), at: start)
        _ = line.handle(.connected, at: start)
        #expect(line.handle(.opened, at: start) == [.transmit(all[0].id), .transmit(all[1].id)])
        #expect(
            line.handle(.acknowledged(all[0].id), at: start) == [.settle(all[0].id, .delivered), .transmit(all[2].id)])
    }

    @Test func aFullLineSaysSo() {
        var limits = LineLimits()
        limits.entries = 1
        var line = line(limits)
        _ = line.handle(.join(entry(1)), at: start)
        let second = entry(2)
        #expect(failure(of: second.id, in: line.handle(.join(second), at: start))?.0 == .lineFull)
    }

    @Test func aMachineThatIsDroppedFailsDirectSendsAtOnceAndQueuedOnesWait() {
        let direct = entry(1)
        var line = lineInFlight(direct)
        let queued = entry(2, keepFor: .seconds(60))
        _ = line.handle(.join(queued), at: start)
        _ = line.handle(.looked(reachable, for: queued.id), at: start)
        let actions = line.handle(.looked(dropped, for: nil), at: later(100))
        #expect(actions.first == .close)
        let failed = failure(of: direct.id, in: actions)
        #expect(failed?.0 == .notReachable)
        // It was out.
        #expect(failed?.1.contains("may have stored") == true)
        #expect(actions.contains { if case .tellQueued(queued.id, _) = $0 { true } else { false } })
        // The machine is back: at once.
        let open = DeliveryLine.Action.open(from: mesh.oak.address, to: mesh.birch.address)
        #expect(line.handle(.looked(reachable, for: nil), at: later(110)) == [open])
        _ = line.handle(.connected, at: later(111))
        #expect(line.handle(.opened, at: later(112)) == [.transmit(queued.id)])
        #expect(line.handle(.acknowledged(queued.id), at: later(113)) == [.settle(queued.id, .delivered)])
    }

    @Test func aDirectSendDoesNotOvertake() {
        var line = line()
        let queued = entry(1, keepFor: .seconds(60))
        _ = line.handle(.join(queued), at: start)
        _ = line.handle(.looked(reachable, for: queued.id), at: start)
        _ = line.handle(.openFailed(.failed(.refused, "nobody")), at: start)
        let direct = entry(2)
        _ = line.handle(.join(direct), at: start)
        // A new send does not wait for the backoff.
        #expect(line.handle(.looked(reachable, for: direct.id), at: start).count == 1)
        _ = line.handle(.connected, at: start)
        #expect(line.handle(.opened, at: start) == [.transmit(queued.id), .transmit(direct.id)])
    }

    @Test func anAttemptThatFailsFailsDirectSendsWithItsReason() {
        for reason in SendResult.Reason.allCases where reason != .timedOut {
            var line = line()
            let direct = entry(1)
            _ = line.handle(.join(direct), at: start)
            _ = line.handle(.looked(reachable, for: direct.id), at: start)
            let actions = line.handle(.openFailed(.failed(reason, "so")), at: later(1))
            #expect(failure(of: direct.id, in: actions)?.0 == reason)
        }
    }

    @Test func whatWasMissingAtTheBoundIsTheReason() {
        let direct = entry(1, timeout: .milliseconds(200))
        let events: [DeliveryLine.Event] = [.looked(reachable, for: direct.id), .connected, .opened]
        for (count, reason) in [(0, SendResult.Reason.notAMember), (1, .timedOut), (2, .timedOut), (3, .timedOut)] {
            var line = line()
            _ = line.handle(.join(direct), at: start)
            for event in events.prefix(count) { _ = line.handle(event, at: start) }
            // A tenth of the bound is kept for telling the outcome.
            #expect(line.nextTick == later(180))
            #expect(failure(of: direct.id, in: line.handle(.tick, at: later(179))) == nil)
            #expect(failure(of: direct.id, in: line.handle(.tick, at: later(180)))?.0 == reason)
        }
    }

    @Test func anAcknowledgementAfterTheBoundIsTooLate() {
        let direct = entry(1, timeout: .milliseconds(200))
        var line = lineInFlight(direct)
        let actions = line.handle(.acknowledged(direct.id), at: later(180))
        #expect(failure(of: direct.id, in: actions)?.0 == .timedOut)
        #expect(!actions.contains(.settle(direct.id, .delivered)))
    }

    @Test func atMost50MillisecondsAreKeptOfTheBound() {
        #expect(entry(1, timeout: .seconds(5)).bound == start + .milliseconds(4_950))
        #expect(entry(1, timeout: .milliseconds(10)).bound == start + .milliseconds(9))
    }

    @Test func anExpiredMessageHasFailedAndSaysWhy() {
        var line = line()
        let queued = entry(1, keepFor: .milliseconds(300))
        _ = line.handle(.join(queued), at: start)
        _ = line.handle(.looked(dropped, for: queued.id), at: start)
        let failed = failure(of: queued.id, in: line.handle(.tick, at: later(300)))
        #expect(failed?.0 == .expired)
        #expect(failed?.1.contains("not-reachable") == true)
        #expect(line.count == 0)
    }

    @Test func anOldConnectionThatBrokeIsReplacedAtOnceAndANewOneIsNot() {
        let direct = entry(1)
        var fresh = lineInFlight(direct)
        let failed = failure(of: direct.id, in: fresh.handle(.broken("reset"), at: later(1)))
        #expect(failed?.0 == .protocolError)
        #expect(failed?.1.contains("may have stored") == true)

        var proven = lineInFlight(direct)
        _ = proven.handle(.acknowledged(direct.id), at: later(1))
        let next = entry(2)
        _ = proven.handle(.join(next), at: later(2))
        _ = proven.handle(.looked(reachable, for: next.id), at: later(2))
        let open = DeliveryLine.Action.open(from: mesh.oak.address, to: mesh.birch.address)
        #expect(proven.handle(.broken("reset"), at: later(3)) == [.close, open])
    }

    @Test func aRefusalIsOfTheOldestMessageAndTheOthersGoOn() {
        let (one, two) = (entry(1), entry(2))
        var line = lineInFlight(one)
        _ = line.handle(.join(two), at: start)
        _ = line.handle(.looked(reachable, for: two.id), at: start)
        let actions = line.handle(.refused(.failed(.refused, "disk full")), at: later(1))
        #expect(failure(of: one.id, in: actions)?.0 == .refused)
        #expect(failure(of: two.id, in: actions) == nil)
        _ = line.handle(.connected, at: later(2))
        #expect(line.handle(.opened, at: later(2)) == [.transmit(two.id)])
    }

    @Test func aMistypedNameFailsAlsoWithQueue() {
        var line = line()
        let queued = entry(1, keepFor: .seconds(60))
        _ = line.handle(.join(queued), at: start)
        let failed = failure(
            of: queued.id, in: line.handle(.looked(.resolved(.unknown(nearest: "birch")), for: queued.id), at: start))
        #expect(failed?.0 == .unknownName)
        #expect(failed?.1.contains("did you mean birch?") == true)
    }

    @Test func anAgentThatIsAwayHoldsNoOpenConnection() {
        let first = entry(1)
        var line = lineInFlight(first)
        let second = entry(2)
        _ = line.handle(.join(second), at: start)
        #expect(
            failure(of: second.id, in: line.handle(.looked(.unavailable("x"), for: second.id), at: later(1)))?.0 == .notAMember)
        #expect(line.handle(.acknowledged(first.id), at: later(2)) == [.settle(first.id, .delivered)])
    }

    @Test func itTriesAgainAfterGrowingPauses() {
        var line = line()
        let queued = LineEntry(restored: 1, id: .random(), size: 10, keepFor: .seconds(3_600), at: start)
        _ = line.handle(.join(queued), at: start)
        _ = line.handle(.looked(reachable, for: queued.id), at: start)
        var now = start
        var pauses: [Duration] = []
        for _ in 0..<8 {
            _ = line.handle(.openFailed(.failed(.refused, "nobody")), at: now)
            let next = line.nextTick ?? now
            pauses.append(next - now)
            now = next
            #expect(line.handle(.tick, at: now).contains(.look))
            #expect(line.handle(.looked(reachable, for: nil), at: now).count == 1)
        }
        #expect(pauses.allSatisfy { $0 >= .milliseconds(187) && $0 <= .seconds(3) })
        #expect(pauses.last.map { $0 >= .milliseconds(2_250) } == true)
    }
}
