import Basics
import MeshModel
import Netlink
import NetworkModel

/// What can be done to a machine's cable, address and disk while the network lives.
extension Fabric {
    /// Takes the switch's end of a machine's cable down, which the machine sees as a lost carrier, or up again. Packets flow again when
    /// the kernel has taken notice, up to a second later. It stays so through crashes and moves; on a machine that is off it shows at
    /// its next boot.
    ///
    /// - Throws: `lab.machine`; `fault.not-in-effect` if the machine still has a carrier, or none again.
    public func setLink(of name: String, up: Bool) throws(CodedError) {
        let machine = try machine(name)
        machine.isLinkUp = up
        try applyLink(machine)
    }

    /// Changes the largest packet of a machine's cable; larger ones vanish. It stays so through crashes and moves; on a machine that is
    /// off it shows at its next boot.
    ///
    /// - Parameters:
    ///   - mtu: bytes, 576 to 9000; 1280 at least if there is IPv6. Nil: as in the rest of the network.
    ///   - knownToMachine: false leaves the machine's own card as it is: a black hole that only the packets' loss shows.
    /// - Throws: `lab.machine`, `fault.mtu`, `fault.not-in-effect`.
    public func setMTU(of name: String, _ mtu: Int?, knownToMachine: Bool = true) throws(CodedError) {
        let machine = try machine(name)
        let least = topology.families == .ipv4 ? 576 : 1_280
        guard (least...9_000).contains(mtu ?? topology.mtu) else {
            throw CodedError("fault.mtu", "an MTU of \(mtu ?? 0) bytes: \(least) to 9000 are allowed")
        }
        machine.cableMTU = mtu.map { ($0, knownToMachine) }
        try applyMTU(machine)
    }

    private func applyLink(_ machine: FabricMachine) throws(CodedError) {
        guard let port = machine.port, let routes = machine.routes else { return }
        try kernel.setLink(port.index, up: machine.isLinkUp)
        guard let card = try routes.link(named: FabricMachine.cardName), card.hasCarrier == machine.isLinkUp || !card.isUp else {
            throw CodedError("fault.not-in-effect", "the link of \(machine.name) did not go \(machine.isLinkUp ? "up" : "down")")
        }
    }

    private func applyMTU(_ machine: FabricMachine) throws(CodedError) {
        guard let port = machine.port, let routes = machine.routes else { return }
        let near = machine.cableMTU?.bytes ?? topology.mtu
        let far = machine.cableMTU?.knownToMachine == false ? topology.mtu : near
        try kernel.setMTU(port.index, near)
        try routes.setMTU(FabricMachine.cardIndex, far)
        let found = (try kernel.link(named: machine.portName)?.mtu, try routes.link(named: FabricMachine.cardName)?.mtu)
        guard found == (near, far) else {
            throw CodedError("fault.not-in-effect", "the MTU of \(machine.name)'s link is not \(near)")
        }
    }

    /// Brings a cable that has just been plugged in to the state that the old one was in.
    func applyCableFaults(_ machine: FabricMachine) throws(CodedError) {
        if machine.cableMTU != nil { try applyMTU(machine) }
        if !machine.isLinkUp { try applyLink(machine) }
    }

    /// Gives a machine new addresses on its segment and takes the old ones away. All machines' `/etc/hosts` follow.
    ///
    /// - Returns: the new addresses.
    /// - Throws: `lab.machine`, `machine.off`, `netlink.batch`; `fault.not-in-effect` if the machine has others afterwards.
    @discardableResult
    public func roam(_ name: String) throws(CodedError) -> [IPAddress] {
        let machine = try machine(name)
        let (_, routes) = try machine.running()
        let old = interfaceAddresses(of: machine)
        let segment = machine.place.segment
        machine.addresses = plan.roaming(roamed[segment, default: 0], in: segment)
        roamed[segment, default: 0] += 1
        let new = interfaceAddresses(of: machine)
        var batch = NetlinkBatch()
        // First away: a second address of the same network would go with the first.
        for address in old where !new.contains(address) { batch.removeAddress(address) }
        for address in new where !old.contains(address) { batch.addAddress(address) }
        for route in self.routes(at: machine.place, interface: FabricMachine.cardIndex) { batch.setRoute(route) }
        try routes.perform(batch)
        let found = try routes.addresses().filter { $0.interface == FabricMachine.cardIndex }
        guard Set(found) == Set(new) else {
            throw CodedError("fault.not-in-effect", "\(name) has the addresses \(found.map(\.address)), not \(machine.addresses)")
        }
        try writeHosts()
        return machine.addresses
    }

    /// Moves a machine's cable to another switch or site, where the machine gets addresses of that segment; on a machine that is off
    /// this shows at its next boot.
    ///
    /// - Parameter placeName: as in `Attachment.place`.
    /// - Throws: `lab.machine`, `topology.place`, `topology.size`, `netlink.batch`.
    public func plug(_ name: String, into placeName: String) throws(CodedError) {
        let machine = try machine(name)
        guard let place = topology.place(named: placeName) else {
            throw CodedError("topology.place", "there is no switch and no site \(placeName)")
        }
        try unplug([machine])
        if place.segment != machine.place.segment {
            let position = place.segment == .backbone ? machine.index : settled[place.segment, default: 0]
            guard position < AddressPlan.capacity(of: place.segment) else {
                throw CodedError("topology.size", "too many machines at \(placeName)")
            }
            settled[place.segment, default: 0] += 1
            machine.addresses = plan.machine(position, in: place.segment)
        }
        machine.place = place
        if let namespaces = machine.namespaces, let routes = machine.routes {
            try connect(machine, namespaces, routes)
            try applyCableFaults(machine)
        }
        try writeHosts()
    }

    /// Leaves no room on a machine's disk, or gives it back. Works on machines that are off, too.
    ///
    /// - Throws: `lab.machine`; `fault.not-in-effect` if writing is still possible, or not again.
    public func setDisk(of name: String, full: Bool) throws(CodedError) {
        let machine = try machine(name)
        try machine.disk.mountOnce()
        try machine.disk.setFull(full)
    }

    /// Makes a machine's disk read-only, or writable again.
    ///
    /// - Throws: `lab.machine`; `fault.not-in-effect`, also when files on it are open for writing, which the kernel does not allow.
    public func setDisk(of name: String, readOnly: Bool) throws(CodedError) {
        let machine = try machine(name)
        try machine.disk.mountOnce()
        try machine.disk.setReadOnly(readOnly)
    }

    private func writeHosts() throws(CodedError) {
        let text = hostsText
        for machine in machines where machine.boots > 0 { try FabricFiles.write(text, to: machine.hostsPath) }
    }
}
