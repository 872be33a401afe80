import Basics
import ControlProtocol
import Hummingbird
import NIOCore
import Observability

/// Turns every error into a problem document (RFC 9457).
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let routes: [Route]

    /// The HTTP status of each error code. What is not listed is this program's fault: 500.
    static let statuses: [String: HTTPResponse.Status] = [
        "bad-request": .badRequest,
        "credential-invalid": .unauthorized, "join-token-invalid": .unauthorized, "credential-missing": .unauthorized,
        "forbidden": .forbidden, "proof-invalid": .forbidden, "challenge-expired": .forbidden,
        "not-found": .notFound, "machine-unknown": .notFound, "token-unknown": .notFound,
        "method-not-allowed": .methodNotAllowed,
        "name-taken": .conflict, "key-taken": .conflict, "key-in-use": .conflict,
        "address-pool-exhausted": .conflict, "too-many-tokens": .conflict,
        "body-too-large": .contentTooLarge,
        "bad-http": .badRequest, "request-timeout": .requestTimeout, "headers-too-large": .requestHeaderFieldsTooLarge,
        "too-many-requests": .tooManyRequests,
        "busy": .serviceUnavailable, "stopping": .serviceUnavailable, "storage-failed": .serviceUnavailable,
    ]

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            return try response(to: error, request, context)
        }
    }

    /// Any error as one with a code.
    static func coded(_ error: any Error) -> CodedError {
        switch error {
        case let error as CodedError: error
        case is NIOTooManyBytesError:
            CodedError("body-too-large", "the body is larger than \(RequestReading.bodyLimit) bytes")
        default: CodedError("internal", "the coordinator failed to answer; its log says why", cause: error)
        }
    }

    private func response(to error: any Error, _ request: Request, _ context: APIContext) throws -> Response {
        var headers: HTTPFields = [:]
        let isMissing = (error as? any HTTPResponseError)?.status == .notFound
        let coded = isMissing ? missing(request, &headers) : Self.coded(error)
        let status = Self.statuses[coded.code] ?? .internalServerError
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        if status == .serviceUnavailable || status == .tooManyRequests { headers[.retryAfter] = "1" }
        if status.code >= 500 {
            context.logger.event(
                "request-failed", "a request could not be answered: \(coded)",
                ["code": "\(coded.code)", "path": "\(request.uri.path.prefix(200))"], level: .error)
        }
        let problem = Problem(status: status.code, code: coded.code, detail: coded.message)
        return try .json(problem, status: status, headers: headers, mediaType: Problem.mediaType)
    }

    /// A path that no route covers, or one that does not know the method.
    private func missing(_ request: Request, _ headers: inout HTTPFields) -> CodedError {
        let path = request.uri.path
        let allowed = routes.filter { $0.covers(path) }.map(\.method.rawValue).sorted().joined(separator: ", ")
        if allowed.isEmpty {
            return CodedError("not-found", "there is nothing at \(path.prefix(200)); API v1 is described in docs/api.md")
        }
        headers[.allow] = allowed
        return CodedError(
            "method-not-allowed",
            "\(request.method.rawValue.prefix(20)) is not possible at \(path.prefix(200)); allowed: \(allowed)")
    }
}
