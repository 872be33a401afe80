import Basics
import ControlProtocol
import FoundationEssentials
import Glibc
import HTTPServing
import Hummingbird
import HummingbirdCore
import LinuxProcess
import Logging
import NIOCore
import Observability

/// What the agent does for programs of this machine.
struct ControlActions: Sendable {
    /// The status, with round trips if some time may be spent on them.
    let status: @Sendable (_ measuring: Duration?) async -> AgentStatus
    /// Throws a `CodedError` that says why the key was not changed.
    let rotateKey: @Sendable () async throws -> Void
    /// Throws a `CodedError` that says why this machine is still in the mesh.
    let leave: @Sendable (_ force: Bool) async throws -> Left
    /// Prometheus text.
    let metrics: @Sendable () async -> String
    /// Ends the agent, a moment later.
    let end: @Sendable () -> Void
}

/// HTTP on a Unix socket for the programs of this machine (0600: for this user alone).
struct ControlServer: Sendable {
    /// Path of the socket, at most 107 bytes.
    let socket: String
    let logger: Logger
    let actions: ControlActions
    let memory: LogMemory

    /// The most bytes of a request's body.
    private static let bodyLimit = 4_096

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
            router: router(), server: .safe(), configuration: .init(address: .unixDomainSocket(path: path)),
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
        router.get("\(AgentPath.status)") { request, _ in
            try Self.answer(.ok, "application/json", await actions.status(Self.measuring(request)))
        }
        router.post("\(AgentSettings.keyPath)") { _, _ in
            try await actions.rotateKey()
            return try Self.answer(.ok, "application/json", await actions.status(nil))
        }
        router.post("\(AgentPath.leave)") { request, _ in
            let bytes = try await request.body.collect(upTo: Self.bodyLimit)
            guard let wanted = try? JSONDecoder().decode(LeaveRequest.self, from: Data(bytes.readableBytesView)) else {
                throw CodedError("bad-request", "the body must be an object with \"force\": true or false")
            }
            let left = try await actions.leave(wanted.force)
            actions.end()
            return try Self.answer(.ok, "application/json", left)
        }
        router.post("\(AgentPath.stop)") { _, _ in
            actions.end()
            return try Self.answer(.ok, "application/json", Stopping(pid: getpid()))
        }
        router.get("\(AgentPath.logs)") { request, _ in try LogAnswer(request, memory: memory).response() }
        router.get("\(AgentPath.metrics)") { _, _ in
            let body = ByteBuffer(string: await actions.metrics())
            return Response(status: .ok, headers: [.contentType: PrometheusText.mediaType], body: .init(byteBuffer: body))
        }
        return router
    }

    /// Nil: no round trips.
    private static func measuring(_ request: Request) throws -> Duration? {
        guard let text = request.uri.queryParameters["measure"] else { return nil }
        guard let milliseconds = Int(text), (0...AgentPath.longestMeasurement).contains(milliseconds) else {
            throw CodedError(
                "bad-request", "measure is \"\(text.prefix(40))\"; allowed are 0 to \(AgentPath.longestMeasurement) milliseconds")
        }
        return milliseconds == 0 ? nil : .milliseconds(milliseconds)
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
