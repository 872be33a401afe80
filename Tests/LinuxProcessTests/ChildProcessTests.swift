import Basics
import Glibc
import Testing

@testable import LinuxProcess

@Suite struct ChildProcessTests {
    @Test func exitCodeAndSignalAreTold() async throws {
        let seven = try ChildProcess.spawn(ProcessSpec(executable: "/bin/sh", arguments: ["-c", "exit 7"]))
        #expect(await seven.wait(within: .seconds(10)) == .exited(7))
        let sleeper = try ChildProcess.spawn(ProcessSpec(executable: "/bin/sleep", arguments: ["600"]))
        #expect(sleeper.status == nil)
        sleeper.signal(SIGKILL)
        #expect(await sleeper.wait(within: .seconds(10)) == .signaled(SIGKILL))
    }

    @Test func aProgramThatIsNotThereIsNamed() {
        let error = #expect(throws: CodedError.self) {
            _ = try ChildProcess.spawn(ProcessSpec(executable: "/no/such/program"))
        }
        #expect(error?.code == "process.spawn")
        #expect(error?.message == "cannot start /no/such/program: execve: No such file or directory")
    }

    @Test func waitingEndsAtTheLimit() async throws {
        let sleeper = try ChildProcess.spawn(ProcessSpec(executable: "/bin/sleep", arguments: ["600"]))
        #expect(await sleeper.wait(within: .milliseconds(20)) == nil)
        #expect(await sleeper.terminate(grace: .seconds(10)) == .signaled(SIGTERM))
    }

    /// Blocked or ignored signals and open files of this process must not reach a child.
    @Test func childrenStartClean() async throws {
        var pipes: [Int32] = [0, 0]
        try #require(pipe(&pipes) == 0)
        let stray = open("/dev/null", O_RDONLY)
        let child = try ChildProcess.spawn(
            ProcessSpec(
                executable: "/bin/sh", arguments: ["-c", "grep -E 'Sig(Blk|Ign)' /proc/self/status; ls /proc/$$/fd"],
                environment: ["PATH": "/usr/bin:/bin"], standardOutput: pipes[1]))
        close(pipes[1])
        close(stray)
        #expect(await child.wait(within: .seconds(10)) == .exited(0))
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = read(pipes[0], &buffer, buffer.count)
        close(pipes[0])
        let text = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        #expect(text.contains("SigBlk:\t0000000000000000") && text.contains("SigIgn:\t0000000000000000"), "\(text)")
        let files = text.split(separator: "\n").filter { Int32($0) != nil }.map(String.init)
        #expect(Set(files).isSubset(of: ["0", "1", "2", "3", "255", "10"]), "\(text)")
    }

    @Test func manyChildrenAtOnceAreAllReaped() async throws {
        let children = try (0..<100).map {
            try ChildProcess.spawn(ProcessSpec(executable: "/bin/sh", arguments: ["-c", "exit \($0 % 3)"]))
        }
        for (index, child) in children.enumerated() {
            #expect(await child.wait(within: .seconds(20)) == .exited(Int32(index % 3)))
        }
    }

    @Test func aProcessThatIsNoChildCanBeWatched() async throws {
        let child = try ChildProcess.spawn(ProcessSpec(executable: "/bin/sleep", arguments: ["600"]))
        let watch = try ProcessWatch(pid: child.pid)
        #expect(await watch.waitForExit(within: .milliseconds(20)) == false)
        watch.signal(SIGKILL)
        #expect(await watch.waitForExit(within: .seconds(10)))
        #expect(await child.wait(within: .seconds(10)) == .signaled(SIGKILL))
    }
}
