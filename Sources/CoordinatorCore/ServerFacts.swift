import Basics
import ControlProtocol
import ServerIdentity
import Timing

/// How machines reach the public API, for those who make join tokens.
struct ServerFacts: Sendable {
    private let scheme: String
    private let isSelfSigned: Bool
    /// Of the certificate's key; nil for plain HTTP.
    let pin: CertificatePin?
    private let address = OneShot<ListenAddress>()

    /// How long an administrator waits for the public API, which starts at the same time.
    private static let patience = Duration.seconds(2)

    init(_ choice: TransportChoice, _ certificate: ServerCertificate?) {
        scheme = choice.scheme
        pin = certificate.flatMap { CertificatePin(bytes: $0.pin) }
        isSelfSigned = certificate?.isSelfSigned ?? false
    }

    /// The public API accepts connections there.
    func listens(on address: ListenAddress) { self.address.set(address) }

    /// - Throws: `CodedError` with code `busy` if it does not listen yet.
    func description() async throws(CodedError) -> ServerDescription {
        guard let address = await address.value(within: Self.patience) else {
            throw CodedError("busy", "the coordinator does not accept connections yet")
        }
        return ServerDescription(scheme: scheme, pin: pin, isSelfSigned: isSelfSigned, listen: "\(address)")
    }
}
