import ControlProtocol
import Hummingbird

extension ControlRoutes {
    /// Who is in the mesh, from the agent, remembered for no longer than for a send.
    func addMembers(to router: Router<BasicRequestContext>) {
        router.get("\(MessengerControl.members)") { _, _ in
            let roster = try await sender.roster.current()
            let members = roster.others.map { MeshMembers.Member(name: $0.name, address: $0.address, presence: $0.presence) }
            return try ControlAnswer.json(
                MeshMembers(
                    own: roster.own.map { .init(name: $0.name, address: $0.address) },
                    members: members.sorted { $0.name < $1.name }))
        }
    }
}
