import Hummingbird
import MeshModel
import NIOCore

/// What a handler gets besides the request.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection that the request came on.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Whoever is there has shown a valid credential or join token.
    func welcome() { channel.pipeline.fireUserInboundEventTriggered(Welcome()) }

    /// The client's address as a key of tables; nil on a local socket.
    var remoteAddress: String? { RemoteAddress.key(channel.remoteAddress) }

    /// The client's address; nil on a local socket.
    var remoteIP: IPAddress? {
        guard let address = channel.remoteAddress?.ipAddress.flatMap({ IPAddress($0) }) else { return nil }
        // A socket for both families shows IPv4 clients as ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2).
        guard case .v6(0, let low) = address, low >> 32 == 0xffff else { return address }
        return .v4(UInt32(truncatingIfNeeded: low))
    }

    /// The client's address, for the log.
    var remote: String {
        guard let address = channel.remoteAddress, let ip = address.ipAddress, let port = address.port else { return "local" }
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }
}

/// One route of an API.
struct Route: Sendable {
    typealias Handler = @Sendable (Request, APIContext) async throws -> Response

    let method: HTTPRequest.Method
    /// Segments that start with a colon stand for anything.
    let path: String
    let handler: Handler

    init(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.handler = handler
    }

    /// Whether the route's path covers this one, whatever the method.
    func covers(_ other: String) -> Bool {
        let pattern = path.split(separator: "/")
        let segments = other.split(separator: "/")
        return pattern.count == segments.count && zip(pattern, segments).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
    }
}

extension [Route] {
    /// A router with these routes, all of whose errors are problem documents.
    ///
    /// - Parameters:
    ///   - outer: sees every answer as it goes out.
    ///   - inner: sees errors before they are problem documents.
    func router(
        outer: (any MiddlewareProtocol<Request, Response, APIContext>)? = nil,
        inner: (any MiddlewareProtocol<Request, Response, APIContext>)? = nil
    ) -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        if let outer { router.add(middleware: outer) }
        router.add(middleware: ProblemMiddleware(routes: self))
        if let inner { router.add(middleware: inner) }
        for route in self { router.on(RouterPath(route.path), method: route.method, use: route.handler) }
        return router
    }
}
