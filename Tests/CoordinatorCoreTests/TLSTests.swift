import Basics
import ControlProtocol
import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Testing
import Timing

@testable import CoordinatorCore

/// The public API over TLS, with real certificates.
@Suite struct TLSTests {
    private let secure = TestSettings(transport: .ownCertificate)

    @Test func aMachineJoinsOverTLS() async throws {
        let directory = try TestDirectory()
        let settings = secure
        try await withCoordinator(directory, settings) { client in
            #expect(client.url.hasPrefix("https://127.0.0.1:") && client.pin != nil)
            let server = try await client.admin.get(AdminPath.server, as: ServerDescription.self)
            #expect(server.scheme == "https" && server.isSelfSigned && server.pin?.bytes == client.pin)
            #expect(client.url.hasSuffix(server.listen))
            let machine = try await client.register("a", key: 1, bearer: client.issueToken().secret)
            #expect(try await client.tryHeartbeat(machine).status == 200)
            let stream = try await client.follow(machine)
            #expect(try await stream.next()?.snapshot != nil)
            stream.close()
        }
        #expect(directory.mode(of: "tls-key.pem") == 0o600 && directory.mode(of: "tls-certificate.pem") == 0o644)
        #expect(settings.log.text.contains("sha256//") && !settings.log.events.contains("plaintext-listener"))
        #expect(!settings.log.text.contains("PRIVATE KEY"))
    }

    @Test func nothingIsServedInTheClear() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory, secure) { client in
            let plain = TestClient(url: "http" + client.url.dropFirst(5), socket: client.socket)
            await #expect(throws: (any Error).self) { _ = try await plain.send("GET", APIPath.health) }
            let other = TestClient(url: client.url, socket: client.socket, pin: [UInt8](repeating: 7, count: 32))
            let error = await #expect(throws: CodedError.self) { _ = try await other.send("GET", APIPath.health) }
            #expect(error?.code == "certificate-pin-mismatch")
        }
    }

    @Test func theCertificateStaysAndTheKeyOutlivesIt() async throws {
        let directory = try TestDirectory()
        func pin() async throws -> [UInt8]? { try await withCoordinator(directory, secure) { $0.pin } }
        let first = try await pin()
        let files = try directory.files()
        #expect(try await pin() == first)
        #expect(try directory.files()["tls-certificate.pem"] == files["tls-certificate.pem"], "not made anew")
        // As a crash between the two files leaves it, and as somebody renews it.
        unlink("\(directory.path)/tls-certificate.pem")
        #expect(try await pin() == first)
        #expect(try directory.files()["tls-certificate.pem"] != files["tls-certificate.pem"])
        #expect(try directory.files()["tls-key.pem"] == files["tls-key.pem"])
        #expect(try directory.files().keys.filter { $0.hasSuffix(".new") }.isEmpty)
    }

    @Test func damagedFilesAreNamedAndLeftAlone() async throws {
        for (name, text) in [("tls-key.pem", ""), ("tls-certificate.pem", "damaged"), ("tls-key.pem", nil)] {
            let directory = try TestDirectory()
            try await withCoordinator(directory, secure) { _ in }
            let file = "\(directory.path)/\(name)"
            unlink(file)
            if let text { try #require(FileManager.default.createFile(atPath: file, contents: Data(text.utf8))) }
            let error = await #expect(throws: CodedError.self) { try await withCoordinator(directory, secure) { _ in } }
            #expect(error?.code == "certificate-unusable" && error?.message.contains(file) == true, "\(error as Any)")
            #expect(try directory.files()[name] == text.map { Array($0.utf8) })
        }
    }

    @Test func aCertificateThatSomebodyBrings() async throws {
        let donor = try TestDirectory()
        try await withCoordinator(donor, secure) { _ in }
        let files = (certificate: "\(donor.path)/tls-certificate.pem", key: "\(donor.path)/tls-key.pem")
        let directory = try TestDirectory()
        let brought = TestSettings(transport: .certificate(file: files.certificate, key: files.key))
        try await withCoordinator(directory, brought) { client in
            let known = TestClient(url: client.url, socket: client.socket, pin: try CertificateFiles.ownPin(in: donor.path))
            #expect(try await known.send("GET", APIPath.health).status == 200)
        }
        #expect(try directory.files()["tls-key.pem"] == nil)
        let swapped = TestSettings(transport: .certificate(file: files.key, key: files.certificate))
        let error = await #expect(throws: CodedError.self) { try await withCoordinator(directory, swapped) { _ in } }
        #expect(error?.code == "certificate-unusable" && error?.message.contains(files.key) == true)
    }

    /// TLS says goodbye and waits for an answer, which this client never gives.
    @Test func aClientThatSaysNothingHoldsNothingUp() async throws {
        let directory = try TestDirectory()
        let settings = secure
        let (start, mute) = try await withCoordinator(directory, settings) { client in
            let mute = try await MuteClient(port: try #require(UInt16(client.url.split(separator: ":").last ?? "")))
            return (MonotonicTime.now, mute)
        }
        #expect(MonotonicTime.now - start < .milliseconds(1_400), "within the patience for requests in flight")
        await mute.close()
    }

    @Test func plaintextIsSaidWhereOthersCanReach() async throws {
        let directory = try TestDirectory()
        let local = TestSettings()
        try await withCoordinator(directory, local) { _ in }
        #expect(!local.log.events.contains("plaintext-listener"))
        let open = TestSettings(listen: "0.0.0.0:0")
        try await withCoordinator(directory, open) { _ in }
        #expect(open.log.events.contains("plaintext-listener"))
    }
}

/// Shakes hands, and then neither reads nor says goodbye.
private final class MuteClient: Sendable {
    private let channel: any Channel

    init(port: UInt16) async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        let context = try NIOSSLContext(configuration: configuration)
        let done = OneShot<Bool>()
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLClientHandler(context: context, serverHostname: nil), Deaf(done: done))
                }
            }
            .connect(host: "127.0.0.1", port: Int(port)).get()
        try #require(await done.value(within: .seconds(5)) == true)
        try await channel.setOption(.autoRead, value: false).get()
    }

    func close() async { try? await channel.close().get() }

    private final class Deaf: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let done: OneShot<Bool>

        init(done: OneShot<Bool>) { self.done = done }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            done.set(true)
            context.fireUserInboundEventTriggered(event)
        }
    }
}
