import Basics
import ControlProtocol
import Crypto
import FoundationEssentials
import MeshModel
import NIOCore
import NIOPosix
import Synchronization

/// Simulated machines and the connections that they share for their requests.
final class Fleet: Sendable {
    let options: FleetOptions
    let measurements = Measurements()
    let group: MultiThreadedEventLoopGroup
    private let connections: [RequestConnection]
    private let isOver = Mutex(false)

    /// - Parameter connections: how many connections there are for requests.
    init(_ options: FleetOptions, connections: Int) {
        self.options = options
        let group = MultiThreadedEventLoopGroup(numberOfThreads: options.threads)
        self.group = group
        self.connections = (0..<max(1, connections)).map { _ in RequestConnection(options.url, group.next()) }
    }

    /// No more heartbeats.
    func end() { isOver.withLock { $0 = true } }

    func send(_ request: OutgoingRequest, on connection: Int) async throws -> IncomingAnswer {
        try await connections[connection % connections.count].send(request).get()
    }

    // MARK: Registration

    /// Makes the key that a machine registers with.
    func makeKey() -> Curve25519.KeyAgreement.PrivateKey { .init() }

    /// Registers a machine: a challenge, and what answers it.
    func register(
        _ number: Int, _ key: Curve25519.KeyAgreement.PrivateKey
    ) async throws -> Registration {
        try await register(prepare(number, key, endpoints: [Self.endpoint(of: number)]), on: number)
    }

    /// Everything of a registration but the last request.
    func prepare(
        _ number: Int, _ key: Curve25519.KeyAgreement.PrivateKey, endpoints: [Endpoint]
    ) async throws -> RegistrationRequest {
        let publicKey = PublicKey(bytes: Array(key.publicKey.rawRepresentation))
        guard let publicKey, let name = MachineName("\(options.namePrefix)-\(number)") else {
            throw CodedError("fleet", "a name or a key could not be made")
        }
        let challenge: Challenge = try await post(APIPath.challenges, ChallengeRequest(publicKey: publicKey), nil, number)
        let proof = try KeyProof(answering: challenge, privateKey: Array(key.rawRepresentation), bearer: options.token)
        return RegistrationRequest(
            name: name, publicKey: publicKey, endpoints: endpoints, proof: proof, instance: RandomBytes.hex(8))
    }

    func register(_ request: RegistrationRequest, on connection: Int) async throws -> Registration {
        try await post(APIPath.machines, request, options.token, connection)
    }

    /// An endpoint as a machine would have it (RFC 2544's network for benchmarks).
    static func endpoint(of number: Int) -> Endpoint {
        Endpoint(address: .v4(0xc612_0000 + UInt32(number & 0xffff)), port: 51_820)
    }

    private func post<Answer: Decodable>(
        _ path: String, _ body: some Encodable, _ bearer: String?, _ connection: Int
    ) async throws -> Answer {
        let bytes = ByteBuffer(bytes: try JSONEncoder().encode(body))
        let answer = try await send(OutgoingRequest(path: path, bearer: bearer, body: bytes), on: connection)
        guard (200..<300).contains(answer.status) else {
            throw CodedError("fleet", "\(path) was answered with \(answer.status): \(String(buffer: answer.body).prefix(300))")
        }
        return try JSONDecoder().decode(Answer.self, from: Data(answer.body.readableBytesView))
    }

    // MARK: Heartbeats

    func heartbeat(_ machine: Registration, _ endpoint: Endpoint) -> OutgoingRequest {
        OutgoingRequest(
            path: APIPath.heartbeat(machine.id), bearer: machine.credential,
            body: ByteBuffer(string: "{\"endpoints\":[\"\(endpoint)\"]}"))
    }

    /// Sends heartbeats as often as the coordinator asks, from a random point of the interval on, until the fleet ends.
    func beat(_ machine: Registration, _ number: Int) {
        let interval = TimeAmount.milliseconds(Int64(machine.liveness.heartbeatIntervalMilliseconds))
        let request = heartbeat(machine, Self.endpoint(of: number))
        beat(request, number, after: .nanoseconds(.random(in: 0...interval.nanoseconds)), interval)
    }

    private func beat(_ request: OutgoingRequest, _ number: Int, after delay: TimeAmount, _ interval: TimeAmount) {
        let connection = connections[number % connections.count]
        group.next().scheduleTask(in: delay) {
            guard !self.isOver.withLock({ $0 }) else { return }
            connection.send(request).whenComplete { result in
                var next = interval
                if case .success(let answer) = result, answer.status == 200 {
                    self.measurements.noteHeartbeat(succeeded: true)
                    next = Self.interval(in: answer) ?? interval
                } else {
                    self.measurements.noteHeartbeat(succeeded: false)
                }
                self.beat(request, number, after: next, next)
            }
        }
    }

    /// What the coordinator asks for now: it may stretch with the mesh.
    private static func interval(in answer: IncomingAnswer) -> TimeAmount? {
        let key = Array("\"heartbeatIntervalMilliseconds\":".utf8)
        guard let place = answer.body.readableBytesView.firstRange(of: key) else { return nil }
        let digits = answer.body.readableBytesView[place.upperBound...].prefix { (48...57).contains($0) }
        let milliseconds = digits.prefix(9).reduce(Int64(0)) { $0 * 10 + Int64($1) - 48 }
        return milliseconds > 0 ? .milliseconds(milliseconds) : nil
    }
}
