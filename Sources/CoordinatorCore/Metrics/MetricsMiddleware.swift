import Basics
import Hummingbird

/// Counts every answer and the time until it began. Outermost, so that it sees the problem documents, too.
struct MetricsMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let routes: [Route]
    let metrics: CoordinatorMetrics
    let now: @Sendable () -> MonotonicTime

    private static let methods: Set = ["GET", "POST", "PUT", "DELETE"]

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let start = now()
        let response = try await next(request, context)
        let method = request.method.rawValue
        metrics.answered(
            .init(
                method: Self.methods.contains(method) ? method : "other", route: route(of: request.uri.path),
                status: response.status.code), seconds: (now() - start).inSeconds)
        return response
    }

    private func route(of path: String) -> String {
        routes.first { $0.covers(path) }?.path.replacing(":id", with: "{id}") ?? "other"
    }
}
