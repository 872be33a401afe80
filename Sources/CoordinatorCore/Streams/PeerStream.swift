import Basics
import ControlProtocol
import MeshModel
import Synchronization
import Timing

/// One open peer map stream: a wake-up signal and how it ended. What there is to send is asked for when it wakes up, so that a
/// slow reader costs no memory.
final class PeerStream: Sendable {
    /// Why a stream ended.
    enum End: String, Sendable {
        /// The same machine opened another one.
        case replaced
        /// The machine left or was removed.
        case removed
        /// The machine registered again and has another credential now.
        case credentialReplaced = "credential-replaced"
        /// An administrator made its credential void.
        case credentialRevoked = "credential-revoked"
        /// The coordinator shuts down.
        case stopping
        /// The client closed the connection, or it broke.
        case clientGone = "client-gone"
    }

    /// What there is to do besides the peer map's own lines.
    struct Duties: Sendable {
        var keepalive: Bool
        var posted: [StreamLine]
    }

    let machine: MachineID
    /// One element whenever there may be something to send.
    let wakeUps: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private struct State {
        var end: End?
        var farewell: StreamLine?
        var lastLine = MonotonicTime.now
        var keepaliveIsDue = false
        var posted: [StreamLine] = []
    }
    private let state = Mutex(State())

    init(machine: MachineID) {
        self.machine = machine
        (wakeUps, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The map has changed.
    func wake() { signal.yield() }

    /// Wakes it for a keepalive if it has been without a line for so long.
    func wakeForKeepalive(now: MonotonicTime, after silence: Duration) {
        let isDue = state.withLock { state in
            guard !state.keepaliveIsDue, now - state.lastLine >= silence else { return false }
            state.keepaliveIsDue = true
            return true
        }
        if isDue { signal.yield() }
    }

    /// Wakes it for a keepalive, however short ago its last line was: to see whether the reader is there still.
    func poke() {
        state.withLock { $0.keepaliveIsDue = true }
        signal.yield()
    }

    /// How many lines may wait besides those of the peer map.
    static let postLimit = 16

    /// A line besides those of the peer map. A reader that is too slow for `postLimit` of them loses the oldest.
    func post(_ line: StreamLine) {
        state.withLock { state in
            if state.posted.count == Self.postLimit { state.posted.removeFirst() }
            state.posted.append(line)
        }
        signal.yield()
    }

    /// What was asked for since the last call; nil if the stream has ended.
    func take() -> Duties? {
        state.withLock { state in
            guard state.end == nil else { return nil }
            defer {
                state.keepaliveIsDue = false
                if !state.posted.isEmpty { state.posted = [] }
            }
            return Duties(keepalive: state.keepaliveIsDue, posted: state.posted)
        }
    }

    /// A line was sent.
    func noteLine() { state.withLock { $0.lastLine = .now } }

    /// Ends the stream; the first reason stays.
    ///
    /// - Parameter farewell: the last line.
    func end(_ reason: End, farewell: StreamLine? = nil) {
        state.withLock { state in
            guard state.end == nil else { return }
            state.end = reason
            state.farewell = farewell
        }
        signal.finish()
    }

    /// Why it ended; nil while it is open.
    var ending: End? { state.withLock { $0.end } }

    /// The line to end it with.
    var farewell: StreamLine? { state.withLock { $0.farewell } }
}
