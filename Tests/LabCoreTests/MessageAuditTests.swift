import ControlProtocol
import MeshModel
import Testing

@testable import LabCore

/// A history in which everything is right, and each way in which one thing can be wrong: the audit finds exactly that.
@Suite struct MessageAuditTests {
    private var ash = MessageAudit.Machine(name: "ash")
    private var birch = MessageAudit.Machine(name: "birch")

    /// Three messages from ash to birch, delivered, and one that failed and came all the same; and one back.
    init() throws {
        for number in 1...3 { try deliver("a\(number)") }
        try ash.sent.append(message("a4", 4, to: "birch", .failed, .timedOut, "no answer; birch may have stored the message"))
        try birch.inbox.append(arrival("a4", from: "ash"))
        try birch.sent.append(message("b1", 1, to: "ash", .delivered))
        try ash.inbox.append(arrival("b1", from: "birch", place: 1))
        birch.events.append(MessageEvent(event: "message-delivered", id: "b1"))
        ash.events.append(MessageEvent(event: "message-failed", id: "a4"))
        ash.events.append(MessageEvent(event: "message-received", id: "b1", from: "birch"))
    }

    private func message(
        _ id: String, _ sequence: Int64, to name: String, _ outcome: SentMessage.State, _ reason: SendResult.Reason? = nil,
        _ detail: String = ""
    ) throws -> SentMessage {
        SentMessage(
            id: id, sequence: sequence, to: try #require(MachineName(name)), text: "text of \(id)", outcome: outcome,
            reason: reason,
            detail: detail, sentAt: "", endedAt: nil, expiresAt: nil, timeoutMilliseconds: 5_000, milliseconds: 4)
    }

    private func arrival(_ id: String, from name: String, place: Int64? = nil) throws -> InboxMessage {
        InboxMessage(
            id: id, sequence: place ?? Int64(birch.inbox.count + 1), from: try #require(MachineName(name)), text: "text of \(id)",
            receivedAt: "")
    }

    private mutating func deliver(_ id: String) throws {
        try ash.sent.append(message(id, Int64(ash.sent.count + 1), to: "birch", .delivered))
        ash.events.append(MessageEvent(event: "message-delivered", id: id))
        try birch.inbox.append(arrival(id, from: "ash"))
        birch.events.append(MessageEvent(event: "message-received", id: id, from: "ash"))
    }

    private func look(atLeast: Int = 1) -> Look { MessageAudit([ash, birch]).look(atLeast: atLeast) }

    private func isFound(_ words: String) -> Bool {
        let audit = MessageAudit([ash, birch])
        let isRed = audit.look(atLeast: 1).answer == .no
        return isRed && audit.findings.count == 1 && audit.findings[0].contains(words)
    }

    @Test func whatIsRightPasses() {
        #expect(look(atLeast: 4).answer == .yes)
        #expect(
            look().detail == "5 sent, 4 delivered, 1 failed (1 timed-out), 1 of those stored, as said", "\(look().detail)")
    }

    @Test func logsThatTellOfNothingShowNothing() {
        var audit = MessageAudit([MessageAudit.Machine(name: "ash", sent: ash.sent, inbox: ash.inbox), birch])
        #expect(audit.look(atLeast: 1).answer == .unknown, "\(audit.doubts)")
        audit = MessageAudit([ash, MessageAudit.Machine(name: "birch", sent: birch.sent, inbox: birch.inbox)])
        #expect(audit.look(atLeast: 1).answer == .unknown, "\(audit.doubts)")
    }

    @Test func fewerThanWantedIsRed() { #expect(look(atLeast: 5).answer == .no) }

    @Test mutating func aDeliveredMessageThatIsMissingIsFound() {
        birch.inbox.remove(at: 1)
        birch.events.remove(at: 1)
        #expect(isFound("ash to birch, 2: delivered, and not in the inbox"))
    }

    @Test mutating func aMessageThatShowsTwiceIsFound() throws {
        try birch.inbox.append(arrival("a2", from: "ash"))
        #expect(isFound("a2 is in the inbox 2 times"))
    }

    @Test mutating func aMessageThatOvertakesIsFound() {
        birch.inbox.swapAt(0, 2)
        #expect(MessageAudit([ash, birch]).findings == ["ash to birch, 2: came before 1", "ash to birch, 3: came before 1"])
    }

    /// A failed message may arrive at any time.
    @Test mutating func aFailedMessageMayOvertake() {
        birch.inbox.swapAt(0, 3)
        #expect(look().answer == .no)
        birch.inbox.swapAt(0, 3)
        birch.inbox.insert(birch.inbox.removeLast(), at: 0)
        #expect(look().answer == .yes)
    }

    @Test mutating func aFailedMessageThatCameUnannouncedIsFound() {
        ash.sent[3].detail = "no answer"
        #expect(isFound("ash to birch, 4: failed (timed-out), and in the inbox, which was not said"))
    }

    @Test mutating func anotherTextIsFound() {
        birch.inbox[2].text = "something else"
        #expect(isFound("ash to birch, 3: the inbox has another text"))
    }

    @Test mutating func aMessageThatNobodySentIsFound() throws {
        try birch.inbox.append(arrival("x1", from: "ash"))
        #expect(isFound("the inbox has x1, which ash did not send there"))
    }

    @Test mutating func aMessageOfSomebodyElseShowsTwiceIsFoundToo() throws {
        for _ in 0..<2 { try birch.inbox.append(arrival("z1", from: "cedar")) }
        #expect(isFound("cedar to birch: z1 is in the inbox 2 times"))
    }

    @Test(arguments: [SentMessage.State.pending, .queued]) mutating func aSendWithoutAnEndIsFound(state: SentMessage.State) throws
    {
        try ash.sent.append(message("a5", 5, to: "birch", state))
        #expect(look().answer == .no)
        #expect(look().detail.contains("ash to birch, 5: still \(state.rawValue)"))
    }

    @Test mutating func anEndBeyondTheBoundIsFound() {
        ash.sent[0].milliseconds = 6_001
        #expect(isFound("ash to birch, 1: ended after 6001 ms, and its bound was 5000"))
        ash.sent[0].milliseconds = 6_000
        #expect(look().answer == .yes)
    }

    /// What a killed messenger left can only be ended by the next one.
    @Test mutating func anInterruptedSendMayEndLate() {
        ash.sent[3].reason = .interrupted
        ash.sent[3].milliseconds = 60_000
        #expect(look().answer == .yes)
    }

    @Test mutating func aQueuedMessageHasItsExpiryForABound() {
        ash.sent[0].expiresMilliseconds = 30_000
        ash.sent[0].milliseconds = 29_000
        #expect(look().answer == .yes)
        ash.sent[3].expiresMilliseconds = 30_000
        ash.sent[3].reason = .expired
        ash.sent[3].milliseconds = 20_000
        #expect(isFound("given up as expired after 20000 ms of 30000"))
    }

    @Test mutating func aFailureWithoutAReasonIsFound() {
        ash.sent[3].reason = nil
        #expect(isFound("ash to birch, 4: failed without a reason"))
    }

    @Test mutating func aGapInTheOutboxIsFound() {
        ash.sent.remove(at: 1)
        let findings = MessageAudit([ash, birch]).findings
        #expect(findings.contains("ash's outbox has lost what stood between 1 and 3"))
    }

    @Test mutating func anOutboxThatHasForgottenIsNoProof() {
        ash.sent.removeFirst()
        #expect(look().answer == .unknown)
        #expect(look().detail.contains("ash's outbox has forgotten its first 1 messages"))
    }

    @Test mutating func aLogThatSaysOtherwiseIsFound() {
        ash.events[0].event = "message-failed"
        #expect(isFound("logged as failed, and delivered in the outbox"))
    }

    @Test mutating func aSecondOutcomeInTheLogIsFound() {
        ash.events.append(MessageEvent(event: "message-delivered", id: "a1"))
        #expect(isFound("ended twice, delivered and delivered"))
    }

    @Test mutating func aSecondReceiptInTheLogIsFound() {
        birch.events.append(MessageEvent(event: "message-received", id: "a1", from: "ash"))
        #expect(isFound("received anew twice"))
    }

    @Test mutating func aReceiptThatIsNotInTheInboxIsFound() {
        birch.events.append(MessageEvent(event: "message-received", id: "a9", from: "ash"))
        #expect(isFound("logged as received, and not in the inbox"))
    }
}
