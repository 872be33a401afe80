import Basics
import ControlProtocol
import FoundationEssentials
import Glibc
import Hummingbird
import LinuxProcess
import Logging
import NIOCore
import Observability

/// HTTP on a Unix socket for the programs of this machine (0600: for this user alone).
struct ControlServer: Sendable {
    /// Path of the socket, at most 107 bytes.
    let socket: String
    let logger: Logger
    let status: @Sendable () async -> AgentStatus
    /// Throws a `CodedError` that says why the key was not changed.
    let rotateKey: @Sendable () async throws -> Void

    /// A socket that nobody answers on is a leftover and will be replaced; one that somebody answers on is not ours to take.
    ///
    /// - Throws: `control-socket` or `already-running`.
    func check() throws(CodedError) {
        guard socket.utf8.count <= 107 else {
            throw CodedError("control-socket", "the path \(socket) is too long for a socket: at most 107 bytes are allowed")
        }
        guard UnixSocket.complaint(about: socket) == nil else { return }
        throw CodedError(
            "already-running", "another agent answers on \(socket): stop it, or give this one another --run-dir")
    }

    /// Serves until the task is cancelled; the socket is gone afterwards.
    ///
    /// - Throws: `CodedError` with code `control-socket`.
    func run() async throws {
        defer { unlink(socket) }
        // Hummingbird's own messages are no events of the dictionary; being told to stop is an error to it.
        var quiet = logger
        quiet.logLevel = .critical
        let path = socket
        let events = logger
        let application = Application(
            router: router(), configuration: .init(address: .unixDomainSocket(path: path)),
            onServerRunning: { _ in
                guard chmod(path, 0o600) != 0 else { return }
                events.event(
                    "control-open-to-others", "the mode of the control socket could not be set: \(errorText(errno))",
                    ["socket": "\(path)"], level: .error)
            }, logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw CodedError("control-socket", "the control socket \(path) cannot be opened", cause: error)
        }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: ProblemMiddleware())
        router.get("/v1/status") { _, _ in try Self.answer(.ok, "application/json", await status()) }
        router.post("\(AgentSettings.keyPath)") { _, _ in
            try await rotateKey()
            return try Self.answer(.ok, "application/json", await status())
        }
        return router
    }

    static func answer(_ status: HTTPResponse.Status, _ type: String, _ value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }
}

/// Turns every error into a problem document.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as any HTTPResponseError {
            let isMissing = error.status == .notFound
            let problem = Problem(
                status: error.status.code, code: isMissing ? "not-found" : "bad-request",
                detail: isMissing ? "there is nothing at \(request.uri.path.prefix(200))" : error.status.reasonPhrase)
            return try ControlServer.answer(error.status, Problem.mediaType, problem)
        } catch let error as CodedError {
            let problem = Problem(status: HTTPResponse.Status.conflict.code, code: error.code, detail: error.message)
            return try ControlServer.answer(.conflict, Problem.mediaType, problem)
        } catch {
            let problem = Problem(status: 500, code: "internal", detail: "\(error)")
            return try ControlServer.answer(.internalServerError, Problem.mediaType, problem)
        }
    }
}
