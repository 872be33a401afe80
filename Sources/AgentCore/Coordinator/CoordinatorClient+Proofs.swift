import ControlProtocol
import FoundationEssentials
import MeshModel
import WireGuardModel

/// What a machine registers with, besides its key.
struct Applicant: Sendable {
    var name: MachineName
    var endpoints: [Endpoint]
    /// Names this run of the agent.
    var instance: String
}

/// The requests that need a proof of the private key.
extension CoordinatorClient {
    /// How long one of these may take, the challenge included once more.
    private static let limit = Duration.seconds(5)
    /// What to do with a proof.
    private typealias Use<Answer> = (KeyProof) async throws(CoordinatorFailure) -> Answer

    func register(
        _ applicant: Applicant, with key: KeyPair, at coordinator: String, bearer: String
    ) async throws(CoordinatorFailure) -> Registration {
        try await proving(key, at: coordinator, bearer) { (proof) async throws(CoordinatorFailure) -> Registration in
            let body = RegistrationRequest(
                name: applicant.name, publicKey: key.publicKey, endpoints: applicant.endpoints, proof: proof,
                instance: applicant.instance)
            return try await send("POST", coordinator + APIPath.machines, body, bearer: bearer, limit: Self.limit)
        }
    }

    /// Asks for another key; the credential stays. To ask again for a key that the coordinator has already is no error.
    func changeKey(
        of machine: Registration, to key: KeyPair, at coordinator: String
    ) async throws(CoordinatorFailure) -> ChangedKey {
        try await proving(key, at: coordinator, machine.credential) { (proof) async throws(CoordinatorFailure) -> ChangedKey in
            try await send(
                "PUT", coordinator + APIPath.key(machine.id), KeyChange(publicKey: key.publicKey, proof: proof),
                bearer: machine.credential, limit: Self.limit)
        }
    }

    /// Challenge, proof, request: on one connection, which the pool keeps. A challenge that has become void meanwhile, because the
    /// coordinator was started again, is asked for anew once.
    private func proving<Answer>(
        _ key: KeyPair, at coordinator: String, _ bearer: String, _ use: Use<Answer>
    ) async throws(CoordinatorFailure) -> Answer {
        do throws(CoordinatorFailure) {
            return try await use(prove(key, at: coordinator, bearer))
        } catch {
            guard error.code == "challenge-expired" else { throw error }
            return try await use(prove(key, at: coordinator, bearer))
        }
    }

    private func prove(
        _ key: KeyPair, at coordinator: String, _ bearer: String
    ) async throws(CoordinatorFailure) -> KeyProof {
        let challenge: Challenge = try await send(
            "POST", coordinator + APIPath.challenges, ChallengeRequest(publicKey: key.publicKey), bearer: nil, limit: Self.limit)
        guard challenge.challenge.utf8.count <= KeyProof.challengeLimit else {
            throw .unreachable("the coordinator's challenge is longer than \(KeyProof.challengeLimit) characters")
        }
        do {
            return try KeyProof(answering: challenge, privateKey: key.privateKey.bytes, bearer: bearer)
        } catch {
            throw .unreachable("the coordinator's challenge cannot be answered: \(error)")
        }
    }
}
