/// Somebody who follows the events. What there is to send is read when it wakes up, so that a slow reader costs no memory.
final class EventFollower: Sendable {
    /// One element whenever there may be something to send, or a keepalive is due.
    let wakeUps: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init() {
        (wakeUps, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func wake() { signal.yield() }

    func end() { signal.finish() }
}
