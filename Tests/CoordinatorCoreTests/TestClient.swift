import AsyncHTTPClient
import Basics
import ControlProtocol
import FoundationEssentials
import LocalControl
import MeshModel
import NIOCore
import NIOHTTP1
import Testing

@testable import CoordinatorCore

/// An answer with its body.
struct Answer: Sendable {
    let status: Int
    let headers: [String: String]
    let body: Data

    func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: body)
    }

    /// The code of the problem document that this must be.
    func problem() throws -> String {
        #expect(headers["content-type"] == Problem.mediaType)
        let problem = try decode(Problem.self)
        #expect(problem.status == status && problem.type == "urn:warren:problem:\(problem.title)" && !problem.detail.isEmpty)
        return problem.title
    }
}

/// Talks to the coordinator under test as machines and administrators do.
struct TestClient: Sendable {
    let url: String
    let socket: String

    var admin: LocalControlClient { LocalControlClient(socket: socket) }

    func send(
        _ method: String, _ path: String, bearer: String? = nil, body: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = .init(rawValue: method)
        if let bearer { request.headers.add(name: "authorization", value: "Bearer \(bearer)") }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(5))
        let bytes = try await response.body.collect(upTo: 16 << 20)
        var headers: [String: String] = [:]
        for (name, value) in response.headers { headers[name.lowercased()] = value }
        return Answer(status: Int(response.status.code), headers: headers, body: Data(bytes.readableBytesView))
    }

    func issueToken(reusable: Bool = true, expires: Int = 3_600) async throws -> IssuedToken {
        try await admin.post(AdminPath.tokens, body: TokenRequest(reusable: reusable, expiresInSeconds: expires))
    }

    func tryRegister(_ name: String, key number: Int, bearer: String, endpoints: [String] = []) async throws -> Answer {
        let list = endpoints.map { "\"\($0)\"" }.joined(separator: ",")
        let body = "{\"name\":\"\(name)\",\"publicKey\":\"\(try key(number).base64)\",\"endpoints\":[\(list)]}"
        return try await send("POST", APIPath.machines, bearer: bearer, body: body)
    }

    func register(_ name: String, key number: Int, bearer: String, endpoints: [String] = []) async throws -> Registration {
        let answer = try await tryRegister(name, key: number, bearer: bearer, endpoints: endpoints)
        try #require(answer.status == 201 || answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        return try answer.decode()
    }

    func tryHeartbeat(_ machine: Registration, endpoints: [String] = []) async throws -> Answer {
        let list = endpoints.map { "\"\($0)\"" }.joined(separator: ",")
        return try await send(
            "POST", APIPath.heartbeat(machine.id), bearer: machine.credential, body: "{\"endpoints\":[\(list)]}")
    }

    /// Opens the peer map stream.
    func follow(
        _ machine: Registration, since: PeerMapPosition? = nil, digest: PeerMapDigest? = nil
    ) async throws -> StreamReader {
        var query = since.map { "?epoch=\($0.epoch)&revision=\($0.revision)" } ?? ""
        if let digest { query += "&digest=\(digest.hex)" }
        var request = HTTPClientRequest(url: url + APIPath.peerStream + query)
        request.headers.add(name: "authorization", value: "Bearer \(machine.credential)")
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        try #require(response.status == .ok)
        #expect(response.headers.first(name: "content-type") == "application/jsonl")
        return StreamReader(response.body)
    }
}

/// The n-th key of a test.
func key(_ number: Int) throws -> PublicKey {
    try #require(PublicKey(bytes: (0..<32).map { UInt8(truncatingIfNeeded: $0 == 0 ? number : 7) }))
}

/// Reads a peer map stream line by line.
final class StreamReader: Sendable {
    private let lines: AsyncThrowingStream<PeerMapUpdate, any Error>
    private let task: Task<Void, Never>
    private let reconnects = AsyncStream.makeStream(of: Int.self)

    init(_ body: HTTPClientResponse.Body) {
        let (lines, continuation) = AsyncThrowingStream.makeStream(of: PeerMapUpdate.self)
        self.lines = lines
        let reconnect = reconnects.continuation
        task = Task {
            defer { reconnect.finish() }
            var pending: [UInt8] = []
            do {
                for try await chunk in body {
                    pending += chunk.readableBytesView
                    while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                        switch try JSONDecoder().decode(StreamLine.self, from: Data(pending[..<end])) {
                        case .update(let update): continuation.yield(update)
                        case .reconnect(let milliseconds): reconnect.yield(milliseconds)
                        default: break
                        }
                        pending.removeSubrange(...end)
                    }
                }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
    }

    /// The next line; nil at the end of the stream.
    func next() async throws -> PeerMapUpdate? {
        try await within { [lines] in
            for try await line in lines { return line }
            return nil
        }
    }

    /// The pauses that were asked for, once the stream has ended.
    func pauses() async throws -> [Int] {
        try await within { [reconnects] in await reconnects.stream.reduce(into: []) { $0.append($1) } }
    }

    /// Closes the connection.
    func close() { task.cancel() }
}

extension PeerMapUpdate {
    var snapshot: [Peer]? {
        guard case .snapshot(_, let peers) = self else { return nil }
        return peers
    }
    var upserts: [Peer]? {
        guard case .delta(_, let upserts, _) = self else { return nil }
        return upserts
    }
    var removals: [MachineID]? {
        guard case .delta(_, _, let removals) = self else { return nil }
        return removals
    }
}
