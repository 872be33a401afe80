import Basics
import Crypto
import MeshModel

/// What is kept of a secret: its SHA-256. The secrets themselves are 256 random bits, so that no salt or stretching is needed.
struct SecretHash: Sendable {
    /// 32 bytes.
    let bytes: [UInt8]

    init(of secret: String) {
        bytes = Array(SHA256.hash(data: Array(secret.utf8)))
    }

    /// - Parameter known: 32 bytes.
    init(known bytes: [UInt8]) { self.bytes = bytes }

    /// As it was stored; nil unless there are 32 bytes.
    init?(stored bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Compares in a time that does not depend on where the two differ.
    func matches(_ other: SecretHash) -> Bool {
        var difference: UInt8 = 0
        for (left, right) in zip(bytes, other.bytes) { difference |= left ^ right }
        return difference == 0
    }
}

/// The bearer credential of a machine: its id, a dot, and the secret. The id says whose hash to compare with.
struct Credential: Sendable {
    let machine: MachineID
    let secret: String

    /// The longest bearer value that is looked at.
    static let lengthLimit = 256

    /// A new one of 256 random bits.
    static func random(for machine: MachineID) -> Credential {
        Credential(machine: machine, secret: newSecret())
    }

    init(machine: MachineID, secret: String) {
        self.machine = machine
        self.secret = secret
    }

    /// Nil unless the text has the form of a credential; a join token's secret never has.
    init?(_ text: String) {
        guard text.utf8.count <= Self.lengthLimit, let dot = text.firstIndex(of: "."), let id = MachineID(String(text[..<dot]))
        else { return nil }
        self.init(machine: id, secret: String(text[text.index(after: dot)...]))
    }

    /// What the machine presents. Secret.
    var text: String { "\(machine).\(secret)" }

    /// 32 random bytes as URL-safe base64.
    static func newSecret() -> String { Base64URL.encode(RandomBytes.make(32)) }
}
