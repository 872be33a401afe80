import Basics
import FoundationEssentials
import Glibc
import LinuxProcess
import Synchronization
import Testing
import Timing

/// `lab shell` at a terminal: the test plays the person.
@Suite(.serialized) struct ShellTests {
    /// What has come to the screen so far.
    private final class ScreenText: Sendable {
        private let text = Mutex("")
        func add(_ bytes: [UInt8]) { text.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
        var all: String { text.withLock(\.self) }

        func waitFor(_ wanted: String) async throws {
            let deadline = MonotonicTime.now + .seconds(20)
            while !all.contains(wanted) {
                guard MonotonicTime.now < deadline else { throw CodedError("test", "no \"\(wanted)\" on the screen:\n\(all)") }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func aShellHasATerminalOfItsOwn() async throws {
        try await LivingLabs.with { labs in
            #expect(try await labs.lab(["up", "--machines", "1"]).status == .exited(0))
            let person = try PseudoTerminal()
            resize(person.controller, rows: 24, columns: 80)
            var spec = ProcessSpec(
                executable: "\(LabProcess.programs)/lab", arguments: ["shell", "ash", "--", "sh"], environment: labs.environment,
                workingDirectory: labs.scratch, standardInput: person.terminal, standardOutput: person.terminal,
                standardError: person.terminal)
            spec.takesTerminal = true
            let shell = try ChildProcess.spawn(spec)
            let screen = ScreenText()
            let controller = person.controller
            OwnThread.start {
                var buffer = [UInt8](repeating: 0, count: 4_096)
                while true {
                    let got = read(controller, &buffer, buffer.count)
                    guard got > 0 else { return }
                    screen.add(Array(buffer[..<got]))
                }
            }
            func type(_ text: String) { _ = write(controller, text, text.utf8.count) }
            // What is typed is echoed: the answers must differ from the questions.
            type("echo name-$(hostname)-$((6*7))\n")
            try await screen.waitFor("name-ash-42")
            type("stty size\n")
            try await screen.waitFor("24 80")
            resize(person.controller, rows: 40, columns: 100)
            type("sleep 1000; echo code-$?\n")
            // The command has begun when its line is echoed and the shell waits: a Ctrl-C before that only clears the line.
            try await screen.waitFor("sleep 1000")
            try await untilRuns("sleep", below: try labs.supervisor("lab"))
            type("\u{3}")
            type("stty size; echo again-$((1+1))\n")
            try await screen.waitFor("40 100")
            try await screen.waitFor("again-2")
            type("exit 3\n")
            #expect(await shell.wait(within: .seconds(10)) == .exited(3), "\(screen.all)")
            person.closeTerminal()
        }
    }

    @Test(.timeLimit(.minutes(1))) func withoutATerminalThereIsNone() async throws {
        try await LivingLabs.with { labs in
            let answer = try await labs.lab(["shell", "ash"])
            #expect(answer.status == .exited(64) && answer.text.contains("lab exec"))
        }
    }

    private func untilRuns(_ name: String, below root: Int32) async throws {
        let deadline = MonotonicTime.now + .seconds(20)
        while true {
            let names = Footprint(below: root).processes.map {
                (try? String(contentsOfFile: "/proc/\($0)/comm", encoding: .utf8)) ?? ""
            }
            if names.contains(where: { $0.hasPrefix(name) }) { return }
            guard MonotonicTime.now < deadline else { throw CodedError("test", "no \(name) runs") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private func resize(_ descriptor: Int32, rows: UInt16, columns: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
    }
}
