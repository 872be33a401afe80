import Basics
import FoundationEssentials
import NIOSSL
import ServerIdentity
import TestSupport
import Testing
import Timing

@testable import TransportSecurity

/// Certificates as they are made and read.
@Suite struct ServerCertificateTests {
    private let names = (certificate: "c.pem", key: "k.pem")

    @Test func aCertificateIsKnownByItsKey() throws {
        let server = CertifiedKey()
        let first = try server.certificate()
        let second = try server.certificate()
        #expect(first.pin.count == 32 && first.pin == second.pin && first.certificatePEM != second.certificatePEM)
        #expect(try first.isSelfSigned && CertifiedKey().certificate().pin != first.pin)
        #expect(try PublicKeyPin.of(pem: first.certificatePEM, name: "c.pem") == first.pin)
    }

    /// The clock of a machine that has just been switched on may stand anywhere.
    @Test(arguments: [(0, true), (86_400, true), (1_795_000_000, true), (1_795_000_000 + 21 * 365 * 86_400, false)])
    func validFrom1970ForTwentyYears(_ seconds: Int, _ isValid: Bool) throws {
        let key = ServerCertificate.makeKey()
        let made = Date(timeIntervalSince1970: 1_795_000_000)
        let text = try ServerCertificate.makeCertificate(for: key, keyName: "k.pem", now: made)
        let result = Result {
            try ServerCertificate(
                certificatePEM: text, keyPEM: key, names: names, now: Date(timeIntervalSince1970: Double(seconds)))
        }
        switch result {
        case .success: #expect(isValid)
        case .failure(let error):
            #expect(!isValid && (error as? CodedError)?.code == "certificate-unusable")
            #expect("\(error)".contains("c.pem has expired on 2046-11-1"), "\(error)")
        }
    }

    @Test func whatCannotBeUsedIsNamed() throws {
        let key = ServerCertificate.makeKey()
        let text = try ServerCertificate.makeCertificate(for: key, keyName: "k.pem")
        let other = ServerCertificate.makeKey()
        for (certificate, key, words) in [
            ("", key, "c.pem is not a certificate"), ("nonsense", key, "c.pem is not a certificate"),
            (String(text.dropLast(120)), key, "c.pem is not a certificate"), (text, "", "k.pem is not a private key"),
            (text, String(key.dropLast(60)), "k.pem is not a private key"), (text, text, "k.pem is not a private key"),
            (text, other, "k.pem is not the private key of c.pem"),
        ] {
            let error = #expect(throws: CodedError.self) {
                try ServerCertificate(certificatePEM: certificate, keyPEM: key, names: names)
            }
            #expect(error?.code == "certificate-unusable" && error?.message.contains(words) == true, "\(error as Any)")
            #expect(!"\(error as Any)".contains("PRIVATE KEY"))
        }
        let error = #expect(throws: CodedError.self) {
            try ServerCertificate(certificatePEM: text, keyPEM: key, names: names, now: Date(timeIntervalSince1970: -1))
        }
        #expect(error?.message.contains("is this machine's clock right?") == true)
    }

    @Test func placesOfURLs() {
        func place(_ url: String) -> String {
            ServerPlace(url: url).map { "\($0.isSecure) \($0.host) \($0.port)" } ?? "none"
        }
        #expect(place("https://192.0.2.1:7400") == "true 192.0.2.1 7400" && place("http://c.example") == "false c.example 80")
        #expect(place("https://[2001:db8::1]") == "true 2001:db8::1 443" && place("https://[::1]:1/a?b") == "true ::1 1")
        for bad in [
            "", "https://", "ftp://a", "https://a:0", "https://a:65536", "https://a:b", "https://[::1", "https://u@a",
            "https://[::1]x",
        ] {
            #expect(place(bad) == "none", "\(bad)")
        }
    }
}

/// Real TLS over loopback.
@Suite struct ServerTrustTests {
    @Test func theRightPinGivesTheCertificate() async throws {
        let certificate = try CertifiedKey().certificate()
        let server = try await RecordingServer(certificate)
        let trust = ServerTrust(url: server.url, pin: certificate.pin)
        #expect(try await trust.configuration(within: .seconds(5)) != nil)
        #expect(try await trust.configuration(within: .seconds(5)) != nil)
        #expect(server.connections == 1, "asked once")
        #expect(try await !trust.renew(within: .seconds(5)), "it is still the same")
        #expect(server.text.isEmpty)
        await server.stop()
    }

    @Test func anotherKeyIsRefused() async throws {
        let server = try await RecordingServer(CertifiedKey().certificate())
        let trust = ServerTrust(url: server.url, pin: [UInt8](repeating: 7, count: 32))
        for _ in 1...2 {
            let error = await #expect(throws: CodedError.self) { try await trust.configuration(within: .seconds(5)) }
            #expect(error?.code == "certificate-pin-mismatch")
        }
        #expect(server.text.isEmpty && server.connections == 2)
        await server.stop()
    }

    @Test func aRenewedCertificateIsFoundAndAnotherKeyIsNot() async throws {
        let owner = CertifiedKey()
        let first = try owner.certificate()
        let server = try await RecordingServer(first)
        let trust = ServerTrust(url: server.url, pin: first.pin)
        _ = try await trust.configuration(within: .seconds(5))
        try server.show(owner.certificate())
        #expect(try await trust.renew(within: .seconds(5)))
        try server.show(CertifiedKey().certificate())
        let error = await #expect(throws: CodedError.self) { try await trust.renew(within: .seconds(5)) }
        #expect(error?.code == "certificate-pin-mismatch")
        await server.stop()
    }

    @Test func whoDoesNotAnswerIsWaitedForNoLonger() async throws {
        let certificate = try CertifiedKey().certificate()
        let server = try await RecordingServer(certificate)
        let url = server.url
        await server.stop()
        let gone = await #expect(throws: CodedError.self) {
            try await ServerTrust(url: url, pin: certificate.pin).configuration(within: .seconds(5))
        }
        #expect(gone?.code == "server-unreachable")
        let silent = try SilentServer()
        let start = MonotonicTime.now
        let error = await #expect(throws: CodedError.self) {
            try await ServerTrust(url: silent.url, pin: certificate.pin).configuration(within: .milliseconds(200))
        }
        #expect(error?.code == "server-unreachable" && MonotonicTime.now - start < .seconds(3))
    }

    @Test func withoutAPinThereIsNothingToConfigure() async throws {
        #expect(try await ServerTrust(url: "https://192.0.2.1", pin: nil).configuration(within: .seconds(1)) == nil)
        #expect(try await ServerTrust(url: "http://192.0.2.1", pin: nil).configuration(within: .seconds(1)) == nil)
        let pin = [UInt8](repeating: 7, count: 32)
        for url in ["http://192.0.2.1", "https://u@192.0.2.1", "https://192.0.2.1:0", "nonsense"] {
            let error = await #expect(throws: CodedError.self) {
                try await ServerTrust(url: url, pin: pin).configuration(within: .seconds(1))
            }
            #expect(error?.code == "certificate-unusable", "a pin is never dropped: \(url)")
        }
    }
}
