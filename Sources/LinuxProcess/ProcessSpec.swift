import Glibc

/// A program to start.
public struct ProcessSpec: Sendable {
    /// Absolute path.
    public var executable: String
    /// Without the program's own name, which is its path.
    public var arguments: [String]
    /// The whole environment; nil: this process's own.
    public var environment: [String: String]?
    /// Nil: this process's own.
    public var workingDirectory: String?
    /// Descriptors of the caller that become 0, 1 and 2; nil: `/dev/null`. They stay open in the caller.
    public var standardInput: Int32?
    public var standardOutput: Int32?
    public var standardError: Int32?
    /// The pidfd of a process whose network, mount, UTS, IPC and PID namespaces to start in; nil: the caller's own.
    public var namespacesOf: Int32?
    /// Whether standard input is a terminal that becomes the controlling one of the program's session.
    public var takesTerminal = false

    public init(
        executable: String, arguments: [String] = [], environment: [String: String]? = nil, workingDirectory: String? = nil,
        standardInput: Int32? = nil, standardOutput: Int32? = nil, standardError: Int32? = nil, namespacesOf: Int32? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.standardInput = standardInput
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.namespacesOf = namespacesOf
    }
}

/// How a process ended.
public enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
    case exited(Int32)
    case signaled(Int32)

    public var isSuccess: Bool { self == .exited(0) }

    public var description: String {
        switch self {
        case .exited(let code): "exit \(code)"
        case .signaled(let number): "signal \(number)"
        }
    }
}

/// The absolute path of a program: from `PATH`, then from the folders that hold system programs even where `PATH` lacks them.
public func findExecutable(_ name: String) -> String? {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let folders = path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    return folders.lazy.filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
}
