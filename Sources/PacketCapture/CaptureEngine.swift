import Basics
import CLinux
import Glibc
import LinuxProcess
import MeshModel
import PacketModel
import Synchronization
import Timing

/// What the capturing thread and its owner share.
final class CaptureEngine: Sendable {
    /// Everything that changes. The thread holds the lock while it handles a batch of frames, a few milliseconds at most.
    private struct State {
        var judge: WireJudge
        var file: CaptureFile
        var names: LinkNames
        var lost: UInt64 = 0
        var ignored: UInt64 = 0
        /// The time of the newest frame, nanoseconds since 1970.
        var newest: Int64 = 0
        var processorSeconds = 0.0
        var flushes: [(asked: Int64, done: OneShot<Bool>)] = []
        var stopAsked: Int64?
        var hasEnded = false
    }

    /// Used by the thread alone once it runs.
    private struct Ring: @unchecked Sendable {
        let ring: CaptureRing
    }

    private let settings: WireCapture.Settings
    private let ring: Ring
    private let state: Mutex<State>
    /// An eventfd: something other than frames is to be done.
    private let wake: Int32
    let ended = OneShot<Bool>()
    /// Frames of several processors may lie in the ring in another order than they were stamped: by less than this, in nanoseconds.
    private static let disorder: Int64 = 10_000_000

    init(_ settings: WireCapture.Settings, socket: Int32) throws(CodedError) {
        self.settings = settings
        ring = Ring(
            ring: try CaptureRing(
                socket: socket, bytes: settings.ringBytes, includesFloodedCopies: settings.includesFloodedCopies))
        let judge = try WireJudge(settings.judge)
        var file = try CaptureFile(path: settings.file, limit: settings.fileLimit)
        for (address, machine) in settings.judge.machines.sorted(by: { $0.key < $1.key }) { file.name(address, machine) }
        var descriptor: Int32 = -1
        let error = warren_capture_wake(&descriptor)
        guard error == 0 else {
            file.finish()
            throw CodedError("capture.thread", "cannot make an eventfd: \(errorText(error))")
        }
        wake = descriptor
        state = Mutex(State(judge: judge, file: file, names: LinkNames(resolve: settings.resolve)))
    }

    deinit { close(wake) }

    // MARK: For the owner

    func register(_ index: Int32, _ link: CapturedLink) {
        state.withLock { state in
            if let number = state.names.known(index) {
                state.judge.update(number, to: link)
            } else {
                state.names.register(index, as: Self.add(link, settings, &state.judge, &state.file))
            }
        }
    }

    func learn(_ address: IPAddress, _ machine: String) {
        state.withLock { state in
            state.judge.learn(address, of: machine)
            state.file.name(address, machine)
        }
    }

    func add(_ meshAddress: IPAddress) throws(CodedError) {
        try state.withLock { state throws(CodedError) in try state.judge.add(meshAddress: meshAddress) }
    }

    func report(_ talking: [MachinePair]?) -> CaptureReport {
        // The judge is a value: what it says is worked out from a copy, without holding the thread up.
        let (judge, lost, file, ignored, seconds) = state.withLock { state in
            (
                state.judge, state.lost, (state.file.written, state.file.omitted, state.file.problem), state.ignored,
                state.processorSeconds
            )
        }
        return CaptureReport(
            verdict: judge.verdict(talking: talking, kernelDrops: lost), written: file.0, omitted: file.1, fileProblem: file.2,
            ignored: ignored, processorSeconds: seconds)
    }

    func flush(_ done: OneShot<Bool>) {
        let hasEnded = state.withLock { state in
            if !state.hasEnded { state.flushes.append((Self.wallClock(), done)) }
            return state.hasEnded
        }
        if hasEnded { done.set(true) } else { signal() }
    }

    func stop() {
        state.withLock { $0.stopAsked = $0.stopAsked ?? Self.wallClock() }
        signal()
    }

    private func signal() {
        var one: UInt64 = 1
        // It fails only when the counter is full, and then the thread wakes anyway.
        _ = write(wake, &one, 8)
    }

    private static func wallClock() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    // MARK: The thread

    /// - Throws: `capture.thread`.
    func startThread() throws(CodedError) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let error = pthread_create(&thread, nil, captureThread, context.toOpaque())
        guard error == 0 else {
            context.release()
            throw CodedError("capture.thread", "cannot start a thread: \(errorText(error))")
        }
        pthread_detach(thread)
    }

    fileprivate func run() {
        repeat {
            while drain() > 0, !isStopping { settle() }
            settle()
        } while wait()
        // What was there when the end was asked for, not what keeps coming.
        while drain() > 0, !isPastTheEnd {}
        ring.ring.end()
        state.withLock { $0.hasEnded = true }
        settle()
        state.withLock { $0.file.finish() }
        ended.set(true)
    }

    private var isStopping: Bool { state.withLock { $0.stopAsked != nil } }

    private var isPastTheEnd: Bool {
        state.withLock { state in state.stopAsked.map { state.newest > $0 + Self.disorder } ?? false }
    }

    /// Waits for frames or for a wake. Returns false when it is time to end.
    private func wait() -> Bool {
        let (isStopping, isAwaited) = state.withLock { ($0.stopAsked != nil, !$0.flushes.isEmpty) }
        if isStopping { return false }
        var sources = [
            pollfd(fd: ring.ring.socket, events: Int16(POLLIN), revents: 0), pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        // Somebody waits for a moment without frames.
        poll(&sources, 2, isAwaited ? Int32(CaptureRing.retire.wholeMilliseconds) : 1_000)
        var count: UInt64 = 0
        _ = read(wake, &count, 8)
        return true
    }

    /// Handles one batch and returns its size.
    private func drain() -> Int {
        state.withLock { state in
            let count = ring.ring.read { frame, bytes in handle(frame, bytes, &state) }
            state.lost += ring.ring.lost()
            return count
        }
    }

    private func handle(_ captured: warren_frame, _ bytes: UnsafeRawBufferPointer, _ state: inout State) {
        state.newest = max(state.newest, captured.time)
        let link = state.names.number(of: captured.index, socket: ring.ring.socket) { [settings] link in
            Self.add(link, settings, &state.judge, &state.file)
        }
        guard let link else {
            state.ignored += 1
            return
        }
        let frame = WireFrame(
            link: link, direction: captured.leaving == 1 ? .leaving : .entering, time: captured.time,
            length: Int(captured.length),
            number: state.file.written + 1)
        let note = state.judge.judge(frame, bytes)
        let isShort = note.isWireGuardData && note.finding == nil
        state.file.add(
            frame, bytes, snapLength: isShort ? settings.dataSnapLength : settings.snapLength, finding: note.finding)
    }

    private static func add(
        _ link: CapturedLink, _ settings: WireCapture.Settings, _ judge: inout WireJudge, _ file: inout CaptureFile
    ) -> Int {
        file.add(link, snapLength: settings.snapLength)
        return judge.add(link)
    }

    /// Answers those whose frames have all been handled: a newer one has, or there was none for so long that the kernel would have handed it over.
    private func settle() {
        var used = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used)
        let done = state.withLock { state in
            state.processorSeconds = Double(used.tv_sec) + Double(used.tv_nsec) / 1e9
            let now = Self.wallClock()
            let quiet = 3 * CaptureRing.retire.wholeNanoseconds
            let ready = state.flushes.filter {
                state.hasEnded || state.newest > $0.asked + Self.disorder || now - $0.asked > quiet
            }
            guard !ready.isEmpty else { return ready.map(\.done) }
            state.file.flush()
            state.flushes.removeAll { flush in ready.contains { $0.done === flush.done } }
            return ready.map(\.done)
        }
        for flush in done { flush.set(true) }
    }
}

/// Runs on the capture's own thread.
private func captureThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let engine = Unmanaged<CaptureEngine>.fromOpaque(context).takeRetainedValue()
    engine.run()
    return nil
}
