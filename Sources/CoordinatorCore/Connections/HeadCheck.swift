import NIOCore
import NIOHTTP1

/// A request that is HTTP in form only.
struct MalformedHead: Error {
    /// For a person.
    let message: String
}

/// Looks at what the HTTP library lets pass: the first byte of a request, its version, its Host.
///
/// Stands between the HTTP decoder and everything that speaks of requests without their version.
final class HeadCheck: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private var hasFailed = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasFailed else { return }
        if case .head(let head) = unwrapInboundIn(data),
            let problem = Self.problem(with: head, isLocal: RemoteAddress.key(context.remoteAddress) == nil)
        {
            hasFailed = true
            return context.fireErrorCaught(MalformedHead(message: problem))
        }
        context.fireChannelRead(data)
    }

    private static func problem(with head: HTTPRequestHead, isLocal: Bool) -> String? {
        guard head.version == .http1_1 || head.version == .http1_0 else {
            return "found HTTP/\(head.version.major).\(head.version.minor), expected HTTP/1.1"
        }
        let hosts = head.headers["host"].count
        // On a local socket there is no host to name, and clients leave it out.
        if hosts > 1 || hosts == 0 && head.version == .http1_1 && !isLocal { return "found \(hosts) Host headers, expected one" }
        if head.headers["authorization"].count > 1 { return "found several Authorization headers, expected at most one" }
        guard head.uri.hasPrefix("/") else { return "the request's target must be a path" }
        // Two readers of such a request could disagree on where it ends (RFC 9112, section 6.1).
        if head.headers.contains(name: "transfer-encoding")
            && (head.headers.contains(name: "content-length") || head.version == .http1_0)
        {
            return "found Transfer-Encoding where it cannot be"
        }
        return nil
    }
}

/// Tells the guard that bytes of a request have arrived, even if they do not make a head yet.
final class ByteWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let onBytes: (ChannelHandlerContext) -> Void

    init(_ onBytes: @escaping (ChannelHandlerContext) -> Void) { self.onBytes = onBytes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        onBytes(context)
        context.fireChannelRead(data)
    }
}
