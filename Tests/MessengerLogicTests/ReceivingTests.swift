import MeshModel
import Testing

@testable import MessengerLogic

struct ReceiveSessionTests {
    private let mesh: ExampleMesh
    private let hello = Frame.hello(Hello(versions: [1], program: "x"))

    init() throws { mesh = try ExampleMesh() }

    @Test func aHelloThenMessages() throws {
        var session = ReceiveSession()
        guard case .identify = session.handle(hello) else {
            Issue.record("the sender was not looked for")
            return
        }
        #expect(session.sender == nil)
        guard case .welcome(let welcome) = session.identified(as: mesh.birch, address: "100.64.0.2") else {
            Issue.record("no welcome")
            return
        }
        #expect(welcome.version == 1)
        #expect(session.sender == mesh.birch)
        let text = try MessageText("hi")
        for id in [MessageID.random(), .random()] {
            #expect(session.handle(.message(id, text)) == .store(MessageKey(sender: mesh.birch.id, id: id), text))
        }
    }

    @Test func anUnknownAddressIsRefused() {
        var session = ReceiveSession()
        _ = session.handle(hello)
        guard case .refuse(let refusal) = session.identified(as: nil, address: "100.64.0.9") else {
            Issue.record("it was welcomed")
            return
        }
        #expect(refusal.code == "unknown-sender")
        #expect(session.sender == nil)
    }

    @Test func anotherVersionIsRefused() {
        var session = ReceiveSession()
        guard case .refuse(let refusal) = session.handle(.hello(Hello(versions: [2, 3], program: "x"))) else {
            Issue.record("it was accepted")
            return
        }
        #expect(refusal.code == "unsupported-version")
        guard case .identify = session.handle(.hello(Hello(versions: [3, 1], program: "x"))) else {
            Issue.record("one common version is enough")
            return
        }
    }

    @Test func framesOutOfTurnAreRefused() throws {
        let message = Frame.message(.random(), try MessageText("hi"))
        for frame in [
            message, .acknowledge(.random()), .welcome(Welcome(version: 1, program: "")), .refuse(Refusal(.outOfTurn, "")),
        ] {
            var session = ReceiveSession()
            #expect(code(session.handle(frame)) == "out-of-turn")
        }
        var session = ReceiveSession()
        _ = session.handle(hello)
        // Not before the sender is known.
        #expect(code(session.handle(message)) == "out-of-turn")
        _ = session.identified(as: mesh.birch, address: "100.64.0.2")
        #expect(code(session.handle(hello)) == "out-of-turn")
    }

    private func code(_ step: ReceiveSession.Step) -> String? {
        if case .refuse(let refusal) = step { return refusal.code }
        return nil
    }

    @Test func idsOfTwoMachinesNeverMeet() {
        let id = MessageID.random()
        #expect(MessageKey(sender: mesh.oak.id, id: id) != MessageKey(sender: mesh.birch.id, id: id))
        #expect(MessageKey(sender: mesh.oak.id, id: id) == MessageKey(sender: mesh.oak.id, id: id))
    }
}

struct ConnectionBudgetTests {
    private let one = IPAddress.v4(1)
    private let two = IPAddress.v4(2)

    @Test func aPeerHasItsShareAndAllHaveTheirs() throws {
        var budget = ConnectionBudget(perPeer: 2, total: 3)
        try budget.take(one)
        try budget.take(one)
        #expect(throws: ConnectionBudget.Refusal.tooManyFromPeer) { try budget.take(one) }
        try budget.take(two)
        #expect(throws: ConnectionBudget.Refusal.tooMany) { try budget.take(two) }
        #expect(budget.open == 3)
        budget.release(one)
        try budget.take(two)
        budget.release(.v4(9))
        #expect(budget.open == 3)
        for address in [one, two, two, two] { budget.release(address) }
        #expect(budget.open == 0)
    }

    @Test func theLimitsAre64And1024() {
        let budget = ConnectionBudget()
        #expect(budget.perPeer == 64)
        #expect(budget.total == 1_024)
    }
}

struct ListenerPlanTests {
    private let here = IPAddress.v4(1)
    private let there = IPAddress.v4(2)

    @Test func itListensWhereTheMachineIs() {
        let plan = ListenerPlan()
        #expect(plan.order(for: .member(here), listeningOn: nil) == .listen(here))
        #expect(plan.order(for: .member(here), listeningOn: here) == .keep)
        #expect(plan.order(for: .member(there), listeningOn: here) == .listen(there))
        #expect(plan.order(for: .stranger, listeningOn: here) == .stop)
        #expect(plan.order(for: .stranger, listeningOn: nil) == .keep)
        // An agent that restarts is no reason to stop receiving.
        #expect(plan.order(for: .silent, listeningOn: here) == .keep)
        #expect(plan.order(for: .silent, listeningOn: nil) == .keep)
    }

    @Test func itLooksOftenAtFirstAndNeverGivesUp() {
        var plan = ListenerPlan(interval: .seconds(1), backoff: Backoff(first: .milliseconds(20), cap: .milliseconds(100)))
        let pauses = (0..<6).map { _ in plan.pause(isListening: false, random: 0) }
        #expect(pauses == [20, 40, 80, 100, 100, 100].map { .milliseconds($0) })
        #expect(plan.pause(isListening: true, random: 0) == .seconds(1))
        #expect(plan.pause(isListening: false, random: 0) == .milliseconds(20))
    }
}

struct BackoffTests {
    @Test func theJitterTakesUpToAQuarter() {
        var backoff = Backoff(first: .milliseconds(100), cap: .seconds(1), factor: 3)
        #expect(backoff.next(random: 0) == .milliseconds(100))
        #expect(backoff.next(random: 0.5) == .microseconds(262_500))
        #expect(backoff.next(random: 0) == .milliseconds(900))
        #expect(backoff.next(random: 0) == .seconds(1))
        backoff.reset()
        #expect(backoff.next(random: 0) == .milliseconds(100))
    }
}
