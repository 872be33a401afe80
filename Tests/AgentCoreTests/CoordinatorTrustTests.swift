import Basics
import ControlProtocol
import MeshModel
import TestSupport
import Testing
import TransportSecurity

@testable import AgentCore

/// To whom the agent tells its secrets: real TLS, with servers that keep what they hear.
@Suite struct CoordinatorTrustTests {
    private func follow(_ client: CoordinatorClient, _ server: RecordingServer) async -> CoordinatorFailure? {
        do throws(CoordinatorFailure) {
            _ = try await client.openStream(at: server.url, credential: "the-secret", resuming: nil)
            return nil
        } catch {
            return error
        }
    }

    @Test func theSecretGoesToTheServerWithThePinAndToNobodyElse() async throws {
        let owner = CertifiedKey()
        let certificate = try owner.certificate()
        let server = try await RecordingServer(certificate)
        let client = CoordinatorClient(trust: ServerTrust(url: server.url, pin: certificate.pin))
        // It answers 503 to everything.
        #expect(await follow(client, server)?.code == "status-503")
        #expect(server.text.contains("Bearer the-secret"), "so that the checks below can fail")

        // The same key with a new certificate: as good as before.
        let heard = server.text.count
        try server.show(owner.certificate())
        #expect(await follow(client, server)?.code == "status-503")
        #expect(server.text.count > heard)

        // Somebody else at the same address, to a client that was there before and to a new one.
        let before = server.text
        try server.show(CertifiedKey().certificate())
        for client in [client, CoordinatorClient(trust: ServerTrust(url: server.url, pin: certificate.pin))] {
            let failure = await follow(client, server)
            #expect(failure?.code == "certificate-pin-mismatch" && failure?.kind == .unreachable, "\(failure as Any)")
        }
        // Without a pin the system's roots decide, and none of them has signed this.
        let open = CoordinatorClient(trust: ServerTrust(url: server.url, pin: nil))
        #expect(await follow(open, server)?.code == "unreachable")
        #expect(server.text == before, "nothing was said to it")
        await server.stop()
    }
}
