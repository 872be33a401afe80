import Basics
import Foundation
import PacketCapture
import PacketModel
import Synchronization
import Testing
import Timing

/// Many packets, and more than there is room for.
@Suite(.serialized) struct CaptureLoadTests {
    @Test func twentyThousandPacketsAtSpeed() async throws {
        let network = try TestNetwork(machines: 3)
        let capture = try WireCapture(TestNetwork.settings(), socket: try network.captureSocket())
        let receiver = try network.udp(2)
        let sender = try network.udp(1)
        sender.send(UDPSocket.data(0), to: 2)
        #expect(receiver.receive() != nil)
        var packet = UDPSocket.data(0, length: 1_400)
        let start = MonotonicTime.now
        for number in 1...20_000 {
            withUnsafeBytes(of: UInt32(number).littleEndian) { packet.replaceSubrange(16..<20, with: $0) }
            sender.send(packet, to: 2)
        }
        let sent = (MonotonicTime.now - start).inSeconds
        #expect(await capture.stop(within: .seconds(60)))
        let report = capture.snapshot()
        await network.down()
        let seen = report.verdict.total.frames
        print(
            "capture: 20000 packets in \(sent) s; \(seen) frames judged, \(report.verdict.kernelDrops) lost,",
            "\(report.processorSeconds / Double(max(1, seen)) * 1e6) µs of processor time a frame")
        if report.verdict.kernelDrops == 0 {
            #expect(report.verdict.judgement == .pass && seen >= 40_002, "\(report.verdict.directPath)")
            #expect(report.verdict.paths.first?.direct == 20_001)
        } else {
            #expect(report.verdict.judgement == .unknown && seen + report.verdict.kernelDrops >= 40_002)
        }
    }

    @Test func aFlushAndAStopEndWhilePacketsKeepComing() async throws {
        let network = try TestNetwork(machines: 2)
        let capture = try WireCapture(TestNetwork.settings(machines: 2), socket: try network.captureSocket())
        let receiver = try network.udp(2)
        let sender = try network.udp(1)
        let isEnough = OneShot<Bool>()
        let packet = UDPSocket.data(0)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while isEnough.current == nil {
                    for _ in 0..<100 { sender.send(packet, to: 2) }
                    await Task.yield()
                }
            }
            #expect(receiver.receive() != nil)
            for _ in 0..<3 { #expect(await capture.flush(within: .seconds(20))) }
            #expect(await capture.stop(within: .seconds(20)))
            isEnough.set(true)
        }
        await network.down()
        #expect(capture.snapshot().verdict.total.frames > 100)
    }

    @Test func whatTheKernelLosesIsNoPass() async throws {
        let network = try TestNetwork(machines: 2)
        let isHeld = Atomic(true)
        var settings = TestNetwork.settings(machines: 2)
        settings.ringBytes = 512 << 10
        settings.resolve = { interface in
            let limit = MonotonicTime.now + .seconds(20)
            // The thread stands still until the ring has run over.
            while isHeld.load(ordering: .acquiring), MonotonicTime.now < limit { usleep(1_000) }
            return CapturedLink(name: interface.name, machine: interface.name)
        }
        let capture = try WireCapture(settings, socket: try network.captureSocket())
        let receiver = try network.udp(2)
        let sender = try network.udp(1)
        let packet = UDPSocket.data(0, length: 1_400)
        for _ in 0..<2_000 { sender.send(packet, to: 2) }
        #expect(receiver.receive() != nil)
        isHeld.store(false, ordering: .releasing)
        #expect(await capture.stop(within: .seconds(30)))
        await network.down()
        let verdict = capture.snapshot().verdict
        #expect(verdict.kernelDrops > 0 && verdict.total.frames > 0)
        #expect(verdict.judgement == .unknown && verdict.canaries.words.contains("the kernel lost"), "\(verdict.canaries)")
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: "/usr/bin/tshark"), "tshark, which reads the file, is not installed")
    )
    func theFileHoldsWhatItMay() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).pcapng").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let network = try TestNetwork(machines: 2)
        var settings = TestNetwork.settings(machines: 2, file: path)
        settings.fileLimit = 40_000
        let capture = try WireCapture(settings, socket: try network.captureSocket())
        let receiver = try network.udp(2)
        let sender = try network.udp(1)
        let messages = (0..<100).map { UDPSocket.data($0, length: 1_400) } + [Array("warren-lab-t0ken-9".utf8)]
        for message in messages {
            sender.send(message, to: 2)
            #expect(receiver.receive() == message)
        }
        #expect(await capture.stop(within: .seconds(10)))
        await network.down()
        let report = capture.snapshot()
        #expect(report.omitted > 0 && report.fileProblem == nil && report.written + report.omitted == report.verdict.total.frames)
        let lines = try read(path)
        try #require(lines.count == Int(report.written))
        // Of data packets, the head is enough; the canary is there although the file was full.
        #expect(lines.contains { $0[0] == "m1" && $0[1] == "1442" && $0[2] == "256" })
        #expect(lines.last.map { $0[3].contains("canary warren-lab-t0ken-9") && $0[3].contains("missing") } == true)
        #expect(lines.last?[4] == "m2")
        let number = try #require(report.verdict.canaries.sightings.last?.frame)
        #expect(number == report.written)
    }

    /// Interface, length, stored length, comment and destination of each frame.
    private func read(_ path: String) throws -> [[String]] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments =
            ["30", "tshark", "-N", "n", "-r", path, "-T", "fields"]
            + ["frame.interface_name", "frame.len", "frame.cap_len", "frame.comment", "ip.dst_host"].flatMap { ["-e", $0] }
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    }
}
