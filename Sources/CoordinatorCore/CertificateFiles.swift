import Basics
import Glibc
import ServerIdentity
import TransportSecurity

/// The coordinator's certificate and private key on disk.
public enum CertificateFiles {
    /// No file of that kind is larger.
    private static let sizeLimit = 1 << 20

    /// The certificate that a coordinator makes itself.
    public static func certificate(in data: String) -> String { "\(data)/tls-certificate.pem" }
    /// Its private key, which is what the pin names.
    static func key(in data: String) -> String { "\(data)/tls-key.pem" }

    /// What TLS shall be served with; nil for plain HTTP.
    ///
    /// - Throws: `CodedError`: `certificate-unusable`, or `data-unusable` if it cannot be written.
    static func load(_ choice: TransportChoice, data: String) throws(CodedError) -> ServerCertificate? {
        switch choice {
        case .plaintext: return nil
        case .certificate(let file, let key): return try pair(file, key)
        case .ownCertificate:
            try makeMissing(in: data)
            return try pair(certificate(in: data), key(in: data))
        }
    }

    /// The key goes first: a certificate can always be made for it again, and the pin stays what it was. Nothing is overwritten.
    private static func makeMissing(in data: String) throws(CodedError) {
        let (certificate, key) = (certificate(in: data), key(in: data))
        let hasCertificate = exists(certificate)
        guard !hasCertificate || exists(key) else {
            throw CodedError(
                "certificate-unusable",
                "\(key) is missing, and \(certificate) is of no use without it: restore it, or remove both and give machines new join tokens"
            )
        }
        guard !hasCertificate else { return }
        if !exists(key) { try DurableFile.create(key, ServerCertificate.makeKey(), mode: 0o600) }
        let text = try ServerCertificate.makeCertificate(for: read(key), keyName: key)
        try DurableFile.create(certificate, text, mode: 0o644)
    }

    private static func pair(_ certificate: String, _ key: String) throws(CodedError) -> ServerCertificate {
        try ServerCertificate(
            certificatePEM: read(certificate), keyPEM: read(key), names: (certificate: certificate, key: key))
    }

    /// The pin of the certificate that a coordinator on this machine has made; nil if there is none.
    ///
    /// - Throws: `CodedError` with code `certificate-unusable`.
    public static func ownPin(in data: String) throws(CodedError) -> [UInt8]? {
        let file = certificate(in: data)
        guard access(file, R_OK) == 0 else { return nil }
        return try PublicKeyPin.of(pem: read(file), name: file)
    }

    private static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private static func read(_ path: String) throws(CodedError) -> String {
        func unusable(_ why: String) -> CodedError { CodedError("certificate-unusable", "cannot read \(path): \(why)") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unusable(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw unusable("it is not a file") }
        guard status.st_size <= sizeLimit else { throw unusable("it is larger than \(sizeLimit) bytes") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unusable(String(cString: strerror(errno))) }
            if count == 0 { break }
            filled += count
        }
        return String(decoding: bytes[..<filled], as: UTF8.self)
    }
}
