import ControlProtocol
import MeshModel
import Synchronization

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

    let machine: MachineID
    /// One element whenever there may be something to send.
    let wakeUps: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private struct State {
        var end: End?
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

    /// Too long without a line.
    func wakeForKeepalive() {
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

    /// The lines posted since the last call.
    func takePosted() -> [StreamLine] {
        state.withLock { state in
            defer { state.posted = [] }
            return state.posted
        }
    }

    /// Whether a keepalive was asked for since the last call.
    func takeKeepalive() -> Bool {
        state.withLock { state in
            defer { state.keepaliveIsDue = false }
            return state.keepaliveIsDue
        }
    }

    /// Ends the stream; the first reason stays.
    func end(_ reason: End) {
        state.withLock { $0.end = $0.end ?? reason }
        signal.finish()
    }

    /// Why it ended; nil while it is open.
    var ending: End? { state.withLock { $0.end } }
}
