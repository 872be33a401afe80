import Basics
import Glibc
import LinkEmulation
import LinuxProcess
import NetworkModel
import Testing

/// What the relay costs beside a plain cable in the same run. `Benchmarks/relay` runs it.
@Suite(.serialized, .enabled(if: getenv("WARREN_BENCHMARK") != nil && findExecutable("nft") != nil)) struct RelayBenchmark {
    @Test(.timeLimit(.minutes(2))) func relaysForManyMachines() async throws {
        let net = try TestNet(100)
        var properties = LinkProperties()
        properties.delay = .milliseconds(20)
        var faults = FaultSet()
        let names = net.machines.indices.map(TestNet.name)
        faults.add("slow", .impairment(properties), on: LinkSet(from: names, to: names))
        let (emulator, ports, wanted) = (net.emulator, net.ports, faults)
        let up = try await ContinuousClock().measure { try await emulator.apply(wanted, ports: ports) }
        let down = try await ContinuousClock().measure { try await emulator.apply(FaultSet(), ports: ports) }
        print("RELAY 100 relays made in \(up), undone in \(down)")
    }

    @Test(.timeLimit(.minutes(2))) func addedLatencyErrorAndThroughput() async throws {
        let net = try TestNet()
        let probe = try Probe(net, from: 0, to: 1)
        try probe.warmUp()
        let plain = milliseconds(probe.measure(1_000, spacing: 0.002))
        let plainRate = try Stream.transfer(net, from: 0, to: 1, bytes: 256 << 20, port: 7_100, limit: 60)
        // The same in frames as on a wire, which is what a relay is given.
        for index in 0..<2 { try net.routes[index].setSegments(try #require(try net.routes[index].link(named: "eth0")).index, 1) }
        let framedRate = try Stream.transfer(net, from: 0, to: 1, bytes: 64 << 20, port: 7_103, limit: 60)
        var properties = LinkProperties()
        properties.delay = .milliseconds(20)
        var faults = FaultSet()
        faults.add("slow", .impairment(properties), on: [DirectedLink(from: "n0", to: "n1")])
        try await net.emulator.apply(faults, ports: net.ports)
        try probe.warmUp()
        let errors = milliseconds(probe.measure(1_000, spacing: 0.002)).map { $0 - 20 - plain.median }
        #expect(errors.count == 1_000)
        // Any relay at all on the way, and nothing to wait for.
        properties.delay = .zero
        properties.duplicate = 1e-9
        faults.add("slow", .impairment(properties), on: [DirectedLink(from: "n0", to: "n1")])
        try await net.emulator.apply(faults, ports: net.ports)
        let relayRate = try Stream.transfer(net, from: 0, to: 1, bytes: 64 << 20, port: 7_101, limit: 60)
        properties.delay = .milliseconds(20)
        faults.add("slow", .impairment(properties), on: [DirectedLink(from: "n0", to: "n1")])
        try await net.emulator.apply(faults, ports: net.ports)
        let slowRate = try Stream.transfer(net, from: 0, to: 1, bytes: 64 << 20, port: 7_102, limit: 60)
        func text(_ value: Double) -> String { "\((value * 1_000).rounded() / 1_000)" }
        print("RELAY plain veth, one way              median \(text(plain.median)) ms   p99 \(text(plain.quantile(0.99))) ms")
        print("RELAY error of a delay of 20 ms        median \(text(errors.median)) ms   p99 \(text(errors.quantile(0.99))) ms")
        print("RELAY plain veth, one TCP stream       \(Int(plainRate)) Mbit/s")
        print("RELAY the same in frames of 1514 bytes \(Int(framedRate)) Mbit/s")
        print("RELAY relay without delay, one stream  \(Int(relayRate)) Mbit/s   \(text(relayRate / framedRate))x the above")
        print("RELAY relay with 20 ms, one stream     \(Int(slowRate)) Mbit/s")
        #expect(errors.median < 1 && relayRate > 200)
    }
}
