import LinkEmulation
import NetworkModel

/// Whether a kind of packet is stopped: some are sent, and the fault's counter tells.
extension LabNetwork {
    /// The most links on which a packet is sent.
    private static let triedLinks = 16

    func proofOfBlock(_ name: String, _ links: Set<DirectedLink>, _ traffic: Traffic) async throws -> FaultProof {
        let emulator = try parts().emulator
        let before = try await emulator.counters()[name]?.dropped ?? 0
        let sent = try sendKind(traffic, over: links)
        guard sent > 0 else {
            return FaultProof(
                .yes, "read back from the kernel; nothing could be probed (machines off, unplugged, or behind a NAT)")
        }
        let deadline = ContinuousClock.now + .milliseconds(500)
        var dropped: UInt64 = 0
        repeat {
            try await Task.sleep(for: .milliseconds(10))
            let now = try await emulator.counters()[name]?.dropped ?? 0
            dropped = now >= before ? now - before : now
        } while dropped < UInt64(sent) && ContinuousClock.now < deadline
        return FaultProof(dropped >= UInt64(sent), "\(sent) packets of that kind sent, \(dropped) stopped")
    }

    /// The opposite: none is stopped by a fault of that name.
    func proofOfUnblocking(_ name: String, _ links: Set<DirectedLink>, _ traffic: Traffic) async throws -> FaultProof {
        let emulator = try parts().emulator
        let before = try await emulator.counters()[name]?.dropped ?? 0
        let sent = try sendKind(traffic, over: links)
        let deadline = ContinuousClock.now + .milliseconds(300)
        // Read back by the emulator: no rule of that name is left. Until then, what it stops is counted.
        while let count = try await emulator.counters()[name], ContinuousClock.now < deadline {
            guard count.dropped <= before else { return FaultProof(.no, "\(name) still stops packets of its kind") }
            try await Task.sleep(for: .milliseconds(10))
        }
        return FaultProof(.yes, "\(sent) packets of the kind that \(name) stopped are not stopped by it")
    }

    /// - Returns: how many packets the machines' kernels let go.
    private func sendKind(_ traffic: Traffic, over links: Set<DirectedLink>) throws -> Int {
        let usable = links.filter { !isCut($0) && canProbe($0) }.sorted()
        var sent = 0
        for link in usable.prefix(Self.triedLinks) {
            guard let target = machines[link.to]?.underlayAddress, let namespaces = machines[link.from]?.namespaces else {
                continue
            }
            switch traffic.transport {
            case .icmp: if case .sent = prober.send(from: link.from, to: target, isPlain: true) { sent += 1 }
            case .udp, .tcp: if try TestPacket.send(traffic, to: target, from: namespaces) { sent += 1 }
            }
        }
        return sent
    }
}
