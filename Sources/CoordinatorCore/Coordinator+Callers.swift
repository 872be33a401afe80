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
}
