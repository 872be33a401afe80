import Glibc

/// The signals that a scenario may send, by the names that it calls them.
public enum StepSignal {
    public static let numbers = [
        "KILL": SIGKILL, "TERM": SIGTERM, "INT": SIGINT, "HUP": SIGHUP, "STOP": SIGSTOP, "CONT": SIGCONT,
    ]

    /// The name of a signal, or its number in digits.
    public static func name(of number: Int32) -> String {
        numbers.first { $0.value == number }?.key ?? "\(number)"
    }
}
