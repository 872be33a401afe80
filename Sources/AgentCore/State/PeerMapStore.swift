import AgentLogic
import Basics
import FoundationEssentials
import MeshModel

/// `peers.json` in the state directory: the last peer map, so that a machine starts into the mesh it knew while the coordinator is away;
/// and by what each peer is known, so that a restart is no occasion to take another for it.
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
        /// Absent in files of older versions.
        var pins: [Pin]?
    }

    /// What the file holds.
    struct Saved: Equatable {
        var map: PeerMap
        var pins: [Pin]
    }

    init(directory: String) { path = "\(directory)/peers.json" }

    /// What that machine last knew; nil if there is nothing.
    ///
    /// - Throws: `peers-damaged` or `state-file`. The map can be had again from the coordinator, so neither is a reason to stop.
    func load(of machine: MachineID) throws(CodedError) -> Saved? {
        guard let bytes = try PrivateFile.read(path, limit: Self.sizeLimit) else { return nil }
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)), content.version == 1 else {
            throw CodedError("peers-damaged", "\(path) is not a peer map of this program")
        }
        guard content.machine == machine else { return nil }
        let map = PeerMap(position: content.position, peers: Dictionary(content.peers.map { ($0.id, $0) }) { _, last in last })
        return Saved(map: map, pins: content.pins ?? content.peers.map(Pin.init))
    }

    /// Removes the file; one that is not there is as good.
    ///
    /// - Throws: `state-file`.
    func remove() throws(CodedError) { try PrivateFile.remove(path) }

    /// Replaces the file.
    ///
    /// - Throws: `state-file`.
    func save(_ saved: Saved, of machine: MachineID) throws(CodedError) {
        let peers = saved.map.peers.values.sorted { $0.id < $1.id }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let content = Content(machine: machine, position: saved.map.position, peers: peers, pins: saved.pins)
            try PrivateFile.replace(path, with: [UInt8](encoder.encode(content)))
        } catch let error as CodedError {
            throw error
        } catch {
            throw CodedError("state-file", "the peer map could not be written as JSON", cause: error)
        }
    }
}
