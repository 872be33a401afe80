import Basics
import Glibc
import LinuxProcess
import MeshModel
import PacketModel

/// Writes frames to a pcapng file, up to a limit. A failure ends the writing and is told, and the capture goes on.
struct CaptureFile {
    private var descriptor: Int32?
    private var pending: [UInt8] = []
    private let limit: Int
    private var size = 0
    /// Frames in the file.
    private(set) var written: UInt64 = 0
    /// Frames that came when the file was full.
    private(set) var omitted: UInt64 = 0
    private(set) var problem: String?
    private var isFull = false

    /// Room beyond the limit for frames in which something was found.
    private static let reserve = 1 << 20
    private static let buffer = 256 << 10

    /// - Parameter path: nil: no file; everything is left out then.
    /// - Throws: `capture.file`.
    init(path: String?, limit: Int) throws(CodedError) {
        self.limit = limit
        guard let path else { return }
        let opened = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw CodedError("capture.file", "cannot write \(path): \(errorText(errno))") }
        descriptor = opened
        append(Pcapng.section(application: "warren lab \(Version.current)"))
    }

    var isOpen: Bool { descriptor != nil }

    mutating func add(_ link: CapturedLink, snapLength: Int) {
        let owner = link.machine.map { "machine \($0)" } ?? "between switches or to a router"
        append(Pcapng.interface(name: link.name, description: owner, snapLength: UInt32(clamping: snapLength)))
    }

    mutating func name(_ address: IPAddress, _ machine: String) {
        append(Pcapng.names([(address, machine)]))
    }

    /// - Parameter snapLength: so many of the frame's bytes are stored.
    mutating func add(_ frame: WireFrame, _ bytes: UnsafeRawBufferPointer, snapLength: Int, finding: String?) {
        guard isOpen else { return }
        let room = limit + (finding == nil ? 0 : Self.reserve)
        let stored = UnsafeRawBufferPointer(rebasing: bytes.prefix(snapLength))
        guard size + stored.count + 128 <= room else {
            omitted += 1
            isFull = true
            return
        }
        // What was found after the file was full stands behind a gap.
        let comment =
            isFull
            ? [finding, "the file was full, frames before this one are missing"].compactMap { $0 }.joined(separator: "; ")
            : finding
        append(
            Pcapng.packet(
                interface: UInt32(clamping: frame.link), time: UInt64(clamping: frame.time), bytes: stored,
                length: UInt32(clamping: frame.length), direction: frame.direction, comment: comment ?? ""))
        written += 1
    }

    private mutating func append(_ block: [UInt8]) {
        guard isOpen else { return }
        size += block.count
        pending += block
        if pending.count >= Self.buffer { flush() }
    }

    /// Hands what is pending over to the file system.
    mutating func flush() {
        guard let descriptor else { return }
        var offset = 0
        while offset < pending.count {
            let count = pending.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + offset }, $0.count - offset) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                problem = "the capture file is cut off after \(size - pending.count + offset) bytes: \(errorText(errno))"
                return end()
            }
            offset += count
        }
        pending = []
    }

    /// Writes the rest and closes the file.
    mutating func finish() {
        flush()
        end()
    }

    private mutating func end() {
        if let descriptor { close(descriptor) }
        descriptor = nil
        pending = []
    }
}
