import Basics
import GRDB
import MeshModel

/// An address that a machine gave up.
struct ReleasedAddress: Sendable {
    let address: IPAddress
    /// Seconds since 1970.
    let releasedAt: Int64
}

extension Store {
    /// What makes this mesh's IPv6 prefix its own: 40 random bits in hexadecimal (RFC 4193, section 3.2.2).
    private static let globalID = "ipv6_global_id"

    /// The mesh's own facts, and the addresses in quarantine.
    static func registerMesh(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("2") { database in
            try database.execute(
                sql: """
                    CREATE TABLE mesh (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT;
                    CREATE TABLE released_addresses (
                        mesh_address TEXT NOT NULL PRIMARY KEY,
                        released_at INTEGER NOT NULL
                    ) STRICT;
                    """)
            try database.execute(sql: "INSERT INTO mesh VALUES (?, ?)", arguments: [globalID, RandomBytes.hex(5)])
        }
    }

    /// Where IPv6 mesh addresses come from: chosen when the database was made, and the same ever since.
    ///
    /// - Throws: `CodedError`: `storage-failed`, or `database-damaged`.
    func meshPrefix6() async throws(CodedError) -> MeshPrefix6 {
        try await read("reading the mesh's IPv6 prefix") { database in
            let text = try String.fetchOne(database, sql: "SELECT value FROM mesh WHERE key = ?", arguments: [Self.globalID])
            guard let text, text.utf8.count == 10, let number = UInt64(text, radix: 16) else {
                throw CodedError(
                    "database-damaged",
                    "the mesh's \(Self.globalID) in the coordinator's database cannot be read: found \"\(text ?? "")\", expected 10 hexadecimal digits"
                )
            }
            return MeshPrefix6(globalID: number)
        }
    }

    /// The addresses that machines gave up and that were not given out again, the longest released first.
    func releasedAddresses() async throws(CodedError) -> [ReleasedAddress] {
        try await read("reading the released addresses") { database in
            try Row.fetchAll(database, sql: "SELECT * FROM released_addresses ORDER BY released_at").map { row in
                let text: String = row["mesh_address"]
                guard let address = IPAddress(text) else {
                    throw CodedError(
                        "database-damaged", "the released address \"\(text)\" in the coordinator's database cannot be read")
                }
                return ReleasedAddress(address: address, releasedAt: row["released_at"])
            }
        }
    }

    /// Removes a machine and its credential; its address is noted as released.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - quarantine: seconds; what was released longer ago is forgotten.
    func remove(_ peer: Peer, now: Int64, quarantine: Int64) async throws(CodedError) {
        try await write("removing a machine") { database in
            try database.execute(sql: "DELETE FROM machines WHERE id = ?", arguments: [peer.id.text])
            try database.execute(sql: "DELETE FROM former_keys WHERE machine = ?", arguments: [peer.id.text])
            try database.execute(
                sql: "INSERT OR REPLACE INTO released_addresses VALUES (?, ?)", arguments: [peer.meshAddress.description, now])
            try database.execute(sql: "DELETE FROM released_addresses WHERE released_at <= ?", arguments: [now - quarantine])
        }
    }
}
