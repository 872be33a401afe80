import Foundation
import LinuxProcess
import MeshModel
import PacketCapture
import PacketModel
import Testing

/// A real tunnel, and what the wire looks like without it.
@Suite(.serialized) struct TunnelTests {
    private static let isPossible =
        findExecutable("wireguard-go") != nil && findExecutable("wg") != nil && access("/dev/net/tun", R_OK | W_OK) == 0

    @Test(
        .enabled(if: isPossible, "no tunnel: wireguard-go, wg or /dev/net/tun is not there for this user"),
        arguments: [true, false])
    func onlyATunnelHides(isTunneled: Bool) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let network = try TestNetwork(machines: 3)
        for machine in 1...2 {
            try await network.run("cd \(folder.path); wg genkey >k\(machine); wg pubkey <k\(machine) >p\(machine)", on: machine)
        }
        var settings = TestNetwork.settings()
        settings.judge.expected = ExpectedTraffic.housekeeping + [.wireGuard(port: 51_820)]
        settings.judge.meshPrefixes = [try #require(IPPrefix("100.64.0.0/10"))]
        settings.judge.meshAddresses = [.v4(0x6440_0001), .v4(0x6440_0002)]
        let capture = try WireCapture(settings, socket: try network.captureSocket())
        for (machine, other) in [(1, 2), (2, 1)] {
            try await network.run(script(folder.path, machine, other, isTunneled), on: machine)
        }
        let receiver = try network.udp(2, port: 7_000)
        let sender = try network.udp(1, port: 7_000)
        for number in 0..<20 {
            let message = Array("to 100.64.0.2: warren-lab-t0ken-\(number)".utf8)
            sender.send(message, to: 2, port: 7_000, network: 0x6440_0000)
            try #require(receiver.receive() == message)
        }
        #expect(await capture.stop(within: .seconds(10)))
        await network.down()
        let verdict = capture.snapshot(talking: [MachinePair(from: "m1", to: "m2")]).verdict
        if isTunneled {
            #expect(verdict.judgement == .pass, "\(verdict)")
            let flow = try #require(verdict.flows.first { $0.source == "198.18.0.1:51820" })
            #expect((flow.wireGuard["data"]?.frames ?? 0) >= 20 && flow.wireGuard["initiation"] != nil)
        } else {
            #expect(verdict.canaries.judgement == .fail && verdict.canaries.count == 40, "\(verdict.canaries)")
            #expect(verdict.meshAddresses.judgement == .fail && verdict.ports.judgement == .fail)
            #expect(verdict.directPath.judgement == .unknown)
        }
    }

    /// Gives the machine its mesh address, on a tunnel or on the bare cable.
    private func script(_ folder: String, _ machine: Int, _ other: Int, _ isTunneled: Bool) -> String {
        guard isTunneled else { return "ip addr add 100.64.0.\(machine)/10 dev eth0" }
        return """
            export LOG_LEVEL=silent; cd \(folder); mkdir -p /run/wireguard; wireguard-go wg0 >/dev/null 2>&1
            wg set wg0 listen-port 51820 private-key k\(machine) peer $(cat p\(other)) allowed-ips 100.64.0.\(other)/32 \
            endpoint 198.18.0.\(other):51820
            ip addr add 100.64.0.\(machine)/10 dev wg0; ip link set wg0 mtu 1420 up
            """
    }
}
