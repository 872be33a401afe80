import Basics
import Foundation
import MeshModel
import PacketCapture
import PacketModel
import Testing

/// On real links, in namespaces of its own.
@Suite(.serialized) struct WireCaptureTests {
    private static let canary = "warren-lab-t0ken-1"

    /// Sends the payload from m1 to m2 and waits until it has arrived and is judged.
    private func exchange(_ payloads: [[UInt8]], settings: WireCapture.Settings, port: Int = 51_820) async throws -> CaptureReport
    {
        let network = try TestNetwork(machines: 3)
        let capture = try WireCapture(settings, socket: try network.captureSocket())
        let receiver = try network.udp(2, port: port)
        let sender = try network.udp(1)
        for payload in payloads {
            sender.send(payload, to: 2, port: port)
            #expect(receiver.receive() == payload)
        }
        #expect(await capture.stop(within: .seconds(10)))
        await network.down()
        return capture.snapshot()
    }

    @Test func aCanaryInTheClearIsFoundWhereItWas() async throws {
        let report = try await exchange([Array("some text \(Self.canary)".utf8)], settings: TestNetwork.settings())
        let canaries = report.verdict.canaries
        #expect(canaries.judgement == .fail && canaries.count == 2, "\(canaries)")
        #expect(canaries.sightings.map(\.what) == ["canary \(Self.canary)", "canary \(Self.canary)"])
        #expect(canaries.sightings.map(\.link) == ["m1", "m2"] && canaries.sightings.map(\.machine) == ["m1", "m2"])
        #expect(canaries.sightings.map(\.direction) == [.entering, .leaving])
        #expect(report.verdict.kernelDrops == 0 && report.verdict.ports.judgement == .unknown)
    }

    @Test func anEncryptedOneIsNot() async throws {
        let hidden = UDPSocket.data(1).prefix(16) + Array("some text \(Self.canary)".utf8).map { $0 ^ 0x55 }
        let report = try await exchange([Array(hidden)], settings: TestNetwork.settings())
        #expect(report.verdict.judgement == .pass, "\(report.verdict)")
        #expect(report.verdict.paths.map(\.pair) == [MachinePair(from: "m1", to: "m2")])
        #expect(report.verdict.paths.first?.direct == 1)
    }

    @Test func anUnexpectedPortIsReported() async throws {
        let report = try await exchange([UDPSocket.data(1)], settings: TestNetwork.settings(), port: 5_353)
        // The sender's port is the expected one.
        #expect(report.verdict.ports.judgement == .pass)
        var settings = TestNetwork.settings()
        settings.judge.expected = ExpectedTraffic.housekeeping
        let strict = try await exchange([UDPSocket.data(1)], settings: settings, port: 5_353)
        #expect(strict.verdict.ports.judgement == .fail && strict.verdict.unexpected == ["udp/5353": 2])
    }

    @Test func aDetourIsSeen() async throws {
        let network = try TestNetwork(machines: 3)
        try await network.detour()
        let capture = try WireCapture(TestNetwork.settings(), socket: try network.captureSocket())
        let receiver = try network.udp(2)
        try network.udp(1).send(UDPSocket.data(1), to: 2)
        #expect(receiver.receive() != nil)
        #expect(await capture.stop(within: .seconds(10)))
        await network.down()
        let verdict = capture.snapshot(talking: [MachinePair(from: "m1", to: "m2")]).verdict
        #expect(verdict.directPath.judgement == .fail, "\(verdict.directPath)")
        #expect(verdict.paths.map(\.via) == [["m3"]] && verdict.paths.first?.detoured == 1 && verdict.paths.first?.direct == 0)
    }

    @Test func linksMayBeToldLater() async throws {
        let network = try TestNetwork(machines: 2)
        var settings = TestNetwork.settings(machines: 2)
        settings.resolve = WireCapture.anyCable
        let capture = try WireCapture(settings, socket: try network.captureSocket())
        let receiver = try network.udp(2)
        let sender = try network.udp(1)
        sender.send(UDPSocket.data(1), to: 2)
        #expect(receiver.receive() != nil)
        #expect(await capture.flush(within: .seconds(10)))
        #expect(capture.snapshot().verdict.judgement == .unknown && capture.snapshot().verdict.links == 2)
        for (number, index) in network.ports.enumerated() {
            capture.register(index: index, as: CapturedLink(name: "m\(number + 1)", machine: "m\(number + 1)"))
        }
        sender.send(UDPSocket.data(2), to: 2)
        #expect(receiver.receive() != nil)
        #expect(await capture.flush(within: .seconds(10)))
        let verdict = capture.snapshot(talking: [MachinePair(from: "m1", to: "m2")]).verdict
        #expect(verdict.judgement == .pass && verdict.links == 2, "\(verdict)")
        #expect(await capture.stop(within: .seconds(10)))
        // Once more, and after the end.
        #expect(await capture.flush(within: .seconds(1)))
        await network.down()
    }

    @Test(arguments: [false, true])
    func copiesOfABroadcastAreLeftOut(isIncluded: Bool) async throws {
        let network = try TestNetwork(machines: 3)
        var settings = TestNetwork.settings()
        settings.includesFloodedCopies = isIncluded
        let capture = try WireCapture(settings, socket: try network.captureSocket())
        let sender = try network.udp(1)
        try sender.allowBroadcast()
        let receivers = [try network.udp(2), try network.udp(3)]
        sender.send([1, 2, 3], to: 255)
        for receiver in receivers { #expect(receiver.receive() == [1, 2, 3]) }
        #expect(await capture.stop(within: .seconds(10)))
        await network.down()
        let flow = try #require(capture.snapshot().verdict.flows.first { $0.destination == "198.18.0.255:51820" })
        #expect(flow.entered.keys.sorted() == ["m1"])
        #expect(flow.left.keys.sorted() == (isIncluded ? ["m2", "m3"] : []))
    }

    @Test func whatCannotBeDoneIsSaid() throws {
        var settings = TestNetwork.settings()
        settings.file = "/proc/nowhere/capture.pcapng"
        let network = try TestNetwork(machines: 1)
        let socket = try network.captureSocket()
        #expect(throws: CodedError.self) { try WireCapture(settings, socket: socket) }
        let other = try network.machines[0].socket(domain: AF_INET, type: Int32(SOCK_DGRAM.rawValue), protocol: 0)
        #expect(throws: CodedError.self) { try WireCapture(TestNetwork.settings(machines: 1), socket: other) }
        settings = TestNetwork.settings()
        settings.judge.canaryPrefix = "short"
        let another = try network.captureSocket()
        #expect(throws: CodedError.self) { try WireCapture(settings, socket: another) }
    }
}
