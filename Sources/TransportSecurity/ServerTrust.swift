import Basics
import NIOSSL
import Synchronization

/// How a client knows one server: by the pin of its certificate, or as the system's roots say.
///
/// HTTP clients have no place for a pin. So one connection of its own fetches the certificate and compares the pin; the HTTP client then
/// trusts exactly that certificate, and nothing is sent to anybody else.
public final class ServerTrust: Sendable {
    private let place: ServerPlace?
    private let pin: [UInt8]?
    private let known = Mutex<NIOSSLCertificate?>(nil)

    /// - Parameters:
    ///   - url: the server's base URL. Plain http needs no trust, and gets none.
    ///   - pin: SHA-256 of the public key of the server's self-signed certificate; nil: the system's roots, and the name in the URL.
    public init(url: String, pin: [UInt8]?) {
        place = ServerPlace(url: url)
        self.pin = pin
    }

    /// What an HTTP client shall be configured with; nil: as it comes.
    ///
    /// - Throws: `CodedError`: `certificate-pin-mismatch`, `certificate-unusable`, `server-unreachable`.
    public func configuration(within limit: Duration) async throws(CodedError) -> TLSConfiguration? {
        guard let pin else { return nil }
        // Whoever has a pin was promised TLS.
        guard let place, place.isSecure else {
            throw TransportFailure.certificate(
                "there is a pin for \(place?.host ?? "the server"), but its URL is not https with a host and a port")
        }
        if let certificate = known.withLock({ $0 }) { return Self.trusting(certificate) }
        let certificate = try await CertificateFetch.run(place, pin: pin, within: limit)
        known.withLock { $0 = certificate }
        return Self.trusting(certificate)
    }

    /// After a failure of TLS: looks whether the server has a new certificate with the same key.
    ///
    /// - Returns: whether it has, and it is worth trying again.
    /// - Throws: as `configuration(within:)`.
    public func renew(within limit: Duration) async throws(CodedError) -> Bool {
        guard let place, let pin, place.isSecure else { return false }
        let certificate = try await CertificateFetch.run(place, pin: pin, within: limit)
        return known.withLock { known in
            defer { known = certificate }
            return known != certificate
        }
    }

    /// Whether an HTTP client's error is one of TLS, after which `renew` may help.
    public static func isTLSFailure(_ error: any Error) -> Bool {
        error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError
    }

    private static func trusting(_ certificate: NIOSSLCertificate) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.trustRoots = .certificates([certificate])
        // The pin says who it is; the certificate need not know under which addresses it is reached.
        configuration.certificateVerification = .noHostnameVerification
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }
}
