import Basics
import FoundationEssentials
import Glibc
import LabCore
import LinuxProcess
import Testing
import Timing

/// `lab capture`, as a user would.
@Suite(.serialized) struct LiveCaptureTests {
    private func bytes(_ path: String) -> [UInt8] { FileManager.default.contents(atPath: path).map { Array($0) } ?? [] }

    private func waitForFile(_ path: String) async throws {
        let deadline = MonotonicTime.now + .seconds(20)
        while bytes(path).isEmpty {
            guard MonotonicTime.now < deadline else { throw CodedError("test", "nothing in \(path)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// An ICMP echo request from one IPv4 address to another.
    private func isEcho(_ frame: [UInt8], _ from: [UInt8], _ to: [UInt8]) -> Bool {
        frame.count > 34 && frame[12] == 8 && frame[13] == 0 && frame[23] == 1 && frame[34] == 8 && Array(frame[26..<30]) == from
            && Array(frame[30..<34]) == to
    }

    @Test(.timeLimit(.minutes(2))) func aMachinesPacketsAreWritten() async throws {
        try await LivingLabs.with { labs in
            #expect(try await labs.lab(["up", "--machines", "3"]).status == .exited(0))
            let machines = try await labs.status().machines
            func address(_ name: String) throws -> [UInt8] {
                let text = try #require(machines.first { $0.name == name }).underlay
                return text.split(separator: ".").compactMap { UInt8($0) }
            }
            let file = "\(labs.scratch)/ash.pcapng"
            let log = open("\(labs.scratch)/log", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            defer { close(log) }
            let capture = try labs.start(["capture", "ash", "--output", file], output: log)
            try await waitForFile(file)
            for pair in ["\"from\": \"ash\", \"to\": \"birch\"", "\"from\": \"birch\", \"to\": \"cedar\""] {
                let check = "{\"eventually\": {\"ping\": {\(pair), \"over\": \"underlay\"}}, \"within\": \"5s\"}"
                #expect(try await labs.lab(["check", check]).status == .exited(0))
            }
            capture.signal(SIGINT)
            #expect(await capture.wait(within: .seconds(10)) == .exited(0))
            let seen = try PcapngReader(bytes(file))
            #expect(seen.interfaces == ["machine ash"])
            let (ash, birch, cedar) = (try address("ash"), try address("birch"), try address("cedar"))
            #expect(seen.packets.contains { isEcho($0.bytes, ash, birch) })
            #expect(!seen.packets.contains { isEcho($0.bytes, birch, cedar) }, "birch's packets to cedar do not come by ash")
            let told = String(decoding: bytes("\(labs.scratch)/log"), as: UTF8.self)
            #expect(told.contains("\(seen.packets.count) packets, \(bytes(file).count) bytes"), "\(told)")

            let all = "\(labs.scratch)/all.pcapng"
            #expect(try await labs.lab(["capture", "--output", all, "--for", "1500ms"]).status == .exited(0))
            #expect(
                try PcapngReader(bytes(all)).interfaces.sorted()
                    == ["ash", "birch", "cedar", "coordinator"].map { "machine \($0)" })
        }
    }

    @Test(.timeLimit(.minutes(2))) func itEndsWithItsReaderItsLimitAndTheLab() async throws {
        try await LivingLabs.with { labs in
            #expect(try await labs.lab(["up", "--machines", "2"]).status == .exited(0))
            let log = "\(labs.scratch)/log"
            let output = open(log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            defer { close(output) }
            let script = "\"$0\" capture --for 10m | head -c 24 | od -An -tx1 -N4"
            let pipe = try ChildProcess.spawn(
                ProcessSpec(
                    executable: "/bin/sh", arguments: ["-c", script, "\(LabProcess.programs)/lab"], environment: labs.environment,
                    workingDirectory: labs.scratch, standardOutput: output, standardError: output))
            #expect(await pipe.wait(within: .seconds(20)) == .exited(0))
            #expect(String(decoding: bytes(log), as: UTF8.self).contains("0a 0d 0d 0a"))

            let wrong = try await labs.lab(["capture", "ahs", "--output", "kept"])
            #expect(wrong.status == .exited(64) && wrong.text.contains("Did you mean \"ash\"?"), "\(wrong.text)")
            #expect(access("\(labs.scratch)/kept", F_OK) != 0, "a wrong name costs no file")
            #expect(try await labs.lab(["capture", "--for", "ever", "--output", "x"]).status == .exited(64))
            #expect(try await labs.lab(["capture", "--output", "/nowhere/x"]).status == .exited(3))
            #expect(try await labs.lab(["capture", "--output", "/dev/full", "--for", "2s"]).status == .exited(3))

            let short = "\(labs.scratch)/short.pcapng"
            let limited = try labs.start(["capture", "ash", "--output", short, "--limit", "1"], output: output)
            try await waitForFile(short)
            let flood = "for i in $(seq 400); do head -c 8000 /dev/zero >/dev/udp/198.18.0.3/9; done; true"
            #expect(try await labs.lab(["exec", "ash", "--", "bash", "-c", flood]).status == .exited(0))
            #expect(await limited.wait(within: .seconds(10)) == .exited(0))
            #expect((1_040_000...1_048_576).contains(bytes(short).count) && bytes(log).count < 4_096, "\(bytes(short).count)")
            #expect(String(decoding: bytes(log), as: UTF8.self).contains("there were more"))

            let file = "\(labs.scratch)/last.pcapng"
            let capture = try labs.start(["capture", "--output", file], output: output)
            try await waitForFile(file)
            #expect(try await labs.lab(["down"]).status == .exited(0))
            #expect(await capture.wait(within: .seconds(10)) == .exited(0))
            _ = try PcapngReader(bytes(file))
        }
    }

    @Test(.timeLimit(.minutes(2))) func everyFaultThatIsOnIsTold() async throws {
        try await LivingLabs.with { labs in
            let scenario = """
                { "version": 1, "name": "faulty", "network": { "sites": [{ "name": "berlin", "nat": "symmetric" }] },
                  "machines": ["ash", "birch", { "name": "cedar", "place": "berlin" }],
                  "system": { "services": [{ "name": "idle", "command": ["sleep", "100000"] }] }, "steps": [{ "start": "all" }] }
                """
            try scenario.write(toFile: "\(labs.scratch)/faulty.json", atomically: true, encoding: .utf8)
            let up = try await labs.lab(["up", "faulty.json", "--steps"])
            #expect(up.status == .exited(0), "\(up.text)")
            #expect(try await labs.status().faults.isEmpty)
            let steps = [
                ["partition", "{\"name\": \"p\", \"groups\": [[\"ash\"], [\"birch\"]]}"],
                ["impair", "{\"name\": \"slow\", \"from\": \"ash\", \"to\": \"birch\", \"delay\": \"5ms\"}"],
                ["unplug", "birch"], ["mtu", "ash", "--bytes", "1280"], ["disk", "ash", "--is", "full"],
                ["nat", "berlin", "--becomes", "endpoint-independent"], ["pause", "ash/idle"],
            ]
            for step in steps { _ = try await labs.lab(["fault"] + step) }
            let faults = try await labs.status().faults
            let names = ["p", "slow", "mtu ash", "disk ash", "unplug birch", "nat berlin", "pause ash/idle"]
            #expect(faults.map(\.name) == names, "\(faults)")
            #expect(faults.first?.engines == ["nftables"] && faults.allSatisfy { !$0.engines.isEmpty }, "\(faults)")
            let shown = try await labs.lab(["status"])
            #expect(shown.text.contains("disk of ash: full [tmpfs]"), "\(shown.text)")
            #expect(try await labs.lab(["fault", "heal", "all"]).status == .exited(0))
            // What a gateway does is no fault that healing ends.
            #expect(try await labs.status().faults.map(\.name) == ["nat berlin"])
        }
    }
}
