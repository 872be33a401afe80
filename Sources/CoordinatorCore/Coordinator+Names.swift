import ControlProtocol
import MeshModel

extension Coordinator {
    /// The name that a registration comes to: the one that the machine asks for, unless an administrator gave it another.
    func name(for request: RegistrationRequest) -> MachineName {
        guard let known = membership.registry[request.publicKey], givenNames.contains(known.id) else { return request.name }
        return known.name
    }
}

extension SecretHash {
    /// In the place of a credential that was revoked: no secret is known to have this hash.
    static let nobodys = SecretHash(known: [UInt8](repeating: 0, count: 32))

    /// Whether this stands for a credential that was revoked.
    var isNobodys: Bool { matches(.nobodys) }
}
