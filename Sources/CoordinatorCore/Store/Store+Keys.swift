import Basics
import GRDB
import MeshModel

extension Store {
    /// Stores a machine's name and key, and the keys that it had before. Its row must be there.
    func save(identityOf peer: Peer) async throws(CodedError) {
        let former = (peer.formerKeys ?? []).map(\.base64).joined(separator: " ")
        try await write("storing a machine's name and key") { database in
            try database.execute(
                sql: "UPDATE machines SET name = ?, public_key = ? WHERE id = ?",
                arguments: [peer.name.text, peer.publicKey.base64, peer.id.text])
            try database.execute(
                sql: "INSERT OR REPLACE INTO former_keys VALUES (?, ?)", arguments: [peer.id.text, former])
        }
    }

    /// The keys of a row, the latest first; nil if there are none.
    ///
    /// - Throws: `database-damaged` naming the machine.
    static func formerKeys(_ text: String?, of machine: String) throws(CodedError) -> [PublicKey]? {
        guard let text, !text.isEmpty else { return nil }
        let words = text.split(separator: " ")
        let keys = words.compactMap { PublicKey(base64: String($0)) }
        guard keys.count == words.count, keys.count <= Peer.formerKeyLimit else {
            throw CodedError(
                "database-damaged", "the former keys of the machine \"\(machine)\" in the coordinator's database cannot be read")
        }
        return keys
    }
}

extension StoreSchema {
    /// A table of its own: most machines keep the key that they came with. The keys are in base64, the latest first, with spaces between.
    static func registerFormerKeys(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("former-keys") { database in
            try database.execute(
                sql: "CREATE TABLE former_keys (machine TEXT NOT NULL PRIMARY KEY, keys TEXT NOT NULL) STRICT")
        }
    }
}
