import Basics
import NIOCore
import NIOHTTP1
import Synchronization

/// One request.
struct OutgoingRequest: Sendable {
    var method: HTTPMethod = .POST
    var path: String
    var bearer: String?
    var body: ByteBuffer?
}

/// One answer.
struct IncomingAnswer: Sendable {
    var status: UInt
    var body: ByteBuffer
}

/// A connection that does one request after the other, and connects anew when it was closed.
final class RequestConnection: ChannelInboundHandler, Sendable {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private struct Waiting: Sendable {
        let request: OutgoingRequest
        let promise: EventLoopPromise<IncomingAnswer>
    }
    private struct State {
        var channel: (any Channel)?
        var isConnecting = false
        var queue = CircularBuffer<Waiting>()
        var current: Waiting?
        var answer = IncomingAnswer(status: 0, body: ByteBuffer())
        var endsAfterAnswer = false
    }
    private let state = Mutex(State())
    private let server: Server
    private let loop: any EventLoop

    init(_ server: Server, _ loop: any EventLoop) {
        self.server = server
        self.loop = loop
    }

    var isSharable: Bool { true }

    /// Sends it when its turn comes.
    func send(_ request: OutgoingRequest) -> EventLoopFuture<IncomingAnswer> {
        let promise = loop.makePromise(of: IncomingAnswer.self)
        state.withLock { $0.queue.append(Waiting(request: request, promise: promise)) }
        loop.execute { self.proceed() }
        return promise.futureResult
    }

    private enum Next {
        case nothing, connect
        case write(any Channel, OutgoingRequest)
    }

    private func proceed() {
        let next = state.withLock { state -> Next in
            guard state.current == nil, let first = state.queue.first else { return .nothing }
            guard let channel = state.channel else {
                guard !state.isConnecting else { return .nothing }
                state.isConnecting = true
                return .connect
            }
            state.queue.removeFirst()
            state.current = first
            state.answer = IncomingAnswer(status: 0, body: ByteBuffer())
            return .write(channel, first.request)
        }
        switch next {
        case .nothing: break
        case .connect: connect()
        case .write(let channel, let request): write(request, to: channel)
        }
    }

    private func connect() {
        server.connect(loop, self).whenComplete { result in
            switch result {
            case .success(let channel):
                self.state.withLock { state in
                    state.isConnecting = false
                    state.channel = channel
                }
                self.proceed()
            case .failure(let error):
                let failed = self.state.withLock { state -> Waiting? in
                    state.isConnecting = false
                    return state.queue.popFirst()
                }
                failed?.promise.fail(error)
                self.proceed()
            }
        }
    }

    private func write(_ request: OutgoingRequest, to channel: any Channel) {
        channel.write(HTTPClientRequestPart.head(request.head(for: server)), promise: nil)
        if let body = request.body { channel.write(HTTPClientRequestPart.body(.byteBuffer(body)), promise: nil) }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            state.withLock { state in
                state.answer.status = head.status.code
                state.endsAfterAnswer = !head.isKeepAlive
            }
        case .body(var bytes): state.withLock { _ = $0.answer.body.writeBuffer(&bytes) }
        case .end:
            let (done, answer, ends) = state.withLock { state in
                defer { state.current = nil }
                if state.endsAfterAnswer { state.channel = nil }
                return (state.current, state.answer, state.endsAfterAnswer)
            }
            done?.promise.succeed(answer)
            if ends { context.close(promise: nil) }
            proceed()
        }
    }

    func channelInactive(context: ChannelHandlerContext) { lost(context.channel, ChannelError.eof) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lost(context.channel, error)
        context.close(promise: nil)
    }

    private func lost(_ channel: any Channel, _ error: any Error) {
        let failed = state.withLock { state -> Waiting? in
            guard state.channel === channel else { return nil }
            state.channel = nil
            defer { state.current = nil }
            return state.current
        }
        failed?.promise.fail(error)
        proceed()
    }
}

extension OutgoingRequest {
    func head(for server: Server) -> HTTPRequestHead {
        var headers = HTTPHeaders([("host", server.host)])
        if let bearer { headers.add(name: "authorization", value: "Bearer \(bearer)") }
        if let body {
            headers.add(name: "content-type", value: "application/json")
            headers.add(name: "content-length", value: "\(body.readableBytes)")
        }
        return HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
    }
}
