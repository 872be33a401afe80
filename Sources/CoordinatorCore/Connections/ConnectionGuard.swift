import Basics
import ControlProtocol
import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOTLS

/// Stands at each connection: counts it, bounds how long the TLS handshake and each request may take to arrive, and how long one waits for
/// somebody whom nobody knows, and answers what is no request with a problem document.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let table: ConnectionTable
    private let limits: ConnectionLimits
    /// The TLS handshake has yet to come to its end.
    private var isShakingHands: Bool
    private let onRefusal: @Sendable (Int) -> Void
    private var exchange = Exchange()
    private var address: String?
    private var isCounted = false
    /// Nobody has shown a valid credential or join token here.
    private var isNewcomer = true
    /// Of a request, or of the end.
    private var timer: Scheduled<Void>?
    /// Of what comes before a request.
    private var patience: Scheduled<Void>?
    /// What is said as soon as earlier requests are answered.
    private var deferred: CodedError?
    /// Nothing is read or written any longer; the rest is to let the client read the last answer.
    private var isEnding = false
    /// The answer under way says that the connection ends with it.
    private var endsWithAnswer = false
    /// The client says nothing more.
    private var isInputClosed = false
    /// The answer under way is a stream, which is of no use without somebody who could close it.
    private var isStream = false

    /// How long a client may take to read the last answer.
    static let linger = TimeAmount.seconds(2)

    init(
        table: ConnectionTable, limits: ConnectionLimits, isSecure: Bool, onRefusal: @escaping @Sendable (Int) -> Void
    ) {
        self.table = table
        self.limits = limits
        isShakingHands = isSecure
        self.onRefusal = onRefusal
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        // Without these two the guard would not see what it is for, so the connection is not served.
        do {
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            let guardContext = NIOLoopBound(context, eventLoop: context.eventLoop)
            try pipeline.addHandler(
                ByteWatch { [weak self] _ in self?.bytesArrived(guardContext.value) }, position: .before(decoder))
            try pipeline.addHandler(HeadCheck(), position: .before(pipeline.handler(type: HTTP1ToHTTPServerCodec.self)))
        } catch {
            context.close(promise: nil)
        }
        if context.channel.isActive { count(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        count(context)
        context.fireChannelActive()
    }

    private func count(_ context: ChannelHandlerContext) {
        guard !isCounted else { return }
        address = RemoteAddress.key(context.remoteAddress)
        isNewcomer = address != nil
        isCounted = table.open(address)
        guard isCounted else { return context.close(promise: nil) }
        if address != nil { SilentReader.giveUp(on: context.channel, after: limits.readerTime) }
        wait(for: isShakingHands ? limits.handshakeTime : limits.newcomerTime, context)
    }

    /// Closes a newcomer's connection unless something comes in time.
    private func wait(for time: Duration, _ context: ChannelHandlerContext) {
        patience?.cancel()
        guard isNewcomer else { return patience = nil }
        patience = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) { context.close(promise: nil) }
    }

    /// Somebody has shown a valid credential or join token.
    private func welcome() {
        guard isCounted, isNewcomer else { return }
        isNewcomer = false
        patience?.cancel()
        table.welcome(address)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        patience?.cancel()
        if isCounted { table.close(address, isNewcomer: isNewcomer) }
        isCounted = false
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        switch unwrapInboundIn(data) {
        case .head: exchange.headRead()
        case .body: break
        case .end:
            exchange.endRead()
            timer?.cancel()
            timer = nil
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody else asks for more once the connection is ending; what comes is thrown away until the client closes.
        if isEnding { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isEnding else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.kind != .informational:
            exchange.answerBegan()
            if head.headerFields[.connection] == nil, table.isCrowded { head.headerFields[.connection] = "close" }
            endsWithAnswer = head.headerFields[.connection] == "close"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            exchange.answerEnded()
            context.write(data, promise: promise)
            if exchange.isIdle { wait(for: limits.newcomerTime, context) }
            if endsWithAnswer {
                context.flush()
                end(context)
            } else if let error = deferred, case .answer = exchange.refusal {
                refuse(error, context)
            }
        default: context.write(data, promise: promise)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isEnding else { return }
        guard let problem = WireProblem.coded(error) else { return context.fireErrorCaught(error) }
        timer?.cancel()
        fail(problem, context)
    }

    private func bytesArrived(_ context: ChannelHandlerContext) {
        guard timer == nil, !isEnding else { return }
        patience?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.requestTime)) { [weak self] in
            guard let self, !self.isEnding else { return }
            self.fail(WireProblem.timeout, context)
        }
    }

    private func fail(_ error: CodedError, _ context: ChannelHandlerContext) {
        switch exchange.refusal {
        case .close: context.close(promise: nil)
        case .answerLater: deferred = error
        case .answer: refuse(error, context)
        }
    }

    private func refuse(_ error: CodedError, _ context: ChannelHandlerContext) {
        let (head, body) = WireProblem.answer(error)
        onRefusal(head.status.code)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        end(context)
    }

    /// Closes for writing, and altogether when the client has closed or had its time: one who closes with bytes unread makes the kernel
    /// reset the connection, and the answer may be lost.
    private func end(_ context: ChannelHandlerContext) {
        isEnding = true
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.linger) { context.close(promise: nil) }
        context.close(mode: .output, promise: nil)
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is Welcome { return welcome() }
        isStream = isStream || event is StreamBegins
        isInputClosed = isInputClosed || event as? ChannelEvent == .inputClosed
        if isStream, isInputClosed, !isEnding { context.close(promise: nil) }
        if event is StreamBegins { return }
        if case .handshakeCompleted? = event as? TLSUserEvent, isShakingHands {
            isShakingHands = false
            wait(for: limits.newcomerTime, context)
        }
        if isEnding, event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed {
            return context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }
}
