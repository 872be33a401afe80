import AsyncHTTPClient
import Basics
import ControlProtocol
import FoundationEssentials
import NIOCore
import Timing

/// Talks to a program on this machine: HTTP over a Unix socket, JSON bodies.
public struct LocalControlClient: Sendable {
    /// Path of the socket.
    public let socket: String

    /// The largest answer in bytes that is read.
    public static let answerLimit = 64 << 20

    /// One for the process, never shut down. A socket that nobody serves is an answer, not a reason to try again and again.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(2)
        // Sends to many machines at once are each a request of their own; none shall wait for another.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    public init(socket: String) { self.socket = socket }

    /// - Throws: `CodedError`: `control-unreachable` if nobody answers in time, else the code of the problem document that came back.
    public func get<Answer: Decodable>(
        _ path: String, timeout: Duration = .seconds(5), as answer: Answer.Type = Answer.self
    ) async throws -> Answer {
        try decode(await exchange("GET", path, body: nil, timeout: timeout))
    }

    /// `GET`, whose answer is text.
    public func text(_ path: String, timeout: Duration = .seconds(5)) async throws -> String {
        String(buffer: try await exchange("GET", path, body: nil, timeout: timeout))
    }

    /// Like `get`, with a body.
    public func post<Answer: Decodable>(
        _ path: String, body: some Encodable, timeout: Duration = .seconds(5), as answer: Answer.Type = Answer.self
    ) async throws -> Answer {
        try decode(await exchange("POST", path, body: JSONEncoder().encode(body), timeout: timeout))
    }

    /// `PATCH`, whose answer has no body.
    public func patch(_ path: String, body: some Encodable, timeout: Duration = .seconds(5)) async throws {
        _ = try await exchange("PATCH", path, body: JSONEncoder().encode(body), timeout: timeout)
    }

    /// `DELETE`, whose answer has no body.
    public func delete(_ path: String, timeout: Duration = .seconds(5)) async throws {
        _ = try await exchange("DELETE", path, body: nil, timeout: timeout)
    }

    private func exchange(_ method: String, _ path: String, body: Data?, timeout: Duration) async throws -> ByteBuffer {
        var request = HTTPClientRequest(url: "http+unix://\(percentEncoded(socket))\(path)")
        request.method = .init(rawValue: method)
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let ready = request
        // The client's own limit ends with the head of the answer; this one holds for all of it.
        let outcome = await bounded(within: timeout) { () async -> Result<(UInt, ByteBuffer), any Error> in
            do {
                let response = try await Self.client.execute(ready, timeout: .nanoseconds(timeout.wholeNanoseconds))
                return .success((response.status.code, try await response.body.collect(upTo: Self.answerLimit)))
            } catch {
                return .failure(error)
            }
        }
        let status: UInt
        let bytes: ByteBuffer
        switch outcome {
        case .success(let answer): (status, bytes) = answer
        case .failure(let error): throw CodedError("control-unreachable", "nobody answers on \(socket)", cause: error)
        case nil: throw CodedError("control-unreachable", "no answer on \(socket) within \(DurationText.format(timeout))")
        }
        guard (200..<300).contains(status) else {
            if let problem = try? JSONDecoder().decode(Problem.self, from: Data(bytes.readableBytesView)) {
                throw CodedError(problem.title, problem.detail)
            }
            throw CodedError("control-status", "\(method) \(path) on \(socket) answered with status \(status)")
        }
        return bytes
    }

    func decode<Answer: Decodable>(_ bytes: ByteBuffer) throws -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(bytes.readableBytesView))
        } catch {
            throw CodedError("control-answer", "the answer on \(socket) could not be read", cause: error)
        }
    }

    func percentEncoded(_ path: String) -> String {
        path.utf8.map { byte in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
        }.joined()
    }
}
