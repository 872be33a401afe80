import Basics
import Fabric
import LinkEmulation
import MeshModel
import NetworkModel
import ScenarioModel

/// What steps do to links, addresses and disks.
extension LabNetwork {
    func apply(_ name: String, _ fault: LinkFault) async throws {
        faults[name] = fault
        let links = LinkSet(fault.links)
        switch fault {
        case .cut: faultSet.add(name, .cut, on: links)
        case .block(_, let traffic): faultSet.add(name, .block(traffic), on: links)
        case .impairment(_, let properties): faultSet.add(name, .impairment(properties), on: links)
        }
        try await applyFaults()
    }

    /// Ends one fault. Nil: all of every kind; cables are plugged in, disks are as they were, and paused services go on.
    func heal(_ name: String?) async throws {
        if let name {
            faults[name] = nil
            faultSet.remove(name)
        } else {
            faults = [:]
            faultSet.removeAll()
        }
        if isEmulating { try await applyFaults() }
        guard name == nil else { return }
        try healMachines()
    }

    private func healMachines() throws {
        let fabric = try parts().fabric
        for node in fabric.machines {
            if !node.isLinkUp { try fabric.setLink(of: node.name, up: true) }
            if node.cableMTU != nil { try fabric.setMTU(of: node.name, nil) }
            if diskStates[node.name] != nil { try setDisk([node.name], .normal) }
        }
        try resumeAll()
    }

    /// Whether a fault may keep packets from one to the other, in either direction.
    func isSeparated(_ one: String, _ other: String) -> Bool {
        [DirectedLink(from: one, to: other), DirectedLink(from: other, to: one)].contains { link in
            let state = faultSet.state(of: link)
            return state.isCut || !state.blocked.isEmpty || state.properties.loss > 0.5
        }
            || machines[one]?.node?.isLinkUp == false || machines[other]?.node?.isLinkUp == false
    }

    /// Whether a cut is on the link.
    func isCut(_ link: DirectedLink) -> Bool { faultSet.state(of: link).isCut }

    func setCable(_ names: [String], isUp: Bool) throws {
        for name in names { try parts().fabric.setLink(of: name, up: isUp) }
    }

    func flap(_ names: [String], down: Duration, up: Duration, times: Int) async throws {
        for _ in 0..<times {
            try setCable(names, isUp: false)
            if try names.allSatisfy({ try !isRunning($0) || !hasCarrier($0) }) { memory.flaps += 1 }
            try await Task.sleep(for: down)
            try setCable(names, isUp: true)
            try await Task.sleep(for: up)
        }
    }

    func setMTU(_ names: [String], _ bytes: Int) throws {
        for name in names { try parts().fabric.setMTU(of: name, bytes) }
    }

    func roam(_ names: [String], to place: String?) async throws {
        let fabric = try parts().fabric
        for name in names {
            let old = try fabric.machine(name).addresses
            if let place { try fabric.plug(name, into: place) } else { try fabric.roam(name) }
            // Another switch of the same segment leaves the address as it is.
            if try place != nil && isRunning(name) && fabric.machine(name).addresses == old { try fabric.roam(name) }
        }
        try await portsChanged()
    }

    func changeNAT(_ site: String, _ change: NATChange) async throws {
        let fabric = try parts().fabric
        switch change {
        case .rebind, .flush: memory.endedMappings = try await fabric.flushNAT(of: site)
        case .become(let kind): try await fabric.setNAT(of: site, kind: kind)
        }
    }

    func setDisk(_ names: [String], _ state: DiskState) throws {
        let fabric = try parts().fabric
        for name in names {
            let before = diskStates[name] ?? .normal
            if before == .full, state != .full { try fabric.setDisk(of: name, full: false) }
            if before == .readOnly, state != .readOnly { try fabric.setDisk(of: name, readOnly: false) }
            switch state {
            case .full: try fabric.setDisk(of: name, full: true)
            case .readOnly: try fabric.setDisk(of: name, readOnly: true)
            case .normal: break
            }
            diskStates[name] = state == .normal ? nil : state
        }
    }

    /// Whether the machine's card sees a carrier.
    func hasCarrier(_ name: String) throws -> Bool {
        guard let routes = try machine(name).routes else { throw CodedError("machine.off", "machine \(name) is off") }
        return try routes.link(named: FabricMachine.cardName)?.hasCarrier ?? false
    }
}
