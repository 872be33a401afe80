import Basics
import ControlProtocol
import FoundationEssentials
import Hummingbird
import NIOCore

/// Answers of the control socket: JSON, or a problem document.
enum ControlAnswer {
    static func json(_ value: some Encodable) throws -> Response {
        try make(.ok, "application/json", value)
    }

    static func problem(_ error: CodedError) throws -> Response {
        let status: HTTPResponse.Status =
            switch error.code {
            case "bad-request", "bad-text", "bad-timeout", "bad-expiry": .badRequest
            case "busy", "interrupted", "not-a-member": .serviceUnavailable
            default: .internalServerError
            }
        return try make(status, Problem.mediaType, Problem(status: status.code, code: error.code, detail: error.description))
    }

    /// Any error as a problem document.
    static func problem(_ error: any Error) throws -> Response {
        if let error = error as? CodedError { return try problem(error) }
        if let error = error as? HTTPError {
            let code = error.status == .notFound ? "no-such-route" : "bad-request"
            return try make(
                error.status, Problem.mediaType,
                Problem(status: error.status.code, code: code, detail: error.body ?? error.status.reasonPhrase))
        }
        return try problem(CodedError("internal", "\(error)"))
    }

    private static func make(_ status: HTTPResponse.Status, _ type: String, _ value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: status, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }
}

/// Turns every error of a route into a problem document.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return try ControlAnswer.problem(error)
        }
    }
}
