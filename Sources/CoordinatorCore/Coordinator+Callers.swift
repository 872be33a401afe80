import Basics
import MeshModel

/// A machine that has proved who it is.
struct Caller: Sendable {
    let machine: MachineID
    /// The hash of the credential that it presented.
    let credential: SecretHash
}

extension Coordinator {
    /// Whose credential that is.
    ///
    /// - Throws: `CodedError` with code `credential-invalid`: unknown machine, or a credential that has been replaced.
    func authenticate(_ credential: Credential) throws(CodedError) -> Caller {
        let presented = SecretHash(of: credential.text)
        guard let known = credentials[credential.machine], known.hash.matches(presented) else {
            throw CodedError(
                "credential-invalid", "the coordinator does not know this credential: register again")
        }
        if !known.wasUsed {
            credentials[credential.machine]?.wasUsed = true
            markUnsaved(credential.machine)
        }
        return Caller(machine: credential.machine, credential: presented)
    }

    /// Like the other one, from the text that came with the request.
    func authenticate(bearer: String) throws(CodedError) -> Caller {
        guard let credential = Credential(bearer) else {
            throw CodedError("credential-invalid", "the bearer value is not a machine's credential: register first")
        }
        return try authenticate(credential)
    }

    /// Whether the credential that was presented is still the machine's.
    func isCurrent(_ caller: Caller) -> Bool {
        credentials[caller.machine]?.hash.matches(caller.credential) ?? false
    }

    /// Looks again before something is done for a caller: between its first line and its last, a request may have taken long.
    ///
    /// - Throws: `CodedError` with code `credential-invalid` if the credential was replaced or revoked, or the machine removed, meanwhile.
    func confirm(_ caller: Caller) throws(CodedError) {
        guard isCurrent(caller) else {
            throw CodedError("credential-invalid", "the credential of \(caller.machine) is no longer valid: register again")
        }
    }

    /// The machine that presents its credential to register again: the present one, or the one before as long as the present one has
    /// not been used, for then the answer that brought it may have been lost on its way. Nothing is noted.
    func applicant(_ credential: Credential) -> MachineID? {
        guard let known = credentials[credential.machine] else { return nil }
        let presented = SecretHash(of: credential.text)
        let isPrevious = !known.wasUsed && known.previous?.matches(presented) == true
        return known.hash.matches(presented) || isPrevious ? credential.machine : nil
    }
}
