import Basics
import GRDB
import MeshModel

extension Store {
    /// Stores the name that an administrator gave to a machine; the machine's own registrations do not change it any longer.
    func save(nameGivenTo peer: Peer) async throws(CodedError) {
        try await write("storing a machine's name") { database in
            try database.execute(sql: "UPDATE machines SET name = ? WHERE id = ?", arguments: [peer.name.text, peer.id.text])
            try database.execute(sql: "INSERT OR IGNORE INTO given_names VALUES (?)", arguments: [peer.id.text])
        }
    }

    /// The machines whose names an administrator gave. What is left of machines that were removed is swept out.
    func machinesWithGivenNames() async throws(CodedError) -> Set<MachineID> {
        try await write("reading the names that were given") { database in
            try database.execute(sql: "DELETE FROM given_names WHERE machine NOT IN (SELECT id FROM machines)")
            return Set(try String.fetchAll(database, sql: "SELECT machine FROM given_names").compactMap(MachineID.init))
        }
    }
}

extension StoreSchema {
    /// A table of its own: most machines keep the name that they came with.
    static func registerGivenNames(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("given-names") { database in
            try database.execute(sql: "CREATE TABLE given_names (machine TEXT NOT NULL PRIMARY KEY) STRICT")
        }
    }
}
