import Basics
import ControlProtocol
import Hummingbird

/// Counts what an address did without showing who it is. What costs the coordinator something before it knows looks at that count
/// first: see `RequestLimits.check`.
struct LimitMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let limits: RequestLimits

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as CodedError where Self.isUnproven(error) {
            try limits.count(context.remoteAddress)
            throw error
        }
    }

    /// Whether the request has failed before it was known who sent it, or because that was not proved.
    private static func isUnproven(_ error: CodedError) -> Bool {
        ProblemMiddleware.statuses[error.code] == .unauthorized
            || ["proof-invalid", "challenge-expired", "bad-request", "body-too-large"].contains(error.code)
    }
}
