import Basics
import Glibc
import LabCore
import LinuxProcess
import ScenarioModel
import Timing

/// Shows a demo and takes the presenter's commands. One task owns it all.
struct DemoShow {
    let play: DemoPlay
    let scenario: Scenario
    /// Whether a pause ends by itself.
    var isAuto: Bool
    var pace: Duration
    let isDrawn: Bool

    private var state: DemoState
    private var text: DemoText
    private var keys: DemoKeys
    /// Lines that the presenter has given, and nobody has looked at yet.
    private var lines: [String] = []
    private var pausedSince: MonotonicTime?
    private var isActing = false
    private var actCount = 0
    private var interrupts = 0
    private let take: @Sendable (DemoPlay.Input) -> Void
    private let inputs: AsyncStream<DemoPlay.Input>

    /// More than this many things that wait to be shown are not kept: the oldest go, so that the end is never lost.
    private static let backlog = 10_000

    init(play: DemoPlay, scenario: Scenario, isAuto: Bool, pace: Duration, isDrawn: Bool) {
        self.play = play
        self.scenario = scenario
        self.isAuto = isAuto
        self.pace = pace
        self.isDrawn = isDrawn
        state = DemoState(scenario)
        text = DemoText()
        keys = DemoKeys(isTerminal: isDrawn)
        let (stream, continuation) = AsyncStream.makeStream(
            of: DemoPlay.Input.self, bufferingPolicy: .bufferingNewest(Self.backlog))
        inputs = stream
        take = { continuation.yield($0) }
    }

    /// - Returns: the exit code of the run.
    mutating func play() async -> Int32 {
        let (play, take) = (play, take)
        let follower = Task { await play.follow(take) }
        let clock = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(200))
                take(.tick)
            }
        }
        defer { clock.cancel() }
        listen()
        let screen = isDrawn ? DemoScreen() : nil
        var code: Int32 = 3
        for await input in inputs {
            if case .over(let end) = input {
                code = end
                break
            }
            handle(input)
            screen?.show(state, typed: keys.text, countdown: countdown)
        }
        await follower.value
        screen?.close()
        print(text.summary(state), terminator: "")
        return code
    }

    func run() async throws -> Int32 {
        var copy = self
        return await copy.play()
    }

    private func listen() {
        let take = take
        // Not to be waited for: it ends with the process.
        OwnThread.start {
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while true {
                let got = read(STDIN_FILENO, &buffer, buffer.count)
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { return take(.typedAll) }
                take(.typed(Array(buffer[..<got])))
            }
        }
    }

    // MARK: What comes in

    private mutating func handle(_ input: DemoPlay.Input) {
        switch input {
        case .event(let event):
            state.take(event)
            if event.event == .pause { pausedSince = .now }
            if !isDrawn { say(text.lines(of: event, in: state)) }
        case .line(let line): note(line)
        case .typed(let bytes):
            for typed in keys.take(bytes, isPaused: state.isPaused) {
                switch typed {
                case .line(let line): lines.append(line)
                case .interrupt: interrupt()
                }
            }
        case .typedAll:
            // Nobody will ever say go on.
            if !isAuto { (isAuto, pace) = (true, .zero) }
        case .tick: break
        case .acted(let said):
            isActing = false
            said.map { note($0) }
        case .stuck(let why):
            isActing = false
            note(why)
            state.isPaused = true
            pausedSince = .now
        case .over: break
        }
        obey()
    }

    /// Seconds until it goes on by itself.
    private var countdown: Int? {
        guard isAuto, let pausedSince, lines.isEmpty, !isActing else { return nil }
        return max(0, Int((pace - (MonotonicTime.now - pausedSince)).inSeconds.rounded(.up)))
    }

    /// Does what the presenter has said, or goes on when it is time.
    private mutating func obey() {
        guard state.isPaused, !isActing else { return }
        if !lines.isEmpty { return carryOut(lines.removeFirst()) }
        guard isAuto, keys.text.isEmpty, let pausedSince, MonotonicTime.now - pausedSince >= pace else { return }
        proceed()
    }

    private mutating func carryOut(_ line: String) {
        actCount += 1
        let command: DemoCommand
        do throws(CodedError) {
            command = try DemoCommand(line, machines: scenario.machineNames, number: actCount)
        } catch {
            return note(error.message)
        }
        // Whoever acts wants to look at what comes of it.
        pausedSince = .now
        let (play, take) = (play, take)
        func act(_ body: @escaping @Sendable () async throws -> [String]) {
            isActing = true
            Task {
                do {
                    let said = try await body()
                    take(.acted(said.joined(separator: "; ")))
                } catch {
                    take(.acted((error as? CodedError)?.message ?? "\(error)"))
                }
            }
        }
        switch command {
        case .proceed: proceed()
        case .quit: interrupt()
        case .help: for line in DemoCommand.helpText.split(separator: "\n") { note(String(line)) }
        case .step(let step): act { try await play.carryOut(step) }
        case .send(let from, let to, let text): act { [try await play.send(from: from, to: to, text: text)] }
        }
    }

    private mutating func proceed() {
        state.proceed()
        pausedSince = nil
        isActing = true
        let (play, take) = (play, take)
        Task {
            do {
                try await play.proceed()
                take(.acted(nil))
            } catch {
                take(.stuck((error as? CodedError)?.message ?? "\(error)"))
            }
        }
    }

    private mutating func interrupt() {
        interrupts += 1
        note(interrupts == 1 ? "ending: everything is taken down" : "killed")
        play.interrupt(interrupts == 1 ? SIGINT : SIGKILL)
    }

    private mutating func note(_ text: String) {
        state.note(text)
        if !isDrawn { say("  \(text)\n") }
    }

    private func say(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var done = 0
            while done < bytes.count {
                let written = write(STDOUT_FILENO, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                done += written
            }
        }
    }
}
