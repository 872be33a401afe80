import Basics
import CLinux
import Glibc
import LinuxProcess

/// The kernel's ring of captured frames. For one thread.
final class CaptureRing {
    /// Holds the largest frame that a veth carries, 64 KiB of unsegmented TCP, several times.
    static let blockSize = 256 << 10
    /// A block that is not full is handed over after so long.
    static let retire = Duration.milliseconds(50)
    /// So many frames are handled in one go.
    static let batch = 256

    private var capture = warren_capture()
    private var frames = [warren_frame](repeating: warren_frame(), count: batch)

    /// - Parameters:
    ///   - socket: unbound, AF_PACKET, SOCK_RAW, protocol 0; closed on failure and at the end.
    ///   - bytes: of the ring, rounded up to whole blocks.
    init(socket: Int32, bytes: Int, includesFloodedCopies: Bool) throws(CodedError) {
        let blocks = max(2, (bytes + Self.blockSize - 1) / Self.blockSize)
        let error = warren_capture_open(
            socket, Self.blockSize, UInt32(clamping: blocks), UInt32(Self.retire.wholeMilliseconds),
            includesFloodedCopies ? 0 : 1, &capture)
        guard error == 0 else {
            close(socket)
            throw CodedError("capture.open", "cannot capture packets: \(errorText(error))")
        }
    }

    var socket: Int32 { capture.fd }

    /// Whether it has not been ended.
    var isOpen: Bool { capture.ring != nil }

    /// Calls the body with each of the frames that are ready, one batch of them at most, and returns their number. The bytes are valid
    /// during the call only.
    func read(_ body: (warren_frame, UnsafeRawBufferPointer) -> Void) -> Int {
        var count = 0
        warren_capture_read(&capture, &frames, frames.count, &count)
        for frame in frames[..<count] {
            body(frame, UnsafeRawBufferPointer(start: frame.bytes, count: Int(frame.captured)))
        }
        return count
    }

    /// Frames that the kernel lost since the last call. An error counts as one: nobody knows then.
    func lost() -> UInt64 {
        var lost: UInt64 = 0
        return warren_capture_lost(capture.fd, &lost) == 0 ? lost : 1
    }

    /// Ends the capture: the kernel spends nothing on it any more. Nothing may be read afterwards.
    func end() {
        if capture.ring != nil { warren_capture_close(&capture) }
    }

    deinit { end() }
}
