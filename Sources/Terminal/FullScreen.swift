import Basics
import Glibc
import Synchronization

/// The terminal of this process, taken over for a program that draws all of it (termios(3), xterm's control sequences).
///
/// Whatever way the program ends that calls `leave`, the terminal is as it was: mode, screen, cursor.
public final class FullScreen: Sendable {
    private struct State {
        var isEntered = false
        /// How the terminal was before.
        var before: termios
    }

    /// Of a file description of its own: that it does not block is nobody else's business.
    let descriptor: Int32
    private let state: Mutex<State>

    /// How long a terminal may take nothing before it is given up, in milliseconds.
    static let patience: Int32 = 5_000

    /// Alternate screen, no automatic wrap, bracketed paste, empty.
    private static let entering = "\u{1b}[?1049h\u{1b}[?7l\u{1b}[?2004h\u{1b}[H\u{1b}[2J"
    private static let leaving = "\u{1b}[?2004l\u{1b}[?7h\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l"

    /// Whether there is a person: standard input and output are a terminal.
    public static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// Nothing is changed yet.
    ///
    /// - Throws: `CodedError` with code `terminal.open`.
    public init() throws(CodedError) {
        descriptor = open("/proc/self/fd/\(STDOUT_FILENO)", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        var before = termios()
        guard descriptor >= 0, tcgetattr(descriptor, &before) == 0 else {
            throw CodedError("terminal.open", "the terminal cannot be opened: \(String(cString: strerror(errno)))")
        }
        state = Mutex(State(before: before))
    }

    deinit { close(descriptor) }

    /// Takes the terminal over, also again after something else had it.
    ///
    /// - Throws: `CodedError`: `terminal.mode`, or as `write` does.
    public func enter() throws(CodedError) {
        try state.withLock { (state) throws(CodedError) in
            var raw = state.before
            cfmakeraw(&raw)
            guard tcsetattr(descriptor, TCSANOW, &raw) == 0 else {
                throw CodedError("terminal.mode", "the terminal's mode cannot be set: \(String(cString: strerror(errno)))")
            }
            state.isEntered = true
            try put(Self.entering)
        }
    }

    /// Gives the terminal back as it was. Nothing is written to it afterwards; keys that nobody has read are dropped, so
    /// that half a message is not taken for commands by the shell.
    public func leave() {
        state.withLock { state in
            guard state.isEntered else { return }
            state.isEntered = false
            // A terminal that takes nothing any more is still given its mode back.
            try? put(Self.leaving)
            tcflush(descriptor, TCIFLUSH)
            tcsetattr(descriptor, TCSANOW, &state.before)
        }
    }

    /// Writes, if the terminal is taken over.
    ///
    /// - Throws: `CodedError`: `terminal.gone`, or `terminal.stuck` if it takes nothing for five seconds.
    public func write(_ text: String) throws(CodedError) {
        try state.withLock { (state) throws(CodedError) in
            if state.isEntered { try put(text) }
        }
    }

    /// Columns and rows.
    public var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    private func put(_ text: String) throws(CodedError) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&wait, 1, Self.patience) != 0 else {
                    throw CodedError("terminal.stuck", "the terminal has taken nothing for \(Self.patience / 1_000) seconds")
                }
            } else if errno != EINTR {
                throw CodedError("terminal.gone", "the terminal is gone: \(String(cString: strerror(errno)))")
            }
        }
    }
}
