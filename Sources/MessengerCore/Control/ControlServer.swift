import Basics
import ControlProtocol
import Glibc
import HTTPServing
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Observability

/// HTTP on a Unix socket for the programs of this machine (0600: for this user alone).
struct ControlServer: Sendable {
    let socket: String
    let routes: ControlRoutes
    let logger: Logger

    /// Serves until the task is cancelled or shut down gracefully; the socket is gone afterwards.
    ///
    /// - Throws: `CodedError` with code `already-running` or `control-socket`.
    func run() async throws {
        try await checkSocket()
        defer { unlink(socket) }
        // Hummingbird's own messages are no events of the dictionary.
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        let path = socket
        let events = logger
        let application = Application(
            router: routes.router(), server: .safe(),
            configuration: .init(address: .unixDomainSocket(path: path)),
            onServerRunning: { _ in
                guard chmod(path, 0o600) == 0 else {
                    events.event(
                        "control-open-to-others", "The mode of the control socket could not be set",
                        ["socket": "\(path)", "error": "\(String(cString: strerror(errno)))"], level: .error)
                    return
                }
                events.event("control-listening", "Commands are taken on the control socket", ["socket": "\(path)"])
            },
            logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw CodedError("control-socket", "the control socket \(path) cannot be opened", cause: error)
        }
    }

    /// A socket that nobody answers on is a leftover, and is replaced; one that somebody answers on is not ours to take.
    private func checkSocket() async throws(CodedError) {
        guard socket.utf8.count <= 107 else {
            throw CodedError("control-socket", "the path \(socket) is too long for a socket: at most 107 bytes are allowed")
        }
        if await SocketProbe.complaint(about: socket) == nil {
            throw CodedError(
                "already-running", "another messenger answers on \(socket): stop it, or give this one another --run-dir")
        }
    }
}
