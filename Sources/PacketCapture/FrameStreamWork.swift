import Basics
import CLinux
import Glibc
import LinuxProcess
import PacketModel
import Timing

/// What the thread of a `FrameStream` does.
final class FrameStreamWork {
    private let settings: FrameStream.Settings
    private let ring: CaptureRing
    private let output: Int32
    private let wake: Int32
    private var names: LinkNames
    private var links = 0
    private var pending: [UInt8] = []
    /// So many of the pending bytes are written already.
    private var sent = 0
    private var end = FrameStream.End(reason: .asked, frames: 0, lost: 0, bytes: 0)
    /// Set once the end is near: why, and when the last frames that were there before have come out of the kernel.
    private var ending: (reason: FrameStream.End.Reason, at: MonotonicTime)?

    /// So much may wait for a reader; what comes then waits in the kernel's ring.
    private static let pendingLimit = 4 << 20
    /// A pipe of which poll(2) says that it can be written to takes so much without blocking (PIPE_BUF).
    private static let pipeChunk = 4_096
    private static let fileChunk = 256 << 10
    /// How long a reader may take for the rest when everything is over.
    private static let patience = Duration.seconds(2)

    init(_ settings: FrameStream.Settings, ring: CaptureRing, output: Int32, wake: Int32) {
        self.settings = settings
        self.ring = ring
        self.output = output
        self.wake = wake
        names = LinkNames(resolve: settings.resolve)
        append(Pcapng.section(application: "warren lab \(Version.current)"))
        if !settings.names.isEmpty { append(Pcapng.names(settings.names)) }
    }

    func run() -> FrameStream.End {
        Self.blockBrokenPipe()
        let deadline = settings.duration.map { MonotonicTime.now + $0 }
        while true {
            while waiting < Self.pendingLimit, drain() > 0 {}
            if let ending, ending.at <= .now { break }
            wait(until: ending?.at ?? deadline)
            if ending == nil, let deadline, deadline <= .now { endSoon(.time) }
        }
        end.lost += ring.lost()
        ring.end()
        let rest = MonotonicTime.now + Self.patience
        while waiting > 0, MonotonicTime.now < rest { wait(until: rest) }
        if waiting > 0 { endNow(.failed, "the reader did not take the last \(waiting) bytes") }
        close(output)
        end.reason = ending?.reason ?? .asked
        return end
    }

    /// What was on the wire by now lies in the ring after the kernel has handed its block over.
    private func endSoon(_ reason: FrameStream.End.Reason) {
        guard ending == nil else { return }
        ending = (reason, .now + CaptureRing.retire + CaptureRing.retire)
    }

    /// Nothing can be written any more.
    private func endNow(_ reason: FrameStream.End.Reason, _ problem: String? = nil) {
        ending = (reason, .now)
        end.problem = problem
        sent = pending.count
    }

    /// Takes one batch out of the ring and returns its size.
    private func drain() -> Int {
        ring.read { frame, bytes in take(frame, bytes) }
    }

    private func take(_ frame: warren_frame, _ bytes: UnsafeRawBufferPointer) {
        if case .limit = ending?.reason { return }
        let link = names.number(of: frame.index, socket: ring.socket) { link in
            let owner = link.machine.map { "machine \($0)" } ?? "between switches or to a router"
            append(Pcapng.interface(name: link.name, description: owner, snapLength: 0))
            links += 1
            return links - 1
        }
        guard let link else { return }
        let block = Pcapng.packet(
            interface: UInt32(clamping: link), time: UInt64(clamping: frame.time), bytes: bytes, length: frame.length,
            direction: frame.leaving == 1 ? .leaving : .entering)
        guard end.bytes + block.count <= settings.limit else { return endSoon(.limit) }
        append(block)
        end.frames += 1
    }

    private var waiting: Int { pending.count - sent }

    private func append(_ block: [UInt8]) {
        pending += block
        end.bytes += block.count
    }

    /// Waits for frames, for room in the pipe, or to be asked for the end.
    private func wait(until deadline: MonotonicTime?) {
        // After the end there is no ring, and while too much is pending nothing is taken out of it.
        let isTaking = ring.isOpen && waiting < Self.pendingLimit
        var sources = [
            pollfd(fd: isTaking ? ring.socket : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: ending == nil ? wake : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: output, events: waiting == 0 ? 0 : Int16(POLLOUT), revents: 0),
        ]
        let rest = deadline.map { Int32(clamping: max(0, ($0 - .now).wholeMilliseconds) + 1) } ?? 1_000
        guard poll(&sources, nfds_t(sources.count), min(rest, 1_000)) > 0 else { return }
        if sources[1].revents != 0 { endSoon(.asked) }
        if sources[2].revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 { return endNow(.closed) }
        if sources[2].revents & Int16(POLLOUT) != 0 { writeSome() }
    }

    private func writeSome() {
        var status = stat()
        let isFile = fstat(output, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        let size = min(waiting, isFile ? Self.fileChunk : Self.pipeChunk)
        let written = pending.withUnsafeBytes { Glibc.write(output, $0.baseAddress.map { $0 + sent }, size) }
        if written >= 0 {
            sent += written
            guard waiting == 0 || sent > 1 << 20 else { return }
            pending.removeFirst(sent)
            sent = 0
        } else if errno == EPIPE {
            endNow(.closed)
        } else if errno != EINTR, errno != EAGAIN {
            endNow(.failed, errorText(errno))
        }
    }

    /// A pipe whose reader has gone is told by write(2), not by a signal that ends the process.
    private static func blockBrokenPipe() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
