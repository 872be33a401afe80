import Basics
import ControlProtocol
import MeshModel
import Testing

@testable import MessengerLogic

struct SendAttemptTests {
    private let start = MonotonicTime(nanoseconds: 1_000)
    private let mesh: ExampleMesh

    init() throws { mesh = try ExampleMesh() }

    private func attempt(timeout: Duration = .seconds(5)) throws -> SendAttempt {
        SendAttempt(id: .random(), text: try MessageText("hi"), receiver: mesh.birch.name, timeout: timeout, startedAt: start)
    }

    private func later(_ milliseconds: Int) -> MonotonicTime { start + .milliseconds(milliseconds) }

    private var reachable: SendAttempt.Event { .resolved(.reachable(from: mesh.oak.address, mesh.birch)) }
    private let welcome = SendAttempt.Event.answered(.welcome(Welcome(version: 1, program: "")))

    @Test func theStraightWayEndsInDelivered() throws {
        var attempt = try attempt()
        #expect(attempt.firstStep == .resolve)
        #expect(attempt.handle(reachable, at: later(1)) == .connect(from: mesh.oak.address, to: mesh.birch.address))
        guard case .exchange(.hello(let hello)) = attempt.handle(.connected, at: later(2)) else {
            Issue.record("no hello")
            return
        }
        #expect(hello.versions == [1])
        #expect(attempt.handle(welcome, at: later(3)) == .exchange(.message(attempt.id, attempt.text)))
        #expect(attempt.handle(.answered(.acknowledge(attempt.id)), at: later(4)) == .finish(.delivered))
        // The outcome stands.
        #expect(attempt.handle(.broken("late"), at: later(5)) == .finish(.delivered))
        #expect(attempt.handle(.expired, at: later(9_000)) == .finish(.delivered))
    }

    /// Events up to the last one, which must end the send with the reason.
    @Test func everyFailureHasItsReason() throws {
        let wrong = try #require(MessageID(String(repeating: "0", count: 32)))
        let cases: [([SendAttempt.Event], SendResult.Reason)] = [
            ([.directoryUnavailable("x")], .notAMember),
            ([.resolved(.notAMember)], .notAMember),
            ([.resolved(.unknown(nearest: nil))], .unknownName),
            ([.resolved(.dropped(mesh.birch))], .notReachable),
            ([reachable, .connectFailed(.refused)], .refused),
            ([reachable, .connectFailed(.unreachable("no route"))], .notReachable),
            ([reachable, .connectFailed(.noOwnAddress)], .notAMember),
            ([reachable, .connectFailed(.timedOut)], .timedOut),
            ([reachable, .connectFailed(.other("odd"))], .notReachable),
            ([reachable, .connected, .broken("reset")], .refused),
            ([reachable, .connected, .answered(.refuse(Refusal(.unknownSender, "")))], .refused),
            ([reachable, .connected, .answered(.refuse(Refusal(.unsupportedVersion, "")))], .protocolError),
            ([reachable, .connected, .answered(.welcome(Welcome(version: 9, program: "")))], .protocolError),
            ([reachable, .connected, .answered(.acknowledge(wrong))], .protocolError),
            ([reachable, .connected, welcome, .broken("reset")], .protocolError),
            ([reachable, .connected, welcome, .answered(.acknowledge(wrong))], .protocolError),
            ([reachable, .connected, welcome, welcome], .protocolError),
            ([reachable, .connected, welcome, .answered(.refuse(Refusal(.notStored, "")))], .refused),
        ]
        for (events, reason) in cases {
            var attempt = try attempt()
            var step = attempt.firstStep
            for event in events { step = attempt.handle(event, at: later(1)) }
            guard case .finish(.failed(let found, let detail)) = step else {
                Issue.record("\(events) did not end in a failure")
                continue
            }
            #expect(found == reason, "\(events): \(detail)")
            #expect(!detail.isEmpty)
        }
    }

    @Test func whatWasMissingAtTheDeadlineIsTheReason() throws {
        let cases: [([SendAttempt.Event], SendResult.Reason)] = [
            ([], .notAMember),
            ([reachable], .timedOut),
            ([reachable, .connected], .timedOut),
            ([reachable, .connected, welcome], .timedOut),
        ]
        for (events, reason) in cases {
            var attempt = try attempt(timeout: .milliseconds(200))
            for event in events { _ = attempt.handle(event, at: later(1)) }
            guard case .finish(.failed(let found, _)) = attempt.handle(.expired, at: later(200)) else {
                Issue.record("\(events) did not end")
                continue
            }
            #expect(found == reason)
        }
    }

    @Test func anAcknowledgementAfterTheBoundIsTooLate() throws {
        var attempt = try attempt(timeout: .milliseconds(200))
        for event in [reachable, .connected, welcome] { _ = attempt.handle(event, at: later(1)) }
        // A tenth of the bound is kept for telling the outcome.
        #expect(attempt.remaining(at: later(150)) == .milliseconds(30))
        var inTime = attempt
        #expect(inTime.handle(.answered(.acknowledge(attempt.id)), at: later(179)) == .finish(.delivered))
        guard case .finish(.failed(.timedOut, _)) = attempt.handle(.answered(.acknowledge(attempt.id)), at: later(180)) else {
            Issue.record("the bound was overrun")
            return
        }
    }

    @Test func atMost50MillisecondsAreKeptOfTheBound() throws {
        #expect(try attempt(timeout: .seconds(5)).deadline == start + .milliseconds(4_950))
        #expect(try attempt(timeout: .milliseconds(10)).deadline == start + .milliseconds(9))
    }

    @Test func aMistypedNameIsAnsweredWithTheNearestOne() throws {
        var attempt = try attempt()
        guard
            case .finish(.failed(.unknownName, let detail)) = attempt.handle(.resolved(.unknown(nearest: "birch")), at: later(1))
        else {
            Issue.record("no failure")
            return
        }
        #expect(detail.contains("did you mean birch?"))
    }
}
