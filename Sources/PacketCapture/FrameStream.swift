import Basics
import CLinux
import Glibc
import LinuxProcess
import MeshModel
import PacketModel
import Synchronization
import Timing

/// Writes the frames of some links of a network namespace to a file or a pipe as they come, as pcapng, for whoever watches.
///
/// It judges nothing (`WireCapture` does), and never waits for a reader: when one is too slow, the kernel counts what is lost.
public final class FrameStream: Sendable {
    /// What to capture, and for how long.
    public struct Settings: Sendable {
        /// It ends after so long; nil: when it is asked to.
        public var duration: Duration?
        /// It ends before it has written more bytes.
        public var limit = 1 << 30
        /// Bytes of memory in which frames wait in the kernel.
        public var ringBytes = 8 << 20
        /// Also what a bridge sends out again of broadcasts and multicasts.
        public var includesFloodedCopies = true
        /// Machines' names, for whoever reads.
        public var names: [(address: IPAddress, name: String)] = []
        /// Says of each interface, when its first frame is seen, which link it is; nil: none that is to be captured.
        public var resolve: @Sendable (SeenInterface) -> CapturedLink?

        public init(resolve: @escaping @Sendable (SeenInterface) -> CapturedLink?) { self.resolve = resolve }
    }

    /// What became of it.
    public struct End: Sendable, Hashable, Codable {
        public enum Reason: String, Sendable, Hashable, Codable {
            case asked
            /// The time was over.
            case time
            /// One frame more would have been too many bytes.
            case limit
            /// Nobody reads any more.
            case closed
            /// Writing failed; `problem` says why.
            case failed
        }

        public var reason: Reason
        public var frames: UInt64
        /// Frames that the kernel had no room for.
        public var lost: UInt64
        public var bytes: Int
        public var problem: String?
    }

    /// An eventfd, written when the end is asked for.
    private let wake: Int32
    private let ended = OneShot<End>()

    /// Begins to capture in the calling thread's network namespace.
    ///
    /// - Parameter output: a file, pipe or socket; duplicated.
    /// - Throws: `capture.open`, `capture.thread`.
    public init(_ settings: Settings, output: Int32) throws(CodedError) {
        let socket = Glibc.socket(AF_PACKET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw CodedError("capture.open", "cannot open a packet socket: \(errorText(errno))") }
        let ring = try CaptureRing(
            socket: socket, bytes: settings.ringBytes, includesFloodedCopies: settings.includesFloodedCopies)
        var descriptor: Int32 = -1
        let error = warren_capture_wake(&descriptor)
        guard error == 0 else { throw CodedError("capture.thread", "cannot make an eventfd: \(errorText(error))") }
        wake = descriptor
        let writer = fcntl(output, F_DUPFD_CLOEXEC, 3)
        guard writer >= 0 else { throw CodedError("capture.open", "cannot write to the descriptor: \(errorText(errno))") }
        let work = Work(FrameStreamWork(settings, ring: ring, output: writer, wake: wake))
        // The stream lives until its thread has ended: the eventfd is the thread's, too.
        OwnThread.start { [self] in
            ended.set(work.work.run())
        }
    }

    /// Handed over to the thread, and used by it alone.
    private struct Work: @unchecked Sendable {
        let work: FrameStreamWork
        init(_ work: FrameStreamWork) { self.work = work }
    }

    /// Asks for the end; frames that were on the wire before are still written.
    public func stop() {
        var one: UInt64 = 1
        // It fails only when the counter is full, and then the thread wakes anyway.
        _ = write(wake, &one, 8)
    }

    /// Waits for the end.
    public func end() async -> End { await ended.value() ?? End(reason: .failed, frames: 0, lost: 0, bytes: 0) }

    deinit { close(wake) }
}
