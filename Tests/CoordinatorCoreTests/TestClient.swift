import AsyncHTTPClient
import Basics
import ControlProtocol
import Crypto
import FoundationEssentials
import LocalControl
import MeshModel
import NIOCore
import NIOHTTP1
import Testing
import TransportSecurity

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
    /// Of the coordinator's certificate.
    let pin: [UInt8]?
    private let trust: ServerTrust

    init(url: String, socket: String, pin: [UInt8]? = nil) {
        self.url = url
        self.socket = socket
        self.pin = pin
        trust = ServerTrust(url: url, pin: pin)
    }

    var admin: LocalControlClient { LocalControlClient(socket: socket) }

    func send(
        _ method: String, _ path: String, bearer: String? = nil, body: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = .init(rawValue: method)
        if let bearer { request.headers.add(name: "authorization", value: "Bearer \(bearer)") }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        request.tlsConfiguration = try await trust.configuration(within: .seconds(5))
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

    /// What the coordinator wants the n-th key to be proved against.
    func challenge(key number: Int) async throws -> Challenge {
        let answer = try await send("POST", APIPath.challenges, body: "{\"publicKey\":\"\(try key(number).base64)\"}")
        try #require(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        return try answer.decode()
    }

    /// That the sender of this bearer holds the n-th key.
    func proof(key number: Int, bearer: String) async throws -> KeyProof {
        try KeyProof(answering: await challenge(key: number), privateKey: privateKey(number), bearer: bearer)
    }

    /// Registers with a proof of the n-th key, as one run of an agent: the same for the same key if not told otherwise.
    func tryRegister(
        _ name: String, key number: Int, bearer: String, endpoints: [String] = [], instance: String? = nil
    ) async throws -> Answer {
        try await tryRegister(
            name, key: number, proof: proof(key: number, bearer: bearer), bearer: bearer, endpoints: endpoints, instance: instance
        )
    }

    /// Registers with that proof, be it what it may.
    func tryRegister(
        _ name: String, key number: Int, proof: KeyProof, bearer: String, endpoints: [String] = [], instance: String? = nil
    ) async throws -> Answer {
        let list = endpoints.map { "\"\($0)\"" }.joined(separator: ",")
        let proved = String(decoding: try JSONEncoder().encode(proof), as: UTF8.self)
        let body = """
            {"name":"\(name)","publicKey":"\(try key(number).base64)","endpoints":[\(list)],"proof":\(proved),\
            "instance":"\(instance ?? testInstance(number))"}
            """
        return try await send("POST", APIPath.machines, bearer: bearer, body: body)
    }

    func tryChangeKey(of machine: Registration, to number: Int, proof: KeyProof? = nil) async throws -> Answer {
        var known = proof
        if known == nil { known = try await self.proof(key: number, bearer: machine.credential) }
        let change = KeyChange(publicKey: try key(number), proof: try #require(known))
        return try await send(
            "PUT", APIPath.key(machine.id), bearer: machine.credential,
            body: String(decoding: JSONEncoder().encode(change), as: UTF8.self))
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
        request.tlsConfiguration = try await trust.configuration(within: .seconds(5))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        try #require(response.status == .ok)
        #expect(response.headers.first(name: "content-type") == "application/jsonl")
        return StreamReader(response.body)
    }
}

/// The private half of the n-th key of a test.
func privateKey(_ number: Int) -> [UInt8] {
    (0..<32).map { UInt8(truncatingIfNeeded: $0 < 8 ? ((number &+ 1) << 3) >> (8 * $0) : $0 == 31 ? 64 : 7) }
}

/// The n-th key of a test.
func key(_ number: Int) throws -> PublicKey {
    let key = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: privateKey(number))
    return try #require(PublicKey(bytes: Array(key.publicKey.rawRepresentation)))
}

/// The run of an agent that a test with the n-th key is, if it does not say otherwise.
func testInstance(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

/// Reads a peer map stream line by line.
final class StreamReader: Sendable {
    private let lines: AsyncThrowingStream<PeerMapUpdate, any Error>
    /// The probe lines.
    let probes: AsyncStream<ProbeRequest>
    private let task: Task<Void, Never>
    private let reconnects = AsyncStream.makeStream(of: Int.self)

    init(_ body: HTTPClientResponse.Body) {
        let (lines, continuation) = AsyncThrowingStream.makeStream(of: PeerMapUpdate.self)
        self.lines = lines
        let (probes, questions) = AsyncStream.makeStream(of: ProbeRequest.self, bufferingPolicy: .bufferingNewest(64))
        self.probes = probes
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
                        case .probe(let probe): questions.yield(probe)
                        case .reconnect(let milliseconds): reconnect.yield(milliseconds)
                        case .unknown: break
                        }
                        pending.removeSubrange(...end)
                    }
                }
                questions.finish()
                continuation.finish()
            } catch {
                questions.finish()
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
