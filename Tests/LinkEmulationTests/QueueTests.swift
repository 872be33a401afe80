import Basics
import LinkEmulation
import LinuxProcess
import Netlink
import NetworkModel
import Testing

/// Token buckets at either end of a cable.
@Suite(.serialized, .enabled(if: findExecutable("nft") != nil)) struct QueueTests {
    private func fault(_ links: LinkSet) -> FaultSet {
        var properties = LinkProperties()
        properties.rate = 8_000_000
        var faults = FaultSet()
        faults.add("rate", .impairment(properties), on: links)
        return faults
    }

    @Test(.timeLimit(.minutes(1)), arguments: [true, false]) func aWholeCablesRateHoldsInOneDirection(isUp: Bool) async throws {
        let net = try TestNet()
        try #require(net.capabilities.hasTokenBucket)
        let others = ["n1", "n2"]
        let faults = fault(isUp ? LinkSet(from: ["n0"], to: others) : LinkSet(from: others, to: ["n0"]))
        #expect(try await net.emulator.apply(faults, ports: net.ports).map(\.engine) == [.tokenBucket])
        let probes = (try Probe(net, from: isUp ? 0 : 1, to: isUp ? 1 : 0), try Probe(net, from: isUp ? 1 : 0, to: isUp ? 0 : 1))
        try probes.0.warmUp()
        let (slow, fast) = (try burst(probes.0, in: 0.065...0.095), try burst(probes.1, in: 0...0.03))
        // 83 ms at a megabyte per second, less a burst of 10 ms that passes at once.
        #expect((0.065...0.095).contains(slow) && fast < 0.03, "\(slow) \(fast)")
        let counts = try await net.emulator.counters()
        #expect(counts["rate"]?.matched ?? 0 >= 80)
        let end = isUp ? net.routes[0] : net.fabric
        try end.removeRootQueue(try #require(try end.link(named: isUp ? "eth0" : "m0")).index)
        await expectCode("fault.not-in-effect") { try await net.emulator.verify() }
        try await net.emulator.apply(faults, ports: net.ports)
        try await net.emulator.verify()
        #expect(try end.rootQueues().values.contains { $0.discipline != .other("noqueue") })
        try await net.emulator.apply(FaultSet(), ports: net.ports)
        try await net.expectPristine()
        #expect(try burst(probes.0, in: 0...0.03) < 0.03)
    }

    @Test func aKernelWithoutADisciplineSaysSo() async throws {
        let net = try TestNet(2)
        let link = try #require(try net.fabric.link(named: "m0"))
        #expect(throws: CodedError.self) { try net.fabric.setRootQueue(link.index, .other("no-such-queue")) }
        #expect(try net.fabric.link(named: "probe-a") == nil, "the probe leaves nothing")
        guard net.capabilities.hasNetem else { return }
        var queue = NetemQueue()
        (queue.delay, queue.jitter, queue.loss, queue.reorder) = (20_000, 5_000, 1 << 30, 1 << 29)
        try net.fabric.setRootQueue(link.index, .netem(queue))
        #expect(try net.fabric.rootQueues()[link.index]?.discipline == .netem(queue))
    }
}

/// Seconds until the last of 80 frames of 1042 bytes came: of the first of five bursts that is in the range, else of the last.
func burst(_ probe: Probe, in range: ClosedRange<Double>) throws -> Double {
    var last = 0.0
    for _ in 0..<5 {
        let arrivals = probe.measure(80, size: 1_000)
        try #require(arrivals.count == 80)
        last = arrivals.map(\.at).max() ?? 0
        if last <= range.upperBound { break }
    }
    return last
}
