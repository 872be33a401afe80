import Basics
import Crypto
import FoundationEssentials
import NIOSSL
import SwiftASN1
import TransportSecurity
import X509

/// What a server shows and proves: a certificate (with those of its issuers, if it has any) and its private key.
public struct ServerCertificate: Sendable {
    /// The leaf first. At least one.
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    /// SHA-256 of the public key (DER SubjectPublicKeyInfo, RFC 7469, section 2.4): 32 bytes.
    public let pin: [UInt8]
    /// Whether nobody but its own key vouches for it: then clients know it by its pin alone.
    public let isSelfSigned: Bool
    /// The certificates, leaf first, as PEM.
    public let certificatePEM: String

    /// The common name of the certificates that are made here.
    static let commonName = "warren-coordinator"
    /// How long they are valid: 20 years.
    static let lifetime = TimeInterval(20 * 365 * 86_400)

    /// A new P-256 private key as PEM (PKCS #8). Secret.
    public static func makeKey() -> String { P256.Signing.PrivateKey().pemRepresentation }

    /// A certificate for that key, signed by itself.
    ///
    /// It is valid since 1970: the clock of a machine that has just been switched on may stand there, and the pin says it all.
    ///
    /// - Parameters:
    ///   - keyPEM: the private key, by whichever program it was made.
    ///   - keyName: what to call the key in an error.
    ///   - now: the time of day, from which its 20 years are counted.
    /// - Returns: the certificate as PEM.
    /// - Throws: `CodedError` with code `certificate-unusable`.
    public static func makeCertificate(
        for keyPEM: String, keyName: String, now: Date = Date()
    ) throws(CodedError) -> String {
        let key = try privateKey(keyPEM, keyName)
        do {
            let name = try DistinguishedName { CommonName(commonName) }
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
                notValidBefore: Date(timeIntervalSince1970: 0), notValidAfter: now.addingTimeInterval(lifetime), issuer: name,
                subject: name,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames([.dnsName(commonName)])
                }, issuerPrivateKey: key)
            return try certificate.serializeAsPEM().pemString + "\n"
        } catch {
            throw TransportFailure.certificate("no certificate could be made for \(keyName)", error)
        }
    }

    /// Takes a pair as it stands in files.
    ///
    /// - Parameters:
    ///   - certificatePEM: one certificate or more, the server's own first.
    ///   - names: what to call the two in an error: their files.
    ///   - now: the time of day.
    /// - Throws: `CodedError` with code `certificate-unusable`: damaged, not one another's, expired or not valid yet.
    public init(
        certificatePEM: String, keyPEM: String, names: (certificate: String, key: String), now: Date = Date()
    ) throws(CodedError) {
        let leaf: Certificate
        do {
            chain = try NIOSSLCertificate.fromPEMBytes([UInt8](certificatePEM.utf8))
            guard let first = chain.first else { throw TransportFailure.certificate("there is none in it") }
            leaf = try Certificate(derEncoded: first.toDERBytes())
            pin = try PublicKeyPin.of(first)
        } catch {
            throw TransportFailure.certificate(
                "\(names.certificate) is not a certificate in PEM form (-----BEGIN CERTIFICATE-----)", error)
        }
        let privateKey = try Self.privateKey(keyPEM, names.key)
        guard privateKey.publicKey == leaf.publicKey else {
            throw TransportFailure.certificate("\(names.key) is not the private key of \(names.certificate)")
        }
        guard now < leaf.notValidAfter else {
            throw TransportFailure.certificate("\(names.certificate) has expired on \(leaf.notValidAfter.formatted(.iso8601))")
        }
        guard leaf.notValidBefore <= now else {
            throw TransportFailure.certificate(
                "\(names.certificate) is not valid before \(leaf.notValidBefore.formatted(.iso8601)): is this machine's clock right?"
            )
        }
        do {
            key = try NIOSSLPrivateKey(bytes: [UInt8](keyPEM.utf8), format: .pem)
            isSelfSigned = leaf.issuer == leaf.subject
            self.certificatePEM = certificatePEM
            _ = try NIOSSLContext(configuration: serverConfiguration)
        } catch {
            throw TransportFailure.certificate("\(names.certificate) and \(names.key) cannot be used for TLS", error)
        }
    }

    /// For a server of HTTP/1.1 over TLS 1.2 or newer.
    public var serverConfiguration: TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }

    /// The cause is left out: what a parser says may quote the key.
    private static func privateKey(_ text: String, _ name: String) throws(CodedError) -> Certificate.PrivateKey {
        guard let key = try? Certificate.PrivateKey(pemEncoded: text) else {
            throw TransportFailure.certificate("\(name) is not a private key in PEM form without a password (EC, RSA or Ed25519)")
        }
        return key
    }
}
