import Basics
import Glibc
import LinuxProcess

/// Commands on machines, with the descriptors of whoever runs them.
extension LiveLab {
    /// How long a command may take to end whose caller has gone.
    static let hangUpGrace = Duration.seconds(1)

    /// Runs a command to its end. Meanwhile the caller may send signals; if it goes, so does the command.
    func execute(_ request: LiveRequest, _ descriptors: [Int32], _ connection: LiveConnection) async throws {
        let command = LiveCommand(
            words: request.command ?? [], directory: request.directory, environment: request.environment ?? [:],
            descriptors: descriptors, isTerminal: request.isTerminal ?? false)
        let process = try await run.network.start(command, on: request.machine ?? "")
        let key = ObjectIdentifier(process)
        commands[key] = process
        defer { commands[key] = nil }
        connection.answer { $0.started = true }
        let listener = Task {
            while let (next, more) = await connection.request() {
                for descriptor in more { close(descriptor) }
                guard next.request == .signal, let number = next.signal, (1...64).contains(number) else { continue }
                Self.signal(process, number)
            }
            guard process.status == nil else { return }
            await Self.hangUp(process)
        }
        let status = await process.wait()
        connection.answer { answer in
            switch status {
            case .exited(let code): answer.exited = code
            case .signaled(let number): answer.signaled = number
            case nil: answer.signaled = SIGKILL
            }
        }
        connection.shutDown()
        await listener.value
    }

    /// Ends all commands that people run.
    func endCommands() async {
        let running = Array(commands.values)
        await withTaskGroup(of: Void.self) { group in
            for process in running { group.addTask { await Self.hangUp(process) } }
        }
    }

    /// What a terminal does that goes away.
    private static func hangUp(_ process: ChildProcess) async {
        signal(process, SIGHUP)
        if await process.wait(within: hangUpGrace) != nil { return }
        signal(process, SIGKILL)
        _ = await process.wait(within: .seconds(5))
    }

    /// A command leads a session of its own: its number is that of its process group.
    private static func signal(_ process: ChildProcess, _ number: Int32) {
        guard process.status == nil else { return }
        kill(-process.pid, number)
    }
}
