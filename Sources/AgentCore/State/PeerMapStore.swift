import Basics
import FoundationEssentials
import MeshModel

/// `peers.json` in the state directory: the last peer map, so that a machine starts into the mesh it knew while the coordinator is away.
struct PeerMapStore: Sendable {
    let path: String

    /// A file that is larger is not one of ours: room for over 100,000 peers.
    private static let sizeLimit = 64 << 20

    private struct Content: Codable {
        var version = 1
        /// Whose map it is: one that was another machine's is of no use.
        var machine: MachineID
        var position: PeerMapPosition?
        var peers: [Peer]
    }

    init(directory: String) { path = "\(directory)/peers.json" }

    /// The map of that machine; nil if there is none.
    ///
    /// - Throws: `peers-damaged` or `state-file`. The map can be had again from the coordinator, so neither is a reason to stop.
    func load(of machine: MachineID) throws(CodedError) -> PeerMap? {
        guard let bytes = try PrivateFile.read(path, limit: Self.sizeLimit) else { return nil }
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)), content.version == 1 else {
            throw CodedError("peers-damaged", "\(path) is not a peer map of this program")
        }
        guard content.machine == machine else { return nil }
        return PeerMap(position: content.position, peers: Dictionary(content.peers.map { ($0.id, $0) }) { _, last in last })
    }

    /// Removes the file; one that is not there is as good.
    ///
    /// - Throws: `state-file`.
    func remove() throws(CodedError) { try PrivateFile.remove(path) }

    /// Replaces the file.
    ///
    /// - Throws: `state-file`.
    func save(_ map: PeerMap, of machine: MachineID) throws(CodedError) {
        let peers = map.peers.values.sorted { $0.id < $1.id }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let content = Content(machine: machine, position: map.position, peers: peers)
            try PrivateFile.replace(path, with: [UInt8](encoder.encode(content)))
        } catch let error as CodedError {
            throw error
        } catch {
            throw CodedError("state-file", "the peer map could not be written as JSON", cause: error)
        }
    }
}
