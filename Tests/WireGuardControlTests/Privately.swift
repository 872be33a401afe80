import FoundationEssentials
import Glibc
import LinuxProcess
import Namespaces
import Testing

/// Runs a test's body in a private network namespace: interfaces belong to the namespace that a process is in, and a test process has
/// threads and cannot leave its own. So the test starts this very program again inside a new one, for this test alone.
func privately(_ test: String = #function, within limit: Duration = .seconds(100), _ body: () async throws -> Void) async throws {
    let marker = "WARREN_WIREGUARD_TEST"
    if let path = currentEnvironment()[marker] {
        try await body()
        // Shows that the test was found and came to its end.
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return
    }
    var template = Array("/tmp/wireguard-test-XXXXXX".utf8CString)
    let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let output = open("\(folder)/output", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(output) }
    let machine = try MachineNamespaces.start(hostname: "kernel", mounts: [.proc])
    defer { machine.initProcess.signal(SIGKILL) }
    let name = test.split(separator: "(").first.map(String.init) ?? test
    let process = try ChildProcess.spawn(
        ProcessSpec(
            executable: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
            arguments: [
                "--testing-library", "swift-testing", "--no-parallel", "--filter", "WireGuardControlTests\\..*\\b\(name)\\(",
            ],
            environment: currentEnvironment().merging([marker: "\(folder)/done"]) { $1 }, standardOutput: output,
            standardError: output, namespacesOf: machine.entry))
    let status = await process.wait(within: limit)
    #expect(await machine.powerOff(within: .seconds(10)))
    let text = String(decoding: FileManager.default.contents(atPath: "\(folder)/output") ?? Data(), as: UTF8.self)
    #expect(status == .exited(0) && access("\(folder)/done", F_OK) == 0, "\(status.map { "\($0)" } ?? "too slow"):\n\(text)")
}

/// Asks again and again until something holds.
func eventually(_ what: String, within limit: Duration = .seconds(20), _ holds: () async throws -> Bool) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while try await !holds() {
        try #require(clock.now < deadline, "\(what): not within \(limit)")
        try await Task.sleep(for: .milliseconds(20))
    }
}
