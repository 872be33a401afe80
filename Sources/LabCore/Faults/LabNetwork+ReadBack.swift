import Basics
import Fabric
import Glibc
import LinkEmulation
import LinuxProcess
import NetworkModel
import ScenarioModel

/// What the kernel says about what a step did.
extension LabNetwork {
    func readBack(_ action: Action) async throws -> FaultProof? {
        switch action {
        case .boot(let names):
            return .missing(try names.filter { try !isRunning($0) }, else: "\(names.count) on", "still off")
        case .crash(let names):
            let table = try ProcessTable.read()
            let left = try names.filter { name in
                guard let node = try machine(name).node else { return false }
                let survivors = memory.processes.filter { $0.key.hasPrefix("\(name)/") && !isGone($0.value, in: table) }
                return try !survivors.isEmpty || node.isRunning || parts().kernel.link(named: node.portName) != nil
            }
            return .missing(left, else: "\(names.count) off, their links gone", "still there")
        case .cable(let names, let isUp):
            let wrong = try names.filter { try isRunning($0) && hasCarrier($0) != isUp }
            return .missing(wrong, else: isUp ? "the cards have a carrier" : "the cards have no carrier", "otherwise")
        case .flap(let names, _, _, let times):
            let isBack = try names.allSatisfy { try !isRunning($0) || hasCarrier($0) }
            return FaultProof(
                isBack && memory.flaps == times,
                "the carrier was lost \(memory.flaps) of \(times) times, and is \(isBack ? "" : "not ")back")
        case .mtu(let names, let bytes): return try proofOfMTU(names, bytes)
        case .roam(let names, let place): return try await proofOfRoaming(names, place)
        case .nat(let site, let change): return try proofOfNAT(site, change)
        case .disk(let names, let state): return try proofOfDisk(names, state)
        default: return nil
        }
    }

    private func proofOfMTU(_ names: [String], _ bytes: Int) throws -> FaultProof {
        let wrong = try names.filter { name in
            guard let node = try machine(name).node, let routes = node.routes else { return false }
            let found = (try parts().kernel.link(named: node.portName)?.mtu, try routes.link(named: FabricMachine.cardName)?.mtu)
            return found != (bytes, bytes)
        }
        return .missing(wrong, else: "\(bytes) bytes at both ends", "otherwise")
    }

    private func proofOfRoaming(_ names: [String], _ place: String?) async throws -> FaultProof {
        var wrong: [String] = []
        var links: Set<DirectedLink> = []
        for name in names {
            guard let node = try machine(name).node, let routes = node.routes else { continue }
            let found = Set(try routes.addresses().map(\.address))
            let old = memory.addresses[name] ?? node.addresses
            let isThere = place.flatMap { scenario.topology.place(named: $0) }.map { $0 == node.place } ?? true
            if !found.isSuperset(of: node.addresses) || !found.isDisjoint(with: old) || !isThere { wrong.append(name) }
            if let other = allMachines.first(where: { $0 != name && machines[$0]?.isRunning == true }) {
                links.insert(DirectedLink(from: other, to: name))
            }
        }
        guard wrong.isEmpty else { return FaultProof(.no, "has not moved: \(wrong.joined(separator: ", "))") }
        let open = links.filter { !isCut($0) && isAddressable($0.to, from: $0.from) }
        guard !open.isEmpty else { return FaultProof(.yes, "the new addresses are there, the old ones are not") }
        return ProofJudge.open(try await sample(open, count: 5, spacing: .milliseconds(20), patience: .seconds(1)))
    }

    private func proofOfNAT(_ site: String, _ change: NATChange) throws -> FaultProof {
        switch change {
        case .rebind, .flush:
            guard let ended = memory.endedMappings else { return FaultProof(.no, "the mappings were not touched") }
            func ports(_ mappings: [NATMapping]) -> Set<[String]> {
                Set(mappings.map { ["\($0.transport)", "\($0.inside)", "\($0.outside)", "\($0.remote)"] })
            }
            // One may have got its old port again by chance.
            let kept = ports(memory.mappings).intersection(ports(try parts().fabric.mappings(of: site)))
            return FaultProof(
                kept.count <= 1 + memory.mappings.count / 100,
                "\(ended.count) mappings ended, \(kept.count) of \(memory.mappings.count) are as before")
        case .become(let kind):
            let now = try parts().fabric.router(site).nat?.kind
            return FaultProof(now == kind, "the gateway is \(now?.rawValue ?? "none")")
        }
    }

    private func proofOfDisk(_ names: [String], _ state: DiskState) throws -> FaultProof {
        var wrong: [String] = []
        for name in names {
            guard let path = try machine(name).node?.statePath else { continue }
            let reason = Self.writeError(in: path)
            let wanted: Int32? =
                switch state {
                case .normal: nil
                case .full: ENOSPC
                case .readOnly: EROFS
                }
            if reason != wanted { wrong.append("\(name) (\(reason.map { errorText($0) } ?? "can be written"))") }
        }
        return .missing(wrong, else: "writing says so: \(state.rawValue)", "otherwise")
    }

    /// Why a page cannot be written below the folder; nil if it can.
    static func writeError(in folder: String) -> Int32? {
        let path = "\(folder)/.lab-probe"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return errno }
        defer {
            close(file)
            unlink(path)
        }
        let page = [UInt8](repeating: 0x77, count: 8_192)
        return write(file, page, page.count) == page.count ? nil : (errno == 0 ? ENOSPC : errno)
    }
}

extension FaultProof {
    /// Yes if nothing is wrong.
    static func missing(_ wrong: [String], else good: String, _ bad: String) -> FaultProof {
        FaultProof(wrong.isEmpty, wrong.isEmpty ? good : "\(bad): \(wrong.prefix(6).joined(separator: ", "))")
    }
}
