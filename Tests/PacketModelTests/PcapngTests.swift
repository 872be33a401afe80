import Foundation
import MeshModel
import PacketModel
import Testing

@Suite struct PcapngTests {
    private func packet(_ bytes: [UInt8], interface: UInt32 = 0, comment: String = "") -> [UInt8] {
        bytes.withUnsafeBytes {
            Pcapng.packet(
                interface: interface, time: 0x0000_0102_0304_0506, bytes: $0, length: 1_500, direction: .leaving, comment: comment
            )
        }
    }

    @Test func blocksByteForByte() {
        #expect(
            Pcapng.section(application: "lab") == [
                0x0a, 0x0d, 0x0d, 0x0a, 40, 0, 0, 0,  // type, length
                0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,  // byte order, version 1.0
                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,  // length of the section: not told
                4, 0, 3, 0, 0x6c, 0x61, 0x62, 0,  // application "lab"
                0, 0, 0, 0, 40, 0, 0, 0,  // end of options, length
            ])
        #expect(
            Pcapng.interface(name: "m3", description: "d", snapLength: 2_048) == [
                1, 0, 0, 0, 48, 0, 0, 0,  // type, length
                1, 0, 0, 0, 0, 8, 0, 0,  // Ethernet, 2048
                2, 0, 2, 0, 0x6d, 0x33, 0, 0,  // name "m3"
                3, 0, 1, 0, 0x64, 0, 0, 0,  // description "d"
                9, 0, 1, 0, 9, 0, 0, 0,  // times in 10^-9 s
                0, 0, 0, 0, 48, 0, 0, 0,  // end of options, length
            ])
        #expect(
            packet([0xaa, 0xbb, 0xcc], interface: 5, comment: "!") == [
                6, 0, 0, 0, 56, 0, 0, 0, 5, 0, 0, 0,  // type, length, interface
                0x02, 0x01, 0, 0, 0x06, 0x05, 0x04, 0x03,  // upper and lower half of the time
                3, 0, 0, 0, 0xdc, 5, 0, 0,  // stored, on the wire
                0xaa, 0xbb, 0xcc, 0,  // padded
                1, 0, 1, 0, 0x21, 0, 0, 0,  // comment "!"
                2, 0, 4, 0, 2, 0, 0, 0,  // flags: outbound
                0, 0, 0, 0, 56, 0, 0, 0,  // end of options, length
            ])
        #expect(
            Pcapng.names([(.v4(0xc612_0003), "m3")]) == [
                4, 0, 0, 0, 32, 0, 0, 0,  // type, length
                1, 0, 7, 0, 198, 18, 0, 3, 0x6d, 0x33, 0, 0,  // IPv4: "m3"
                0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0,  // end of records, of options, length
            ])
    }

    @Test(.enabled(if: PcapngTests.tool("tshark") != nil, "tshark is not installed"))
    func wiresharkReadsIt() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).pcapng")
        defer { try? FileManager.default.removeItem(at: file) }
        let frame = Build.tunnel(1, 2, counter: 1)
        let bytes = [
            Pcapng.section(application: "lab", comment: "a test"), Pcapng.interface(name: "m1", snapLength: 2_048),
            packet(frame), Pcapng.names([(.v4(0xc612_0002), "machine-two"), (.v6(1, 2), "x")]),
            Pcapng.interface(name: "m2", snapLength: 2_048), packet(frame, interface: 1, comment: "seen here"),
        ]
        try Data(bytes.joined()).write(to: file)
        let output = try Self.run(
            "tshark",
            ["-N", "n", "-r", file.path, "-T", "fields"]
                + ["frame.interface_name", "frame.time_epoch", "wg.type", "ip.dst_host", "frame.comment", "frame.len"].flatMap {
                    ["-e", $0]
                })
        let lines = output.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        try #require(lines.count == 2, "\(output)")
        #expect(lines[0][0] == "m1" && lines[1][0] == "m2")
        #expect(lines[0][1] == "1108.152157446" && lines[0][2] == "4" && lines[1][4] == "seen here" && lines[1][5] == "1500")
        #expect(lines[1][3] == "machine-two")
    }

    static func tool(_ name: String) -> URL? {
        let path = URL(filePath: "/usr/bin/\(name)")
        return FileManager.default.isExecutableFile(atPath: path.path) ? path : nil
    }

    static func run(_ name: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["30", try #require(tool(name)).path] + arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }
}
