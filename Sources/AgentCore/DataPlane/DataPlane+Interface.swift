import AgentLogic
import Basics
import MeshModel
import Netlink
import Observability
import WireGuardControl

extension DataPlane {
    /// Finds the interface, raises it, and reads its routes. Gives it the mesh address once that is known.
    func lookAtInterface(_ state: Membership.State) throws(CodedError) {
        let index = try raiseInterface()
        let addresses = try routes.addresses()
        if let registration = state.registration { try setAddresses(registration, among: addresses, on: index) }
        noteUnderlay(addresses, state, besides: index)
        settled.routes = try routes.routes(on: index).map {
            ObservedRoute(destination: $0.destination, isOurs: $0.protocolNumber == Self.routeProtocol)
        }
    }

    /// Makes sure that the interface is up and has its MTU.
    ///
    /// - Returns: its index.
    /// - Throws: `interface-missing` while it is gone, which also ends the device behind it.
    func raiseInterface() throws(CodedError) -> Int32 {
        guard let link = try routes.link(named: settings.interface) else {
            throw CodedError("interface-missing", "the interface \(settings.interface) has vanished")
        }
        let isSettled = link.index == settled.index && !settled.deviceIsNew
        settled.index = link.index
        if underlay.appliedMTU == nil, (TunnelMTU.minimum...TunnelMTU.standard).contains(link.mtu) {
            // What an earlier run found; a look at the routes follows.
            underlay.mtu = link.mtu
        }
        let mtu = settings.mtu ?? underlay.mtu
        let mtuBefore = underlay.appliedMTU
        if link.mtu != mtu { try routes.setMTU(link.index, mtu) }
        underlay.appliedMTU = mtu
        if !link.isUp { try routes.setLink(link.index, up: true) }
        if isSettled, link.mtu != mtuBefore || !link.isUp {
            logger.event(
                "drift-repaired", "somebody else had changed the interface",
                [
                    "interface": "\(settings.interface)", "was_up": .stringConvertible(link.isUp),
                    "mtu": .stringConvertible(link.mtu),
                ],
                level: .warning)
        }
        return link.index
    }
}
