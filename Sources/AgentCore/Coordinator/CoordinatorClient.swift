import AsyncHTTPClient
import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import NIOCore
import Synchronization
import Timing
import TransportSecurity

/// The coordinator's API as this agent uses it. Every call has a deadline, every answer a bound.
struct CoordinatorClient: Sendable {
    /// How the coordinator is known. Nothing is sent to anybody else.
    let trust: ServerTrust

    /// The largest answer in bytes, other than the stream's.
    private static let answerLimit = 1 << 20
    /// How long the stream may take to open.
    private static let openLimit = Duration.seconds(5)

    /// One for the process.
    private static let http = Mutex(makeHTTPClient())

    private static func makeHTTPClient() -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(2)
        // The agent has its own order of attempts.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Gives up every connection, with what is under way on it: for when this machine has lost the address that they are bound to. The
    /// next request makes a new one.
    static func renewConnections() {
        let old = http.withLock { http in
            defer { http = makeHTTPClient() }
            return http
        }
        // TLS waits seconds for a goodbye that cannot come; nobody waits for it. Fails only for a client that was shut down before.
        Task { try? await old.shutdown() }
    }

    private static var client: HTTPClient { http.withLock { $0 } }

    func heartbeat(
        _ body: HeartbeatRequest, at coordinator: String, as registration: Registration, limit: Duration
    ) async throws(CoordinatorFailure) -> HeartbeatResponse {
        try await send(
            "POST", coordinator + APIPath.heartbeat(registration.id), body, bearer: registration.credential, limit: limit)
    }

    /// Opens the peer map stream.
    ///
    /// - Parameter map: what has been learnt so far, or nil for a snapshot.
    func openStream(
        at coordinator: String, credential: String, resuming map: PeerMap?
    ) async throws(CoordinatorFailure) -> HTTPClientResponse.Body {
        var url = coordinator + APIPath.peerStream
        if let map, let since = map.position {
            let digest = PeerMapDigest(map.peers.values)
            url += "?epoch=\(percentEncoded(since.epoch))&revision=\(since.revision)&digest=\(digest.hex)"
        }
        return try await execute(request(url, "GET", bearer: credential), limit: Self.openLimit).body
    }

    /// Sends a JSON body and reads the JSON of the answer.
    func send<Answer: Decodable>(
        _ method: String, _ url: String, _ body: some Encodable, bearer: String?, limit: Duration
    ) async throws(CoordinatorFailure) -> Answer {
        var request = request(url, method, bearer: bearer)
        request.headers.add(name: "content-type", value: "application/json")
        do {
            request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(body)))
        } catch {
            throw .unreachable("the request could not be written as JSON: \(error)")
        }
        let ready = request
        // The HTTP client's own limit ends with the head of the answer; this one holds for all of it.
        let outcome = await bounded(within: limit) { () async -> Result<ByteBuffer, CoordinatorFailure> in
            do throws(CoordinatorFailure) {
                return .success(try await collect(execute(ready, limit: limit), of: url))
            } catch {
                return .failure(error)
            }
        }
        guard let outcome else { throw .unreachable("\(url) did not answer within \(DurationText.format(limit))") }
        let bytes = try outcome.get()
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(bytes.readableBytesView))
        } catch {
            throw .unreachable("the answer of \(url) is not understood")
        }
    }

    private func collect(_ response: HTTPClientResponse, of url: String) async throws(CoordinatorFailure) -> ByteBuffer {
        do {
            return try await response.body.collect(upTo: Self.answerLimit)
        } catch {
            throw .unreachable("the answer of \(url) was cut off: \(CoordinatorFailure.text(of: error))")
        }
    }

    func request(_ url: String, _ method: String, bearer: String?) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method)
        if let bearer { request.headers.add(name: "authorization", value: "Bearer \(bearer)") }
        request.headers.add(name: "user-agent", value: "warren-agent/\(Version.current)")
        return request
    }

    /// The response, if it is a success.
    func execute(_ request: HTTPClientRequest, limit: Duration) async throws(CoordinatorFailure) -> HTTPClientResponse {
        let response: HTTPClientResponse
        do {
            response = try await trusted(request, limit: limit)
        } catch let error as CodedError where error.code != "server-unreachable" {
            throw CoordinatorFailure(kind: .unreachable, code: error.code, detail: error.message)
        } catch {
            throw .unreachable("\(request.url): \(CoordinatorFailure.text(of: error))")
        }
        guard !(200..<300).contains(response.status.code) else { return response }
        let bytes = await bounded(within: limit) { try? await response.body.collect(upTo: 65_536) }
        let problem = bytes.flatMap(\.self).flatMap { try? JSONDecoder().decode(Problem.self, from: Data($0.readableBytesView)) }
        let code = problem?.title ?? "status-\(response.status.code)"
        let detail = problem?.detail ?? "\(request.url) answered with status \(response.status.code)"
        switch response.status.code {
        case 401: throw CoordinatorFailure(kind: .unauthorized, code: code, detail: detail)
        case 409 where code == "key-in-use": throw CoordinatorFailure(kind: .keyInUse, code: code, detail: detail)
        case 400..<500 where response.status.code != 429: throw CoordinatorFailure(kind: .refused, code: code, detail: detail)
        default: throw CoordinatorFailure(kind: .unreachable, code: code, detail: detail)
        }
    }

    /// The answer of the server that is trusted, which may have renewed its certificate.
    private func trusted(_ request: HTTPClientRequest, limit: Duration) async throws -> HTTPClientResponse {
        let deadline = MonotonicTime.now + limit
        func left() -> Duration { max(.milliseconds(1), deadline - .now) }
        var request = request
        request.tlsConfiguration = try await trust.configuration(within: left())
        do {
            return try await Self.client.execute(request, timeout: .nanoseconds(left().wholeNanoseconds))
        } catch let error where ServerTrust.isTLSFailure(error) {
            guard try await trust.renew(within: left()) else { throw error }
            request.tlsConfiguration = try await trust.configuration(within: left())
            return try await Self.client.execute(request, timeout: .nanoseconds(left().wholeNanoseconds))
        }
    }

    private func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45
            return isPlain ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
        }.joined()
    }
}
