import ControlProtocol
import MeshModel
import Testing

@testable import CoordinatorCore

/// A coordinator without its server.
func makeCoordinator(_ directory: TestDirectory, _ test: TestSettings = TestSettings()) async throws -> Coordinator {
    let settings = try CoordinatorSettings(
        data: directory.path, listen: #require(ListenAddress("127.0.0.1:0")), pool: #require(IPPrefix(test.pool)),
        heartbeatInterval: test.heartbeat, suspectAfter: test.suspect, unresponsiveAfter: test.unresponsive,
        addressQuarantine: test.quarantine)
    let store = try Store(path: DataDirectory.database(in: directory.path))
    return try await Coordinator(settings: settings, store: store, clock: test.wall.clock, logger: test.log.logger)
}

/// A registration of the n-th key, proved for this bearer.
func provedRequest(
    _ name: String, _ number: Int, _ bearer: String, _ coordinator: Coordinator
) async throws -> RegistrationRequest {
    let challenge = await coordinator.challenges.challenge(for: try key(number), at: coordinator.clock.monotonic())
    return RegistrationRequest(
        name: try #require(MachineName(name)), publicKey: try key(number), endpoints: [],
        proof: try KeyProof(answering: challenge, privateKey: privateKey(number), bearer: bearer),
        instance: testInstance(number))
}
