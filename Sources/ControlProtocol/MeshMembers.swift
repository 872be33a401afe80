import MeshModel

extension MessengerControl {
    /// `GET`: `MeshMembers`.
    public static let members = "/v1/members"
}

/// Answer to `GET /v1/members` on the messenger's control socket: who is in the mesh, as this machine's agent sees it now.
public struct MeshMembers: Codable, Sendable, Hashable {
    /// This machine; absent while it is registered with no coordinator.
    public var own: Own?
    /// The other machines, by name.
    public var members: [Member]

    /// This machine.
    public struct Own: Codable, Sendable, Hashable {
        public var name: MachineName
        public var address: IPAddress

        public init(name: MachineName, address: IPAddress) {
            self.name = name
            self.address = address
        }
    }

    /// Whether messages get there.
    public enum Presence: String, Codable, Sendable, Hashable, CaseIterable {
        /// There is a tunnel, and nobody doubts it.
        case reachable
        /// Messages may get there: the coordinator has begun to doubt the machine, or the tunnel to it is not there yet.
        case unsure
        /// The mesh has dropped it.
        case away
    }

    /// Another machine.
    public struct Member: Codable, Sendable, Hashable {
        public var name: MachineName
        public var address: IPAddress
        public var presence: Presence

        public init(name: MachineName, address: IPAddress, presence: Presence) {
            self.name = name
            self.address = address
            self.presence = presence
        }
    }

    public init(own: Own?, members: [Member]) {
        self.own = own
        self.members = members
    }
}
