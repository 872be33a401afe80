import Basics
import ControlProtocol
import MeshModel

/// The machines of the mesh as this machine's agent knows them at one moment.
public struct Roster: Hashable, Sendable {
    /// One machine.
    public struct Member: Hashable, Sendable {
        public let id: MachineID
        public let name: MachineName
        public let address: IPAddress
        /// Whether this machine's WireGuard device holds it; one that the mesh has dropped is known but not reachable.
        public let isReachable: Bool
        /// What people are told; `away` exactly if it is not reachable.
        public let presence: MeshMembers.Presence

        /// - Parameter isDoubted: whether messages to one that is reachable may not get there all the same.
        public init(id: MachineID, name: MachineName, address: IPAddress, isReachable: Bool, isDoubted: Bool = false) {
            self.id = id
            self.name = name
            self.address = address
            self.isReachable = isReachable
            presence = !isReachable ? .away : isDoubted ? .unsure : .reachable
        }
    }

    /// This machine; nil while it is not registered.
    public let own: Member?
    /// The other machines.
    public let others: [Member]

    public init(own: Member?, others: [Member]) {
        self.own = own
        self.others = others
    }

    /// What a name stands for.
    public enum Resolution: Hashable, Sendable {
        /// Connect from this address to that machine. One's own name is answered like any other.
        case reachable(from: IPAddress, Member)
        /// The mesh has dropped the machine.
        case dropped(Member)
        /// Nobody has that name; perhaps this one was meant.
        case unknown(nearest: String?)
        /// This machine is in no mesh.
        case notAMember
    }

    public func resolve(_ name: MachineName) -> Resolution {
        guard let own else { return .notAMember }
        let all = [own] + others
        guard let member = all.first(where: { $0.name == name }) else {
            return .unknown(nearest: NearestWord.to(name.text, among: all.map(\.name.text)))
        }
        return member.isReachable ? .reachable(from: own.address, member) : .dropped(member)
    }

    /// Who has that mesh address; this machine included, because it may write to itself.
    public func member(at address: IPAddress) -> Member? {
        own?.address == address ? own : others.first { $0.address == address }
    }
}
