import Foundation
import NIOSSL

/// The certificate that machines know the coordinator by.
enum CertificateCheck {
    /// Days before the end at which to say something.
    static let notice = 30

    /// - Parameter now: seconds since 1970.
    static func examine(_ data: String, now: Int64) -> Finding {
        let (certificate, key) = ("\(data)/tls-certificate.pem", "\(data)/tls-key.pem")
        let present = [certificate, key].filter { FileManager.default.fileExists(atPath: $0) }
        guard !present.isEmpty else { return .ok("certificate", "none yet: it is made at the first start with TLS") }
        guard present.count == 2 else {
            return .fail(
                "certificate", "there is \(present[0]) but not its counterpart",
                "put the other one back from a backup; without it machines do not know the coordinator any longer")
        }
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate)
            guard let first = chain.first else {
                return .fail("certificate", "\(certificate) is empty", "put it back from a backup")
            }
            let privateKey = try NIOSSLPrivateKey(file: key, format: .pem)
            // Refused unless the two belong together.
            _ = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey)))
            return judge(from: Int64(first.notValidBefore), to: Int64(first.notValidAfter), now: now)
        } catch {
            return .fail(
                "certificate", "\(certificate) and \(key) cannot be used together: \(error)",
                "put both back from one backup; without them machines do not know the coordinator any longer")
        }
    }

    static func judge(from: Int64, to: Int64, now: Int64) -> Finding {
        let end = CoordinatorClock.text(to)
        let advice = "renew it with the same key, so that machines know it still (docs/coordinator.md)"
        if now > to { return .fail("certificate", "it expired at \(end)", advice) }
        if now < from { return .fail("certificate", "it is valid from \(CoordinatorClock.text(from)) only", "look at the clock") }
        guard now + Int64(notice) * 86_400 < to else { return .warn("certificate", "it expires at \(end)", advice) }
        return .ok("certificate", "matches its key, valid until \(end)")
    }
}
