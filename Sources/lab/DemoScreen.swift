import Glibc
import LabCore
import LinuxProcess

/// The presenter's terminal, while a demo has it for itself.
final class DemoScreen {
    private let before: termios?
    private let isStyled = getenv("NO_COLOR") == nil
    private var last: [String] = []
    private var size = (columns: 0, rows: 0)

    /// Takes the terminal: keys arrive one by one, and what was on it comes back at the end.
    init() {
        before = PseudoTerminal.makeRaw(STDIN_FILENO)
        put("\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J")
    }

    /// Draws what has changed.
    func show(_ state: DemoState, typed: String, countdown: Int?) {
        let now = PseudoTerminal.size(of: STDOUT_FILENO) ?? (80, 24)
        if now != size {
            size = now
            last = []
            put("\u{1b}[2J")
        }
        let lines = DemoPicture.lines(
            state, columns: size.columns, rows: size.rows, isStyled: isStyled, typed: typed, countdown: countdown)
        var text = ""
        for (row, line) in lines.enumerated() where row < size.rows && (row >= last.count || last[row] != line) {
            text += "\u{1b}[\(row + 1);1H\(line)\u{1b}[K"
        }
        last = lines
        if !text.isEmpty { put(text) }
    }

    /// Gives the terminal back.
    func close() {
        put("\u{1b}[?25h\u{1b}[?1049l")
        if let before { PseudoTerminal.restore(STDIN_FILENO, before) }
    }

    private func put(_ text: String) {
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
