import Basics
import Glibc
import LinuxProcess
import MeshModel
import Namespaces
import Netlink
import NetworkModel

/// Switching machines on and off.
extension Fabric {
    /// Switches machines on that are off: side by side, so that many take little longer each than one.
    ///
    /// After an error, machines that came up stay up.
    ///
    /// - Throws: `lab.machine`, `machine.boot`, `machine.disk`, `netlink.batch`.
    public func boot(_ names: [String]) throws(CodedError) {
        var off: [FabricMachine] = []
        for name in names {
            let machine = try machine(name)
            if !machine.isRunning, !off.contains(where: { $0 === machine }) { off.append(machine) }
        }
        guard !off.isEmpty else { return }
        let hosts = hostsText
        try factory.make(off.count) { place throws(CodedError) in
            try order(off[place], hosts)
        } ready: { place, made throws(CodedError) in
            let machine = off[place]
            let routes = try RouteSocket(adopting: made.routeSocket)
            try connect(machine, made.namespaces, routes)
            machine.namespaces = made.namespaces
            machine.routes = routes
            do throws(CodedError) { try applyCableFaults(machine) } catch {
                machine.namespaces = nil
                machine.routes = nil
                try? unplug([machine])
                throw error
            }
            machine.boots += 1
        }
    }

    /// Cuts the power: the machines' links go down, then everything on them dies; their disks stay.
    ///
    /// - Throws: `lab.machine`; `netlink.batch`; `machine.power-off` if a machine did not die within 5 s.
    public func powerOff(_ names: [String], isolation: isolated (any Actor)? = #isolation) async throws(CodedError) {
        var on: [(machine: FabricMachine, namespaces: MachineNamespaces)] = []
        for name in names {
            let machine = try machine(name)
            if let namespaces = machine.namespaces { on.append((machine, namespaces)) }
        }
        // A machine without power says no goodbye: what dying sockets would still send must not get out.
        var cut = NetlinkBatch()
        for port in on.compactMap(\.machine.port) { cut.setLink(port.index, up: false) }
        try kernel.perform(cut)
        for (_, namespaces) in on { namespaces.initProcess.signal(SIGKILL) }
        var undead: [String] = []
        for (machine, namespaces) in on {
            if await !namespaces.powerOff(within: .seconds(5)) { undead.append(machine.name) }
            machine.namespaces = nil
            machine.routes = nil
        }
        // The kernel takes a link down with its namespace, but in its own time; a reboot needs the name at once.
        try unplug(on.map(\.machine))
        guard undead.isEmpty else {
            throw CodedError("machine.power-off", "did not die within 5 s: \(undead.joined(separator: ", "))")
        }
    }

    private func order(_ machine: FabricMachine, _ hosts: String) throws(CodedError) -> MachineOrder {
        try machine.disk.mountOnce()
        try FabricFiles.write(hosts, to: machine.hostsPath)
        var steps: [MachineStep] = [.hostname(machine.name)]
        if topology.families != .ipv4 {
            for name in ["all", "default"] { steps.append(.writeIfThere("0", to: "/proc/sys/net/ipv6/conf/\(name)/accept_ra")) }
        }
        // Before the next mount hides where it comes from.
        if access("/etc/hosts", F_OK) == 0 { steps.append(.mount(.bind(machine.hostsPath, to: "/etc/hosts"))) }
        steps.append(.mount(.tmpfs(at: "/run", size: settings.runSize)))
        for folder in ["state", "shared"] + settings.runFolders { steps.append(.makeFolder("/run/\(folder)")) }
        steps += [
            .attach(tree: 0, at: FabricMachine.stateFolder), .attach(tree: 1, at: FabricMachine.sharedFolder), .mount(.proc),
        ]
        // A tree can be mounted once, so that each machine needs its own.
        return MachineOrder(
            name: machine.name, steps: steps, trees: [try MountTree(machine.disk.path), try MountTree(sharedPath)])
    }

    /// Plugs the machine's cable in and sets up its network card.
    func connect(_ machine: FabricMachine, _ namespaces: MachineNamespaces, _ routes: RouteSocket) throws(CodedError) {
        let bridge = try takePort(machine.place)
        let port = numbers.next()
        var cable = NetlinkBatch()
        cable.addVeth(
            near: VethEnd(name: machine.portName, master: bridge, up: true), port,
            far: VethEnd(
                name: FabricMachine.cardName, namespace: namespaces.network,
                hardwareAddress: FabricMachine.hardwareAddress(machine.index)),
            FabricMachine.cardIndex, mtu: topology.mtu)
        do throws(CodedError) {
            try kernel.perform(cable)
            try routes.perform(card(of: machine))
        } catch {
            switches[machine.place]?.releasePort(of: bridge)
            throw CodedError("machine.boot", "cannot connect machine \(machine.name)", cause: error)
        }
        machine.port = (port, bridge)
    }

    private func card(of machine: FabricMachine) -> NetlinkBatch {
        let card = FabricMachine.cardIndex
        var batch = NetlinkBatch()
        batch.setLink(1, up: true)
        batch.leaveOutLinkLocalAddress(card)
        for address in interfaceAddresses(of: machine) { batch.addAddress(address) }
        batch.setLink(card, up: true)
        for route in self.routes(at: machine.place, interface: card) { batch.setRoute(route) }
        return batch
    }

    /// The addresses of a machine's card: its own, and with IPv6 a link-local one, which the kernel is kept from checking first.
    func interfaceAddresses(of machine: FabricMachine) -> [InterfaceAddress] {
        var addresses = machine.addresses.map {
            InterfaceAddress(
                address: $0, prefixLength: AddressPlan.prefixLength($0, machine.place.segment), interface: FabricMachine.cardIndex
            )
        }
        if topology.families != .ipv4 {
            let local = IPAddress.v6(0xfe80 << 48, 0x0077_00ff_fe00_0000 | UInt64(machine.index + 1))
            addresses.append(InterfaceAddress(address: local, prefixLength: 64, interface: FabricMachine.cardIndex))
        }
        return addresses
    }

    /// Takes cables away, many at once: the kernel waits for quiet once for all of them.
    func unplug(_ machines: [FabricMachine]) throws(CodedError) {
        let plugged = machines.compactMap { machine in machine.port.map { (machine, $0) } }
        let doomed: UInt32 = 0x1ab
        for (machine, port) in plugged {
            machine.port = nil
            switches[machine.place]?.releasePort(of: port.bridge)
            if plugged.count == 1 { return try kernel.deleteLink(port.index) }
            var batch = NetlinkBatch()
            batch.setGroup(port.index, doomed)
            do throws(CodedError) { try kernel.perform(batch) } catch {
                // One that the kernel has taken away already is none to worry about.
                guard try kernel.link(named: machine.portName) == nil else { throw error }
            }
        }
        guard !plugged.isEmpty else { return }
        var batch = NetlinkBatch()
        batch.deleteGroup(doomed)
        do throws(CodedError) { try kernel.perform(batch) } catch {
            for (machine, port) in plugged where try kernel.link(named: machine.portName) != nil {
                try kernel.deleteLink(port.index)
            }
        }
    }
}
