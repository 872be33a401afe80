import ControlProtocol
import MeshModel

extension ChatState {
    /// Compares what the mesh looks like with what it looked like, and tells what changed.
    mutating func takeMembers(_ now: MeshMembers, at stamp: Stamp) {
        guard let before = mesh else {
            mesh = now
            return
        }
        guard now.own != nil else {
            // An agent that just starts knows nobody: that is not to say that everybody has left.
            mesh = MeshMembers(
                own: nil, members: before.members.map { .init(name: $0.name, address: $0.address, presence: .unsure) })
            return
        }
        mesh = now
        if let own = now.own, before.own != nil, before.own != own {
            add(.remark, "this machine is \(own.name) now, \(own.address)", at: stamp)
        }
        let old = Dictionary(before.members.map { ($0.name, $0.presence) }) { $1 }
        for member in now.members {
            guard let words = Self.words(from: old[member.name], to: member.presence) else { continue }
            add(.presence(member.name, member.presence), "\(member.name) \(words)", at: stamp)
        }
        let names = Set(now.members.map(\.name))
        for member in before.members where !names.contains(member.name) {
            add(.presence(member.name, .away), "\(member.name) has left the mesh", at: stamp)
            unread[member.name] = nil
        }
    }

    /// A doubt is shown beside the name and not told.
    private static func words(from old: MeshMembers.Presence?, to new: MeshMembers.Presence) -> String? {
        switch (old, new) {
        case (nil, .away): nil
        case (nil, _): "has joined the mesh"
        case (.away, .reachable), (.away, .unsure): "is back"
        case (.reachable, .away), (.unsure, .away): "is away: the mesh has dropped it"
        default: nil
        }
    }

    /// The names that somebody may write to, this machine's included.
    var names: [MachineName] {
        let own = mesh?.own.map { [$0.name] } ?? []
        return ((mesh?.members.map(\.name) ?? []) + own).sorted()
    }
}
