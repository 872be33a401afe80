import Basics
import CLinux
import Glibc
import Synchronization

/// A pseudo-terminal: what is written to one end comes out at the other as from a keyboard, and back as on a screen (pty(7)).
public final class PseudoTerminal: Sendable {
    /// The end of whoever plays the person.
    public let controller: Int32
    /// The end of the program.
    public let terminal: Int32

    /// - Throws: `terminal.open`.
    public init() throws(CodedError) {
        var controller: Int32 = -1
        var terminal: Int32 = -1
        let error = warren_open_terminal(&controller, &terminal)
        guard error == 0 else { throw CodedError("terminal.open", "cannot make a terminal: \(errorText(error))") }
        self.controller = controller
        self.terminal = terminal
    }

    /// Closes this process's copy of the program's end: once the program has closed its own, reading from the controller ends.
    public func closeTerminal() {
        if !isClosed.exchange(true, ordering: .relaxed) { close(terminal) }
    }

    private let isClosed = Atomic(false)

    deinit {
        close(controller)
        closeTerminal()
    }

    /// Gives one terminal the size of another. The kernel tells the programs on it (SIGWINCH).
    public static func copySize(from source: Int32, to target: Int32) {
        var size = winsize()
        guard ioctl(source, UInt(TIOCGWINSZ), &size) == 0 else { return }
        _ = ioctl(target, UInt(TIOCSWINSZ), &size)
    }

    /// Hands every key to the program as it is, and returns how the terminal was, for `restore`; nil if it is none.
    public static func makeRaw(_ descriptor: Int32) -> termios? {
        var before = termios()
        guard tcgetattr(descriptor, &before) == 0 else { return nil }
        var raw = before
        cfmakeraw(&raw)
        return tcsetattr(descriptor, TCSADRAIN, &raw) == 0 ? before : nil
    }

    /// Undoes `makeRaw`.
    public static func restore(_ descriptor: Int32, _ before: termios) {
        var before = before
        tcsetattr(descriptor, TCSADRAIN, &before)
    }

    /// How many columns a terminal has; nil if it is none.
    public static func columns(of descriptor: Int32) -> Int? { size(of: descriptor)?.columns }

    /// How many columns and rows a terminal has; nil if it is none.
    public static func size(of descriptor: Int32) -> (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}
