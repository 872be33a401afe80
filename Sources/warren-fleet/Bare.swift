import ArgumentParser
import Basics
import CommandSupport
import ControlProtocol
import Crypto
import FoundationEssentials
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import MeshModel
import NIOCore
import NIOSSL

/// `warren-fleet bare`
struct Bare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A server that reads requests and gives the same answers always: what HTTP itself costs.",
        discussion: "Prints the port that it listens on, on loopback, as its first line.")

    @Option(help: ArgumentHelp("Certificate to serve with, in PEM form; without it plain HTTP. Needs --key.", valueName: "FILE"))
    var certificate: String?

    @Option(help: ArgumentHelp("Its private key, in PEM form.", valueName: "FILE"))
    var key: String?

    func validate() throws {
        guard (certificate == nil) == (key == nil) else { throw ValidationError("--certificate and --key need one another") }
    }

    private func server() throws -> HTTPServerBuilder {
        guard let certificate, let key else { return .http1() }
        let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
        let secret = try NIOSSLPrivateKey(file: key, format: .pem)
        return try .tls(
            .http1(), tlsConfiguration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(secret)))
    }

    func run() async throws {
        let router = Router()
        let liveness = LivenessSettings(
            heartbeatIntervalMilliseconds: 1_000, suspectAfterMilliseconds: 3_000, unresponsiveAfterMilliseconds: 6_000)
        guard let key = PublicKey(bytes: Array(Curve25519.KeyAgreement.PrivateKey().publicKey.rawRepresentation)),
            let name = MachineName("bare"), let prefix = IPPrefix("100.64.0.0/10")
        else { throw CodedError("fleet", "the answers could not be made") }
        let id = MachineID.random()
        let registration = Registration(
            id: id, name: name, meshAddress: .v4(0x6440_0001), meshPrefix: prefix,
            credential: "\(id).\(RandomBytes.hex(32))", liveness: liveness)
        try add("/v1/machines", registration, .created, to: router)
        try add("/v1/machines/:id/heartbeat", HeartbeatResponse(liveness: liveness), .ok, to: router)
        let challenge = Challenge(challenge: RandomBytes.hex(48), coordinatorKey: key, expiresInMilliseconds: 30_000)
        try add("/v1/challenges", challenge, .ok, to: router)
        var logger = Logger(label: "bare")
        logger.logLevel = .critical
        let application = Application(
            router: router, server: try server(), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                // Through the standard library's buffer this would stay where it is until the end.
                let line = "\(channel.localAddress?.port ?? 0)\n"
                FileHandleOutput.write(line)
            }, logger: logger)
        try await application.runService()
    }

    private func add(
        _ path: RouterPath, _ answer: some Encodable, _ status: HTTPResponse.Status, to router: Router<BasicRequestContext>
    ) throws {
        let body = ByteBuffer(bytes: try JSONEncoder().encode(answer))
        router.post(path) { request, _ in
            _ = try await request.body.collect(upTo: 64 << 10)
            return Response(
                status: status, headers: [.contentType: "application/json", .contentLength: "\(body.readableBytes)"],
                body: ResponseBody(byteBuffer: body))
        }
    }
}
