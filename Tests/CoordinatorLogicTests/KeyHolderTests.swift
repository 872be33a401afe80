import Basics
import CoordinatorLogic
import Testing

@Suite struct KeyHolderTests {
    private let holder = KeyHolder(instance: "one", remote: "192.0.2.1:40001")
    private let restarted = KeyHolder(instance: "two", remote: "192.0.2.1:40002")
    private let elsewhere = KeyHolder(instance: "two", remote: "192.0.2.9:40001")

    private func decide(
        _ claimant: KeyHolder, against holder: KeyHolder?, hasStream: Bool = false, silence: Double? = 0.1,
        wasAsked: Bool = false
    ) -> KeyClaim {
        KeyClaim.decide(
            claimant, against: holder, hasStream: hasStream, silence: silence.map { .milliseconds($0 * 1_000) },
            interval: .seconds(1), wasAsked: wasAsked)
    }

    @Test func theHostIsTheRemoteWithoutItsPort() {
        #expect(holder.host == "192.0.2.1")
        #expect(KeyHolder(instance: nil, remote: "[2001:db8::1]:7").host == "[2001:db8::1]")
        #expect(KeyHolder(instance: nil, remote: "local").host == "local")
    }

    @Test func theSameRunAndTheFirstOneAreAccepted() {
        #expect(decide(restarted, against: nil, hasStream: true) == .accepted)
        let moved = KeyHolder(instance: "one", remote: "192.0.2.77:1")
        #expect(decide(moved, against: holder, hasStream: true) == .accepted)
    }

    @Test func aHolderWithAnOpenStreamIsAskedFirst() {
        for claimant in [restarted, elsewhere] {
            #expect(decide(claimant, against: holder, hasStream: true) == .askHolder)
            #expect(decide(claimant, against: holder, hasStream: true, wasAsked: true) == .refused)
        }
        let unknown = KeyHolder(instance: nil, remote: "192.0.2.1:40001")
        #expect(decide(restarted, against: unknown, hasStream: true, silence: nil) == .askHolder, "only its stream was seen")
    }

    @Test func aRestartOnTheSameHostIsAcceptedOnceTheStreamIsClosed() {
        #expect(decide(restarted, against: holder) == .accepted)
        #expect(decide(restarted, against: holder, wasAsked: true) == .accepted)
        #expect(decide(elsewhere, against: holder) == .refused)
        #expect(decide(elsewhere, against: holder, wasAsked: true) == .refused)
    }

    @Test func aSilentHolderIsTakenForGone() {
        for hasStream in [true, false] {
            #expect(decide(elsewhere, against: holder, hasStream: hasStream, silence: 2, wasAsked: true) == .refused)
            #expect(decide(elsewhere, against: holder, hasStream: hasStream, silence: 2.001) == .accepted)
        }
        #expect(decide(elsewhere, against: holder, silence: nil) == .accepted, "nothing was heard since the start")
    }
}
