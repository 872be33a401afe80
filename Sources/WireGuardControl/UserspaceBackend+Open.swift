import Basics
import Glibc
import LinuxProcess
import WireGuardModel
import Timing

extension UserspaceBackend {
    public func open() async throws(CodedError) -> DeviceOrigin {
        if let current = server.withLock({ $0 }) {
            if !current.hasEnded { return .present }
            server.withLock { $0 = nil }
        }
        if let pid = try await adopt() { return .adopted(pid: pid) }
        removeSocket()
        guard await settles({ !self.interfaceExists }) else {
            throw CodedError(
                "wireguard.interface-taken",
                "an interface named \(interface) exists and no wireguard-go serves it: remove it (ip link delete \(interface)) or choose another name with --interface"
            )
        }
        return .created(pid: try await start())
    }

    /// Takes over the process that an earlier run left behind, if there is one that answers.
    private func adopt() async throws(CodedError) -> Int32? {
        guard (try? client.read()) != nil, let pid = try? client.serverProcess() else { return nil }
        let watch: ProcessWatch
        do {
            watch = try ProcessWatch(pid: pid)
        } catch {
            // It ended just now.
            return nil
        }
        // One that is about to end has lost its interface already; one of another network namespace never had it here.
        guard await settles({ self.interfaceExists || watch.hasExited }) else {
            throw CodedError(
                "wireguard.foreign",
                "process \(pid) serves \(client.path), but interface \(interface) is not in this network namespace: stop it, or choose another name with --interface"
            )
        }
        if watch.hasExited { return nil }
        log.skipToEnd()
        server.withLock { $0 = .adopted(watch) }
        return pid
    }

    /// Starts wireguard-go and waits until it can be configured.
    private func start() async throws(CodedError) -> Int32 {
        try Self.checkHost()
        guard let executable = findExecutable("wireguard-go") else { throw Self.notInstalled }
        let output = try log.openForWriting()
        defer { Glibc.close(output) }
        var environment = currentEnvironment()
        environment["LOG_LEVEL"] = "error"
        // Without this it prints a banner about kernels that have WireGuard.
        environment["WG_PROCESS_FOREGROUND"] = "1"
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: executable, arguments: ["-f", interface], environment: environment, standardOutput: output,
                standardError: output))
        let isReady = await waits(Self.startLimit) { process.status != nil || (try? self.client.read()) != nil }
        guard isReady, process.status == nil else {
            await process.terminate(grace: .milliseconds(100))
            let reason = process.status.map { "it ended (\($0))" } ?? "no answer within \(DurationText.format(Self.startLimit))"
            let said = log.newLines().suffix(3).joined(separator: "; ")
            throw CodedError("wireguard.start", "wireguard-go did not start: \(reason)\(said.isEmpty ? "" : ": \(said)")")
        }
        server.withLock { $0 = .child(process) }
        return process.pid
    }

    /// Whether the condition comes to hold within a moment.
    private func settles(_ condition: () -> Bool) async -> Bool { await waits(.seconds(1), condition) }

    private func waits(_ limit: Duration, _ condition: () -> Bool) async -> Bool {
        let deadline = MonotonicTime.now + limit
        while !condition() {
            guard MonotonicTime.now < deadline, !Task.isCancelled else { return condition() }
            try? await Task.sleep(for: .milliseconds(2))
        }
        return true
    }
}
