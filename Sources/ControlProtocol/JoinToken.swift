import Basics
import FoundationEssentials

/// What a new machine needs to join, in one pasted string: where the coordinator is, how to know it, and a secret.
///
/// Text form: `warren1.` and the URL-safe base64 of a JSON object with `url`, `id`, `secret` and, for a coordinator that has made its own
/// certificate, `pin`.
public struct JoinToken: Sendable, Hashable {
    /// The coordinator's base URL, `https://192.0.2.1:7400`, without a trailing slash.
    public let coordinator: String
    /// Identifies the token in lists and logs; not secret.
    public let id: String
    /// 32 random bytes, URL-safe base64. Secret: the coordinator keeps only its hash.
    public let secret: String
    /// By which the coordinator's certificate is known; nil for plain HTTP, and for a certificate that the system's roots vouch for.
    public let pin: CertificatePin?

    private struct Body: Codable {
        var url: String
        var id: String
        var secret: String
        var pin: CertificatePin?
    }

    private static let prefix = "warren1."
    /// The longest text that is read.
    public static let lengthLimit = 2_048

    public init(coordinator: String, id: String, secret: String, pin: CertificatePin? = nil) {
        self.coordinator = coordinator
        self.id = id
        self.secret = secret
        self.pin = pin
    }

    /// Reads a pasted token; white space around it is ignored.
    ///
    /// - Throws: `CodedError` with code `bad-join-token`.
    public init(parsing pasted: String) throws(CodedError) {
        let text = pasted.split(whereSeparator: \.isWhitespace).joined()
        guard text.utf8.count <= Self.lengthLimit, text.hasPrefix(Self.prefix) else {
            throw CodedError(
                "bad-join-token", "a join token starts with \"\(Self.prefix)\" (make one with warren-coordinator token create)")
        }
        guard let bytes = Base64URL.decode(String(text.dropFirst(Self.prefix.count))),
            let body = try? JSONDecoder().decode(Body.self, from: Data(bytes)),
            body.url.hasPrefix("http://") || body.url.hasPrefix("https://")
        else { throw CodedError("bad-join-token", "the join token is damaged: copy it again, whole") }
        self.init(coordinator: body.url, id: body.id, secret: body.secret, pin: body.pin)
    }

    /// The string to paste. Secret.
    public func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = try encoder.encode(Body(url: coordinator, id: id, secret: secret, pin: pin))
        return Self.prefix + Base64URL.encode([UInt8](json))
    }
}

extension JoinToken: CustomStringConvertible {
    /// Without the secret, so that it can be logged.
    public var description: String { "join token \(id) for \(coordinator)" }
}
