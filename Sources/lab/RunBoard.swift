import Basics
import Glibc
import LabCore
import LinuxProcess
import Synchronization
import Timing

/// Shows several runs that go on at once: on a terminal a line for each of them, everywhere each one's story whole when it is over.
final class RunBoard: Sendable {
    private struct Run {
        var label: String
        var story = ""
        var now = "starting"
        let since = MonotonicTime.now
        var bad = 0
    }

    private struct State {
        var runs: [Run] = []
        var done = 0
        /// How many lines of the board are on the terminal.
        var shown = 0
    }

    private let form: StoryForm
    private let total: Int
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private let text: StoryText
    private let state = Mutex(State())

    init(form: StoryForm, total: Int) {
        self.form = form
        self.total = total
        text = StoryText(isStyled: isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil)
    }

    /// A line that a run has printed.
    func take(_ line: String, of label: String) {
        let event = StoryEvent(line: line)
        if form == .json {
            Self.put(line + "\n", event == nil ? STDERR_FILENO : STDOUT_FILENO)
            return
        }
        state.withLock { state in
            let index = state.runs.firstIndex { $0.label == label } ?? state.runs.count
            if index == state.runs.count { state.runs.append(Run(label: label)) }
            if let event {
                if form == .text || event.event == .end { state.runs[index].story += text.lines(of: event) }
                if let now = Self.now(event) { state.runs[index].now = now }
                if let outcome = event.check?.outcome, outcome != "pass" { state.runs[index].bad += 1 }
            } else {
                state.runs[index].story += line + "\n"
            }
            draw(&state)
        }
    }

    /// A run is over: its story is told.
    func end(_ label: String) {
        guard form != .json else { return }
        state.withLock { state in
            state.done += 1
            guard let index = state.runs.firstIndex(where: { $0.label == label }) else { return }
            let run = state.runs.remove(at: index)
            erase(&state)
            Self.put(run.story + (form == .text ? "\n" : ""), STDOUT_FILENO)
            draw(&state)
        }
    }

    /// Takes the board away.
    func clear() { state.withLock { erase(&$0) } }

    private func erase(_ state: inout State) {
        guard isTerminal, state.shown > 0 else { return }
        Self.put("\u{1b}[\(state.shown)A\u{1b}[J", STDOUT_FILENO)
        state.shown = 0
    }

    private func draw(_ state: inout State) {
        guard isTerminal else { return }
        erase(&state)
        let width = (PseudoTerminal.columns(of: STDOUT_FILENO) ?? 80) - 1
        var lines = ["\(state.done) of \(total) runs done"]
        for run in state.runs {
            let seconds = StoryText.fixed((MonotonicTime.now - run.since).inSeconds, 0)
            lines.append("  \(run.label), \(seconds) s\(run.bad > 0 ? ", \(run.bad) not passed" : ""): \(run.now)")
        }
        Self.put(lines.map { $0.prefix(width) + "\n" }.joined(), STDOUT_FILENO)
        state.shown = lines.count
    }

    /// What a run does, in a few words.
    private static func now(_ event: StoryEvent) -> String? {
        switch event.event {
        case .step, .note: event.text
        case .waiting:
            event.check.map { check in
                let bound = check.bound.map { " of \(StoryText.fixed($0, 1))" } ?? ""
                return "waits for \(check.id), \(StoryText.fixed(check.seconds, 1))\(bound) s"
            }
        default: nil
        }
    }

    private static func put(_ text: String, _ descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var done = 0
            while done < bytes.count {
                let written = write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                done += written
            }
        }
    }
}
