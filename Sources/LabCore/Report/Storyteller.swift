import Basics
import Glibc
import LabReport
import LinuxProcess
import ScenarioModel
import Synchronization
import Timing

/// In what form a run tells its story on standard output.
public enum StoryForm: String, Sendable, Hashable, CaseIterable {
    /// Lines for a person; on a terminal with colours, and with one line that shows what is being waited for.
    case text
    /// A `StoryEvent` a line, nothing else.
    case json
    /// For a person, the last lines only.
    case quiet
}

/// Tells the story of a run as it goes.
public struct Storyteller: Sendable {
    private let scenario: String
    private let form: StoryForm
    private let start: MonotonicTime
    private let text: StoryText
    private let screen: Screen

    /// - Parameter start: what the times in the left column count from.
    public init(scenario: String, start: MonotonicTime, form: StoryForm) {
        self.scenario = scenario
        self.start = start
        self.form = form
        let isTerminal = isatty(STDOUT_FILENO) == 1
        text = StoryText(isStyled: isTerminal && getenv("NO_COLOR") == nil)
        screen = Screen(isTerminal: isTerminal && form == .text)
    }

    public func header(title: String, seed: UInt64, machines: Int, output: String) {
        var event = event(.start, title)
        event.start = StoryEvent.Start(seed: seed, machines: machines, kernel: Kernel.release, output: output)
        tell(event)
    }

    public func step(_ what: String) { tell(event(.step, what)) }

    public func check(_ result: Report.CheckResult) {
        var event = event(.check)
        event.check = StoryEvent.CheckNews(result)
        tell(event)
    }

    /// The run pauses at a mark.
    func pause(at mark: String, title: String?) {
        var event = event(.pause, title ?? mark)
        event.mark = mark
        tell(event)
    }

    func mesh(_ mesh: StoryEvent.Mesh) {
        var event = event(.mesh)
        event.mesh = mesh
        tell(event)
    }

    public func remark(_ text: String) { tell(event(.note, text)) }

    public func footer(_ report: Report, folder: String) {
        let failed = report.checks.filter { $0.outcome != .pass }
        var event = event(.end)
        event.end = StoryEvent.End(
            outcome: report.outcome.rawValue, passed: report.checks.count - failed.count, checks: report.checks.count,
            seconds: report.seconds, output: folder, error: report.error, failed: failed.map { StoryEvent.CheckNews($0) })
        tell(event)
    }

    /// Shows that a check waits, until the result is told to end.
    func waiting(_ check: Check, id: String, begin: MonotonicTime, bound: Duration?) -> Waiting {
        let story = self
        return Waiting(
            task: Task {
                var rounds = 0
                while !Task.isCancelled {
                    story.stillWaiting(check, id: id, begin: begin, bound: bound, rounds: rounds)
                    rounds += 1
                    try? await Task.sleep(for: .milliseconds(200))
                }
            }, screen: screen)
    }

    /// A wait that is being shown.
    struct Waiting {
        fileprivate let task: Task<Void, Never>
        fileprivate let screen: Screen

        func end() {
            task.cancel()
            screen.clear()
        }
    }

    private func stillWaiting(_ check: Check, id: String, begin: MonotonicTime, bound: Duration?, rounds: Int) {
        var event = event(.waiting)
        event.check = StoryEvent.CheckNews(
            id: id, title: check.title ?? "", outcome: nil,
            seconds: ((MonotonicTime.now - begin).inSeconds * 1_000).rounded() / 1_000,
            bound: bound?.inSeconds, detail: nil)
        guard let news = event.check else { return }
        if screen.isTerminal { screen.show(text.waiting(news, at: event.at)) }
        if form == .json, rounds % 5 == 0 { tell(event) }
        // Whoever reads a log file wants to know that a long wait goes on, but not five times a second.
        if form == .text, !screen.isTerminal, rounds > 0, rounds % 50 == 0 {
            screen.write(text.waiting(news, at: event.at) + "\n")
        }
    }

    private func event(_ kind: StoryEvent.Kind, _ text: String? = nil) -> StoryEvent {
        StoryEvent(event: kind, scenario: scenario, at: (MonotonicTime.now - start).inSeconds, text: text)
    }

    private func tell(_ event: StoryEvent) {
        switch form {
        case .json: screen.write(event.line)
        case .text: screen.write(text.lines(of: event))
        case .quiet: if event.event == .end { screen.write(text.lines(of: event)) }
        }
    }
}

/// Standard output, with one line at its end that comes and goes.
final class Screen: Sendable {
    let isTerminal: Bool
    /// Whether the line is there now.
    private let isShown = Mutex(false)

    init(isTerminal: Bool) { self.isTerminal = isTerminal }

    /// Writes whole lines, above the line that comes and goes. One write, at once: whoever watches a pipe sees the story as it goes.
    func write(_ text: String) {
        isShown.withLock { shown in
            Self.put((shown ? "\r\u{1b}[K" : "") + text)
            shown = false
        }
    }

    /// Replaces the line that comes and goes; cut to the width of the terminal.
    func show(_ line: String) {
        let width = PseudoTerminal.columns(of: STDOUT_FILENO) ?? 80
        isShown.withLock { shown in
            Self.put("\r\u{1b}[K" + Self.cut(line, to: width - 1))
            shown = true
        }
    }

    func clear() {
        isShown.withLock { shown in
            if shown { Self.put("\r\u{1b}[K") }
            shown = false
        }
    }

    /// The first characters, colours not counted.
    static func cut(_ text: String, to width: Int) -> String {
        var cut = ""
        var count = 0
        var isEscape = false
        for character in text {
            if character == "\u{1b}" { isEscape = true }
            if !isEscape {
                guard count < width else { continue }
                count += 1
            }
            cut.append(character)
            if isEscape, character.isLetter { isEscape = false }
        }
        return cut
    }

    private static func put(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(STDOUT_FILENO, rest.baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }
}

extension Slice where Base == UnsafeBufferPointer<UInt8> {
    fileprivate var baseAddress: UnsafeRawPointer? {
        UnsafeBufferPointer(rebasing: self).baseAddress.map { UnsafeRawPointer($0) }
    }
}
