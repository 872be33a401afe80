import Basics
import ControlProtocol
import Hummingbird

/// Bounds what an address can make the coordinator do without a credential.
struct LimitMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let limits: RequestLimits

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let address = context.remoteAddress
        let path = request.uri.path
        if path == APIPath.challenges {
            try limits.count(address)
        } else if path == APIPath.machines, request.method == .post {
            try limits.check(address)
        }
        do {
            return try await next(request, context)
        } catch let error as CodedError where ProblemMiddleware.statuses[error.code] == .unauthorized {
            try limits.count(address)
            throw error
        }
    }
}
