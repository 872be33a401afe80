import Basics
import Foundation
import GRDB
import MeshModel

/// A machine as it is stored.
struct StoredMachine: Sendable {
    /// Its liveness is either alive or unresponsive.
    var peer: Peer
    var credential: SecretHash
    /// Whether the machine has shown that it got its credential.
    var credentialUsed: Bool
    /// The credential before, which it still has if the answer that brought this one was lost.
    var previousCredential: SecretHash?
}

extension Store {
    /// All machines.
    ///
    /// - Throws: `CodedError`: `storage-failed`, or `database-damaged` naming the machine that cannot be read.
    func machines() async throws(CodedError) -> [StoredMachine] {
        try await read("reading the machines") { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT machines.*, keys FROM machines LEFT JOIN former_keys ON machine = id")
            return try rows.map(Self.machine)
        }
    }

    /// Stores registrations in their order, and that they used up join tokens, all in one transaction.
    ///
    /// - Parameters:
    ///   - registrations: each with the id of the join token that admitted the machine; nil if its own credential did.
    ///   - now: seconds since 1970.
    func save(registrations: [(machine: StoredMachine, token: String?)], now: Int64) async throws(CodedError) {
        let rows = try registrations.map { entry throws(CodedError) in
            (entry.machine, entry.token, try Self.encode(entry.machine.peer.endpoints))
        }
        try await write("storing a registration") { database in
            for (machine, token, endpoints) in rows { try Self.insert(machine, token, endpoints, now, database) }
        }
    }

    private static func insert(
        _ machine: StoredMachine, _ token: String?, _ endpoints: String, _ now: Int64, _ database: Database
    ) throws {
        let peer = machine.peer
        let address = peer.meshAddress.description
        try database.cachedStatement(
            sql: """
                INSERT INTO machines VALUES (?, ?, ?, ?, ?, 0, ?, ?, 0, ?)
                ON CONFLICT (id) DO UPDATE SET
                    name = excluded.name, endpoints = excluded.endpoints, unresponsive = 0,
                    credential_hash = excluded.credential_hash, credential_used = 0,
                    previous_credential_hash = excluded.previous_credential_hash
                """
        ).execute(arguments: [
            peer.id.text, peer.name.text, peer.publicKey.base64, address, endpoints, now, Data(machine.credential.bytes),
            machine.previousCredential.map { Data($0.bytes) },
        ])
        try database.cachedStatement(sql: "DELETE FROM released_addresses WHERE mesh_address = ?")
            .execute(arguments: [address])
        guard let token else { return }
        try database.cachedStatement(sql: "UPDATE join_tokens SET uses = uses + 1, used_by = ? WHERE id = ?")
            .execute(arguments: [peer.id.text, token])
    }

    /// Stores what may change between registrations: endpoints, the unresponsive mark and whether the credential was used.
    /// Machines that are gone meanwhile are skipped.
    func save(changesOf machines: [StoredMachine]) async throws(CodedError) {
        let rows = try machines.map { machine throws(CodedError) in (machine, try Self.encode(machine.peer.endpoints)) }
        try await write("storing changes of machines") { database in
            for (machine, endpoints) in rows {
                try database.execute(
                    sql: "UPDATE machines SET endpoints = ?, unresponsive = ?, credential_used = ? WHERE id = ?",
                    arguments: [
                        endpoints, machine.peer.liveness == .unresponsive, machine.credentialUsed, machine.peer.id.text,
                    ])
            }
        }
    }

    /// Stores another credential, which counts as used: no used-up join token brings its machine back.
    func save(credential: SecretHash, of id: MachineID) async throws(CodedError) {
        try await write("storing a credential") { database in
            try database.execute(
                sql: "UPDATE machines SET credential_hash = ?, credential_used = 1, previous_credential_hash = NULL WHERE id = ?",
                arguments: [Data(credential.bytes), id.text])
        }
    }

    private static func encode(_ endpoints: [Endpoint]) throws(CodedError) -> String {
        do {
            return String(decoding: try JSONEncoder().encode(endpoints), as: UTF8.self)
        } catch {
            throw CodedError("storage-failed", "endpoints could not be written as JSON", cause: error)
        }
    }

    private static func machine(_ row: Row) throws -> StoredMachine {
        let id: String = row["id"]
        let name: String = row["name"]
        let key: String = row["public_key"]
        let address: String = row["mesh_address"]
        let endpoints: String = row["endpoints"]
        let hash: Data = row["credential_hash"]
        guard let machine = MachineID(id), let machineName = MachineName(name), let publicKey = PublicKey(base64: key),
            let meshAddress = IPAddress(address), let credential = SecretHash(stored: Array(hash)),
            let candidates = try? JSONDecoder().decode([Endpoint].self, from: Data(endpoints.utf8))
        else {
            throw CodedError(
                "database-damaged", "the machine \"\(id)\" (\"\(name)\") in the coordinator's database cannot be read")
        }
        let peer = Peer(
            id: machine, name: machineName, publicKey: publicKey, meshAddress: meshAddress, endpoints: candidates,
            liveness: row["unresponsive"] ? .unresponsive : .alive, formerKeys: try formerKeys(row["keys"], of: id))
        let previous: Data? = row["previous_credential_hash"]
        return StoredMachine(
            peer: peer, credential: credential, credentialUsed: row["credential_used"],
            previousCredential: previous.flatMap { SecretHash(stored: Array($0)) })
    }
}
