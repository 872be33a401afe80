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
        let answer = try await exchange(request)
        let complaint = try APIDocument.publicAPI().complaint(method, path, answer)
        #expect(complaint == nil, "\(method) \(path)")
        return answer
    }

    /// The same on the admin socket, without a look at the document.
    func sendToAdmin(_ method: String, _ path: String, body: String? = nil) async throws -> Answer {
        let host = socket.replacing("/", with: "%2F")
        var request = HTTPClientRequest(url: "http+unix://\(host)\(path)")
        request.method = .init(rawValue: method)
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        return try await exchange(request)
    }

    private func exchange(_ request: HTTPClientRequest) async throws -> Answer {
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
    func follow(_ machine: Registration, since: PeerMapPosition? = nil) async throws -> StreamReader {
        let query = since.map { "?epoch=\($0.epoch)&revision=\($0.revision)" } ?? ""
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

    init(_ body: HTTPClientResponse.Body) {
        let (lines, continuation) = AsyncThrowingStream.makeStream(of: PeerMapUpdate.self)
        self.lines = lines
        task = Task {
            var pending: [UInt8] = []
            do {
                for try await chunk in body {
                    pending += chunk.readableBytesView
                    while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                        if case .update(let update) = try JSONDecoder().decode(StreamLine.self, from: Data(pending[..<end])) {
                            continuation.yield(update)
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
