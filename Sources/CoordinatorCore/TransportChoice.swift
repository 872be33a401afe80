import Basics
import MeshModel

/// How the public API is served.
public enum TransportChoice: Sendable, Hashable {
    /// TLS with the certificate in the data directory, made at the first start.
    case ownCertificate
    /// TLS with a certificate that somebody brings: two files in PEM form.
    case certificate(file: String, key: String)
    /// Plain HTTP: behind a proxy that speaks TLS, or on loopback.
    case plaintext

    /// The scheme of the API's URLs.
    public var scheme: String { self == .plaintext ? "http" : "https" }
}
