import Basics
import ControlProtocol
import FoundationEssentials
import Hummingbird
import NIOCore

/// The routes of the control socket.
struct ControlRoutes: Sendable {
    let sender: MessageSender
    let outbox: OutboxStore
    let store: InboxStore
    let state: MessengerState
    let connections: OpenConnections

    /// The largest body in bytes: a message of the longest text with every character escaped fits in.
    static let bodyLimit = 128 << 10

    func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: ProblemMiddleware())
        router.post("\(MessengerControl.send)") { request, _ in
            let body: SendRequest = try await Self.body(of: request, "to, text and timeoutMilliseconds")
            return try ControlAnswer.json(try await sender.send(body))
        }
        router.post("\(MessengerControl.broadcast)") { request, _ in
            let body: BroadcastRequest = try await Self.body(of: request, "text and timeoutMilliseconds")
            return try ControlAnswer.json(try await sender.broadcast(body))
        }
        router.post("\(MessengerControl.ping)") { request, _ in
            let body: PingRequest = try await Self.body(of: request, "to and timeoutMilliseconds")
            return try ControlAnswer.json(try await sender.ping(body))
        }
        router.get("\(MessengerControl.inbox)") { request, _ in
            let (after, limit) = try Self.page(request)
            return try ControlAnswer.json(try await store.messages(after: after, limit: limit))
        }
        router.get("\(MessengerControl.sent)") { request, _ in
            let (after, limit) = try Self.page(request)
            return try ControlAnswer.json(try await outbox.messages(after: after, limit: limit))
        }
        router.get("\(MessengerControl.status)") { _, _ in
            try ControlAnswer.json(
                state.status(version: Version.current, stored: try await store.count(), connections: connections.count))
        }
        addMembers(to: router)
        return router
    }

    /// The body of a request.
    ///
    /// - Parameter keys: what it must have, for error messages.
    private static func body<Body: Decodable>(of request: Request, _ keys: String) async throws -> Body {
        let bytes: ByteBuffer
        do {
            bytes = try await request.body.collect(upTo: bodyLimit)
        } catch is NIOTooManyBytesError {
            throw CodedError("bad-request", "the body is too long; allowed are \(bodyLimit) bytes")
        }
        return try decode([UInt8](bytes.readableBytesView), keys)
    }

    private static func decode<Body: Decodable>(_ bytes: [UInt8], _ keys: String) throws(CodedError) -> Body {
        do {
            return try JSONDecoder().decode(Body.self, from: Data(bytes))
        } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
            throw CodedError(
                "bad-request", "\(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)")
        } catch DecodingError.keyNotFound(let key, _) {
            throw CodedError(
                "bad-request", "the key \"\(key.stringValue)\" is missing; \(keys) are needed")
        } catch DecodingError.typeMismatch(_, let context) {
            throw CodedError(
                "bad-request", "\(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)")
        } catch {
            throw CodedError(
                "bad-request", "the body is not the JSON object with \(keys) that is needed")
        }
    }

    /// Which messages a list is asked for.
    private static func page(_ request: Request) throws(CodedError) -> (after: Int64?, limit: Int) {
        let query = request.uri.queryParameters
        let limits = 1...MessengerControl.inboxLimit
        let after = try query["after"].map { text throws(CodedError) in try number(String(text), "after", in: 0...Int.max) }
        let limit = try query["limit"].map { text throws(CodedError) in try number(String(text), "limit", in: limits) }
        return (after.map(Int64.init), limit ?? MessengerControl.inboxDefault)
    }

    private static func number(_ text: String, _ name: String, in range: ClosedRange<Int>) throws(CodedError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw CodedError(
                "bad-request", "\(name) is \"\(text.prefix(40))\"; allowed are \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
