import Basics
import ControlProtocol
import FoundationEssentials
import Hummingbird
import MeshModel
import NIOCore

/// Reads and checks what comes from the network.
enum RequestReading {
    /// The largest body in bytes.
    static let bodyLimit = 64 << 10
    /// The longest epoch that a position may have.
    static let epochLimit = 64

    /// The body as JSON.
    ///
    /// - Throws: `CodedError` with code `bad-request` that names the field; `NIOTooManyBytesError` for more than `bodyLimit`.
    static func body<Body: Decodable>(of request: Request, as type: Body.Type = Body.self) async throws -> Body {
        let bytes = try await request.body.collect(upTo: bodyLimit)
        do {
            return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
        } catch let error as DecodingError {
            throw CodedError("bad-request", describe(error))
        }
    }

    /// The bearer value of the request.
    ///
    /// - Throws: `CodedError` with code `credential-missing`.
    static func bearer(of request: Request) throws(CodedError) -> String {
        guard let field = request.headers[.authorization], let space = field.firstIndex(of: " "),
            field[..<space].lowercased() == "bearer"
        else {
            throw CodedError("credential-missing", "the request needs the header \"Authorization: Bearer …\"")
        }
        return field[space...].trimmingPrefix { $0 == " " }.description
    }

    /// The machine id in the path.
    ///
    /// - Throws: `CodedError` with code `not-found` if it is none.
    static func machine(_ context: APIContext) throws(CodedError) -> MachineID {
        let text = context.parameters.get("id") ?? ""
        guard let id = MachineID(text) else {
            throw CodedError("not-found", "\"\(text.prefix(80))\" is not a machine id: m- and 16 hexadecimal digits")
        }
        return id
    }

    /// The position in the query; nil if there is none.
    ///
    /// - Throws: `CodedError` with code `bad-request`.
    static func position(of request: Request) throws(CodedError) -> PeerMapPosition? {
        let epoch = String(request.uri.queryParameters["epoch"] ?? "")
        let revision = String(request.uri.queryParameters["revision"] ?? "")
        if epoch.isEmpty && revision.isEmpty { return nil }
        guard let number = UInt64(revision) else {
            throw CodedError(
                "bad-request", "the query field revision: found \"\(revision.prefix(80))\", expected 0 to \(UInt64.max)")
        }
        let position = PeerMapPosition(epoch: epoch, revision: number)
        try check(position, "the query field epoch")
        return position
    }

    /// The digest of the peer map in the query; nil if there is none.
    ///
    /// - Throws: `CodedError` with code `bad-request`.
    static func digest(of request: Request) throws(CodedError) -> PeerMapDigest? {
        guard let text = request.uri.queryParameters["digest"], !text.isEmpty else { return nil }
        guard let digest = PeerMapDigest(hex: text) else {
            throw CodedError(
                "bad-request",
                "the query field digest: found \"\(text.prefix(80))\", expected 64 hexadecimal digits in lower case")
        }
        return digest
    }

    /// - Throws: `CodedError` with code `bad-request` if there are too many endpoints.
    static func check(_ endpoints: [Endpoint]) throws(CodedError) {
        guard endpoints.count <= RegistrationRequest.endpointLimit else {
            throw CodedError(
                "bad-request",
                "the field endpoints: found \(endpoints.count), expected at most \(RegistrationRequest.endpointLimit)")
        }
    }

    /// - Throws: `CodedError` with code `bad-request` if there are too many observations.
    static func check(_ observations: [PeerObservation]?) throws(CodedError) {
        guard let count = observations?.count, count > HeartbeatRequest.observationLimit else { return }
        throw CodedError(
            "bad-request", "the field observations: found \(count), expected at most \(HeartbeatRequest.observationLimit)")
    }

    /// - Throws: `CodedError` with code `bad-request` if there are too many observed endpoints.
    static func check(_ observed: [ObservedEndpoint]?) throws(CodedError) {
        guard let count = observed?.count, count > ObservedEndpoint.limit else { return }
        throw CodedError(
            "bad-request", "the field observedEndpoints: found \(count), expected at most \(ObservedEndpoint.limit)")
    }

    /// - Throws: `CodedError` with code `bad-request` if the epoch is not one that a coordinator could have made.
    static func check(_ position: PeerMapPosition?, _ field: String) throws(CodedError) {
        guard let epoch = position?.epoch else { return }
        guard (1...epochLimit).contains(epoch.utf8.count), epoch.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw CodedError("bad-request", "\(field): expected the epoch that the coordinator sent")
        }
    }

    /// - Throws: `CodedError` with code `bad-request` unless the instance is 16 lower-case hexadecimal digits.
    static func check(instance: String) throws(CodedError) {
        guard instance.utf8.count == 16, instance.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            throw CodedError("bad-request", "the field instance: expected 16 lower-case hexadecimal digits, new at each start")
        }
    }

    /// - Throws: `CodedError` with code `bad-request` if the proof is longer than any could be.
    static func check(_ proof: KeyProof) throws(CodedError) {
        guard proof.challenge.utf8.count <= KeyProof.challengeLimit, proof.mac.utf8.count <= KeyProof.macLimit else {
            throw CodedError(
                "bad-request",
                "the field proof: expected a challenge of at most \(KeyProof.challengeLimit) and a mac of at most \(KeyProof.macLimit) characters"
            )
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            return "the field \(field(context.codingPath + [key])) is missing"
        case .valueNotFound(_, let context), .typeMismatch(_, let context), .dataCorrupted(let context):
            guard !context.codingPath.isEmpty else { return "the body is not the JSON expected: \(context.debugDescription)" }
            return "the field \(field(context.codingPath)): \(context.debugDescription)"
        @unknown default: return "the body is not the JSON expected"
        }
    }

    /// `endpoints[0]`, `applied.epoch`.
    private static func field(_ path: [any CodingKey]) -> String {
        path.reduce("") { text, key in
            if let index = key.intValue { return "\(text)[\(index)]" }
            return text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)"
        }
    }
}

/// JSON as answers have it.
enum ResponseJSON {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}

extension Response {
    /// A JSON answer.
    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:],
        mediaType: String = "application/json"
    ) throws -> Response {
        let body = ByteBuffer(bytes: try ResponseJSON.encode(value))
        var headers = headers
        headers[.contentType] = mediaType
        headers[.contentLength] = "\(body.readableBytes)"
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// An answer that is bytes already.
    static func bytes(_ bytes: [UInt8], mediaType: String) -> Response {
        let headers: HTTPFields = [.contentType: mediaType, .contentLength: "\(bytes.count)", .cacheControl: "no-store"]
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// 204.
    static var nothing: Response { Response(status: .noContent) }
}
