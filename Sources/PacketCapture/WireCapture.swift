import Basics
import Glibc
import LinuxProcess
import MeshModel
import PacketModel
import Synchronization
import Timing

/// Captures every frame on every link of a network namespace, judges it, and writes it to a file.
///
/// One packet socket sees all interfaces, also those that come later. A thread of its own empties the kernel's ring.
public final class WireCapture: Sendable {
    /// What to capture and how.
    public struct Settings: Sendable {
        public var judge: WireJudge.Settings
        /// Where the capture file is to be written, replacing one that is there; nil: none.
        public var file: String?
        /// Bytes, after which frames are no longer written, only judged and counted.
        public var fileLimit = 64 << 20
        /// So many bytes of a frame are written.
        public var snapLength = 2_048
        /// So many bytes of a WireGuard data packet's frame are written.
        public var dataSnapLength = 256
        /// Bytes of memory in which frames wait for the thread.
        public var ringBytes = 32 << 20
        /// Also what a bridge sends out again of broadcasts and multicasts, which entered elsewhere: as many copies as it has ports.
        public var includesFloodedCopies = false
        /// Says of each interface, when its first frame is seen, which link it is; nil: none that is to be captured.
        public var resolve: @Sendable (SeenInterface) -> CapturedLink? = WireCapture.anyCable

        public init(judge: WireJudge.Settings, file: String? = nil) {
            self.judge = judge
            self.file = file
        }
    }

    /// Every interface but bridges and the loopback, as nobody's cable.
    public static let anyCable: @Sendable (SeenInterface) -> CapturedLink? = { interface in
        ["", "bridge"].contains(interface.driver) ? nil : CapturedLink(name: interface.name, machine: nil)
    }

    private let engine: CaptureEngine

    /// Begins to capture.
    ///
    /// - Parameter socket: an unbound packet socket of the namespace that is to be captured, opened with domain AF_PACKET, type SOCK_RAW
    ///   and protocol 0; it is the capture's from here on, also on failure. Nil: the calling thread's namespace.
    /// - Throws: `capture.open`, `capture.file`, `capture.search`, `capture.thread`.
    public init(_ settings: Settings, socket: Int32? = nil) throws(CodedError) {
        let descriptor = socket ?? Glibc.socket(AF_PACKET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw CodedError("capture.open", "cannot open a packet socket: \(errorText(errno))") }
        engine = try CaptureEngine(settings, socket: descriptor)
        try engine.startThread()
    }

    /// Tells which link an interface is, before or after its first frame.
    public func register(index: Int32, as link: CapturedLink) { engine.register(index, link) }

    /// A machine has that underlay address from now on.
    public func learn(_ address: IPAddress, of machine: String) { engine.learn(address, machine) }

    /// Looks for one more mesh address as text from now on.
    ///
    /// - Throws: `capture.search` if there are too many different ones.
    public func add(meshAddress: IPAddress) throws(CodedError) { try engine.add(meshAddress) }

    /// What can be said by now of the frames that were taken out of the ring.
    ///
    /// - Parameter talking: as for `WireJudge.verdict`.
    public func snapshot(talking: [MachinePair]? = nil) -> CaptureReport { engine.report(talking) }

    /// Waits until every frame that was on the wire before the call is judged and handed over to the file system.
    ///
    /// - Returns: whether that is so within the limit.
    public func flush(within limit: Duration) async -> Bool {
        let done = OneShot<Bool>()
        engine.flush(done)
        return await done.value(within: limit) ?? false
    }

    /// Ends the capture; what is in the ring is judged first. Snapshots can be taken afterwards, too.
    ///
    /// - Returns: whether it has ended within the limit; if not, it ends as soon as it can.
    @discardableResult
    public func stop(within limit: Duration) async -> Bool {
        let flushed = await flush(within: limit)
        engine.stop()
        return await engine.ended.value(within: limit) != nil && flushed
    }

    deinit { engine.stop() }
}

/// The state of a capture, as a value.
public struct CaptureReport: Sendable, Codable {
    public var verdict: WireVerdict
    /// Frames in the capture file.
    public var written: UInt64
    /// Frames that came when the file was full: judged, not written.
    public var omitted: UInt64
    /// Why the file is not whole, if it is not.
    public var fileProblem: String?
    /// Frames on interfaces that are no links, such as a bridge's own, by name or number.
    public var ignored: UInt64
    /// Processor time of the capturing thread in seconds.
    public var processorSeconds: Double
}
