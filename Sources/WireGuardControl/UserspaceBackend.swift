import Basics
import Glibc
import LinuxProcess
import Synchronization
import WireGuardModel

/// WireGuard by way of wireguard-go: a process that holds a TUN interface and is configured over a Unix socket.
public final class UserspaceBackend: WireGuardBackend {
    public let name = "wireguard-go"
    public let reason: String
    public let interface: String
    let client: UAPIClient
    let log: ProcessLog
    let server = Mutex<DeviceServer?>(nil)

    /// Where wireguard-go puts its sockets; it cannot be told otherwise.
    public static let socketDirectory = "/var/run/wireguard"
    /// How long wireguard-go may take until its socket answers.
    static let startLimit = Duration.seconds(5)
    /// How long it may take to answer; one that hangs must not hold up the end of the agent.
    static let answerLimit = Duration.milliseconds(800)
    /// How long it may take to end before it is killed.
    static let stopGrace = Duration.milliseconds(1_500)

    /// - Parameters:
    ///   - interface: 1…15 bytes, see `isPossible`.
    ///   - logFile: where wireguard-go prints to; made if it is missing.
    ///   - reason: why it is this backend.
    public init(interface: String, logFile: String, reason: String = WireGuardBackendReason.asked) {
        self.interface = interface
        self.reason = reason
        client = UAPIClient(path: "\(Self.socketDirectory)/\(interface).sock", limit: Self.answerLimit)
        log = ProcessLog(path: logFile)
    }

    /// Whether the kernel allows an interface of that name.
    public static func isPossible(interface: String) -> Bool {
        (1...15).contains(interface.utf8.count) && interface != "." && interface != ".."
            && interface.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
    }

    public func read() throws(CodedError) -> WireGuardDevice { try client.read() }

    public func apply(_ change: DeviceChange) throws(CodedError) { try client.apply(change) }

    public func complaints() -> [String] { log.newLines() }

    public func waitForEnd() async -> String {
        guard let current = server.withLock({ $0 }) else { return "it was not started" }
        return await current.waitForEnd()
    }

    public func close() async {
        guard let current = server.withLock({ $0.take() }) else { return }
        // Also within a cancelled task: the end of a program is where this is needed.
        await Task.detached { await current.terminate(grace: Self.stopGrace) }.value
        removeSocket()
    }

    /// Removes the socket file; only one that no process serves any more is passed to this.
    func removeSocket() {
        var status = stat()
        guard lstat(client.path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        unlink(client.path)
    }

    /// Whether a wireguard-go serves the interface: one that an earlier run left behind.
    var isServed: Bool { interfaceExists && (try? client.read()) != nil }

    /// Whether the interface exists in this network namespace.
    var interfaceExists: Bool { if_nametoindex(interface) != 0 }
}
