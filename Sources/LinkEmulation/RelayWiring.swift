import Basics
import Glibc
import NetworkModel
import Netlink

/// Puts a relay between a machine's port and its bridge, and takes it out again.
///
/// The port `m3` leaves the bridge and `rm3b` takes its place; the relay carries frames between `m3` and `rm3b`'s other end, `rm3a`. For
/// the few milliseconds that the exchange takes, the port carries nothing.
struct RelayWiring: Sendable {
    /// One port with a relay.
    struct Wired: Sendable {
        let port: PortTable.Port
        var program: RelayProgram
        let bridge: Int32
        /// The machine's own port.
        let machinePort: Int32
        let inside: Int32
        let outside: Int32
        let relay: UInt64
    }

    let environment: EmulationEnvironment
    let thread: RelayThread

    private var fabric: RouteSocket { environment.fabric }

    func connect(_ port: PortTable.Port, _ program: RelayProgram) async throws(CodedError) -> Wired {
        guard let link = try fabric.link(named: port.port), let bridge = link.master else {
            throw .notInEffect("port \(port.port) of \(port.owner) is not in a bridge")
        }
        // What an earlier port of the name may have left.
        if let old = try fabric.link(named: port.relayInside) { try fabric.deleteLink(old.index) }
        try fabric.addVeth(near: VethEnd(name: port.relayInside), far: VethEnd(name: port.relayOutside), mtu: link.mtu)
        guard let inside = try fabric.link(named: port.relayInside), let outside = try fabric.link(named: port.relayOutside)
        else {
            throw CodedError("relay.port", "the relay's interfaces at \(port.port) vanished")
        }
        do throws(CodedError) {
            for index in [inside.index, outside.index] {
                try fabric.disableAddressGeneration(index)
                // Properties hold for frames as they are on a wire, not for what the kernel would have cut later.
                try fabric.setSegments(index, 1)
                try fabric.setLink(index, up: true)
            }
            if let machine = await environment.machine(port.owner) { try setSegments(1, machine, port) }
            let sockets = try packetSockets()
            let relay = try thread.add(
                owner: port.owner, program: program, inside: (sockets.0, link.index), outside: (sockets.1, inside.index))
            let wired = Wired(
                port: port, program: program, bridge: bridge, machinePort: link.index, inside: inside.index,
                outside: outside.index, relay: relay)
            do throws(CodedError) {
                // In this order no frame goes both ways.
                try fabric.setMaster(link.index, nil)
                try fabric.setMaster(outside.index, bridge)
            } catch {
                try await disconnect(wired)
                throw error
            }
            return wired
        } catch {
            // One that is gone already is no error.
            try fabric.deleteLink(inside.index)
            throw error
        }
    }

    /// Puts the machine's port back, if it is still there.
    func disconnect(_ wired: Wired) async throws(CodedError) { try await disconnect([wired]) }

    /// The same for many: each machine's port is back at once, and the kernel's slow removal of interfaces comes last.
    func disconnect(_ all: [Wired]) async throws(CodedError) {
        guard !all.isEmpty else { return }
        for wired in all {
            if let outside = try fabric.link(named: wired.port.relayOutside), outside.index == wired.outside {
                try fabric.setLink(outside.index, up: false)
            }
            if let link = try fabric.link(named: wired.port.port), link.index == wired.machinePort, link.master == nil {
                try fabric.setMaster(link.index, wired.bridge)
            }
            thread.remove(wired.relay)
            if let machine = await environment.machine(wired.port.owner) { try setSegments(65_535, machine, wired.port) }
        }
        try fabric.deleteLinks(all.map(\.outside), group: Self.deletedGroup)
    }

    /// Marks interfaces that are about to be deleted.
    private static let deletedGroup: UInt32 = 0x6c61_6201

    /// Whether everything is wired as it was left; after a reboot it is not, for the machine has a new port.
    func isSound(_ wired: Wired) -> Bool {
        do throws(CodedError) {
            try verify(wired)
            return true
        } catch {
            // Whatever it is: it is wired anew, and that says what does not work.
            return false
        }
    }

    /// - Throws: `fault.not-in-effect` unless everything is wired as it was left.
    func verify(_ wired: Wired) throws(CodedError) {
        let names = [wired.port.port, wired.port.relayInside, wired.port.relayOutside]
        let wanted: [(Int32, Int32?)] = [(wired.machinePort, nil), (wired.inside, nil), (wired.outside, wired.bridge)]
        for (name, (index, master)) in zip(names, wanted) {
            guard let link = try fabric.link(named: name), link.index == index else {
                throw .notInEffect("interface \(name) of the relay of \(wired.port.owner) is gone")
            }
            guard link.isUp, link.master == master else {
                throw .notInEffect("interface \(name) of the relay of \(wired.port.owner) is down or in the wrong bridge")
            }
        }
        guard thread.counts(wired.relay, wired.program) != nil else {
            throw .notInEffect("the relay of \(wired.port.owner) does not run")
        }
    }

    private func setSegments(_ count: Int, _ machine: RouteSocket, _ port: PortTable.Port) throws(CodedError) {
        guard let card = try machine.link(named: port.inside) else { return }
        try machine.setSegments(card.index, count)
    }

    /// They hear nothing before they are bound to an interface.
    private func packetSockets() throws(CodedError) -> (Int32, Int32) {
        let type = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let first = try environment.openSocket(AF_PACKET, type, 0)
        do throws(CodedError) {
            return (first, try environment.openSocket(AF_PACKET, type, 0))
        } catch {
            close(first)
            throw error
        }
    }
}
