import Basics
import Crypto
import NIOSSL

/// By what a server's certificate is known: SHA-256 of its public key (DER SubjectPublicKeyInfo, RFC 7469, section 2.4), 32 bytes.
public enum PublicKeyPin {
    /// The pin of a certificate.
    ///
    /// - Throws: `NIOSSLError` if its public key cannot be read.
    public static func of(_ certificate: NIOSSLCertificate) throws -> [UInt8] {
        [UInt8](SHA256.hash(data: try certificate.extractPublicKey().toSPKIBytes()))
    }

    /// The pin of the first certificate in PEM text.
    ///
    /// - Parameter name: what to call the text in an error: its file.
    /// - Throws: `CodedError` with code `certificate-unusable`.
    public static func of(pem text: String, name: String) throws(CodedError) -> [UInt8] {
        do {
            guard let leaf = try NIOSSLCertificate.fromPEMBytes([UInt8](text.utf8)).first else {
                throw TransportFailure.certificate("there is none in it")
            }
            return try of(leaf)
        } catch {
            throw TransportFailure.certificate("\(name) is not a certificate in PEM form", error)
        }
    }
}
