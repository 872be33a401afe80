import Basics
import Glibc
import LinuxProcess
import ScenarioModel
import Timing

/// The processes that the lab starts on machines.
extension LabNetwork {
    /// Boots machines that are off, then starts the services that do not run: of all machines the first, then of all the next.
    func start(_ target: Target) async throws {
        try await boot(target.machines)
        for service in book.order where target.service == nil || target.service == service {
            let names = target.machines.filter { book.runs(service, on: $0) }
            guard !names.isEmpty else { continue }
            let token = book.isWarren && service == "agent" ? try await requireJoinToken() : nil
            for name in names where try machine(name).services[service] == nil {
                let command = try book.command(
                    service, on: try facts(of: name), coordinator: coordinatorFacts, joinToken: token)
                try await start(service, on: name, command)
            }
        }
    }

    /// Sends a signal to one service's process; waits for the end if the signal is one that ends it.
    func kill(_ target: Target, signal number: Int32) async throws {
        guard let service = target.service else { return }
        for name in target.machines {
            guard let running = try machine(name).services[service] else {
                throw CodedError("service.not-running", "\(service) does not run on \(name)")
            }
            let ends = number != SIGSTOP && number != SIGCONT && number != SIGHUP
            if ends { try machine(name).services[service]?.endExpected = true }
            if running.process.status == nil { memory.signalled.insert("\(name)/\(service)") }
            running.process.signal(number)
            // So that the end of the run, and `heal`, let it go on.
            if number == SIGSTOP || number == SIGCONT { try machine(name).services[service]?.isPaused = number == SIGSTOP }
            if ends {
                guard await running.process.wait(within: .seconds(10)) != nil else {
                    throw CodedError("service.end", "\(service) on \(name) did not end within 10 s of signal \(number)")
                }
                try machine(name).services[service] = nil
            }
        }
    }

    /// Asks services to end, in the opposite order of their start. What does not end well is remembered in `badStops`.
    ///
    /// - Parameter limit: for all of them together; after it they are killed.
    func stop(_ target: Target, within limit: Duration) async throws {
        let deadline = MonotonicTime.now + limit
        for service in book.order.reversed() where target.service == nil || target.service == service {
            var running: [(String, Machine.RunningService)] = []
            for name in target.machines {
                guard let known = try machine(name).services[service] else { continue }
                try machine(name).services[service]?.endExpected = true
                // One that a scenario has paused would not hear it; one that has only just been started might not yet.
                try signalTree([name], service: service, SIGCONT)
                await waitUntilReady(known, on: name, until: deadline)
                known.process.signal(known.command.stopSignal)
                running.append((name, known))
            }
            for (name, known) in running {
                let status = await known.process.wait(within: max(.milliseconds(1), deadline - .now))
                if status == nil { await known.process.terminate(grace: .zero) }
                if !(status.map(known.command.isGood) ?? false) {
                    badStops.append("\(service) on \(name): \(status.map { "\($0)" } ?? "killed, it did not end in time")")
                }
                try machine(name).services[service] = nil
            }
        }
    }

    /// Whole machines are powered off and booted; services are stopped and started.
    func restart(_ target: Target) async throws {
        if target.service == nil {
            try await crash(target.machines)
        } else {
            try await stop(target, within: book.stopLimit(target))
        }
        try await start(target)
    }

    /// Stops or continues everything that services, or whole machines, consist of.
    func pause(_ target: Target, _ isPaused: Bool) async throws {
        for name in target.machines {
            guard try isRunning(name) else { throw CodedError("machine.off", "machine \(name) is off") }
            let services = book.services(of: target, on: name).filter { machines[name]?.services[$0] != nil }
            guard !services.isEmpty else {
                throw CodedError("service.not-running", "\(target.service ?? "no service") runs on \(name)")
            }
            for service in services {
                machines[name]?.services[service]?.isPaused = isPaused
                if isPaused { try await stopTree(name, service) } else { try signalTree([name], service: service, SIGCONT) }
            }
        }
    }

    /// Lets go on whatever is paused.
    func resumeAll() throws {
        for (name, machine) in machines {
            for (service, running) in machine.services where running.isPaused {
                try signalTree([name], service: service, SIGCONT)
                machine.services[service]?.isPaused = false
            }
        }
    }

    /// Runs a command to its end on a machine.
    func run(_ command: [String], on name: String, within limit: Duration) async throws -> CommandRun.Result {
        guard let entry = try machine(name).namespaces?.entry else {
            throw CodedError("machine.off", "machine \(name) is off")
        }
        let facts = try facts(of: name)
        let words = command.map { Template.fill($0, facts) }
        let machine = try machine(name)
        machine.commands += 1
        defer {
            machine.commands -= 1
            machine.lastCommand = .now
        }
        return try await CommandRun.run(
            try programs.own(words.first ?? "") ?? Self.absolute(words.first ?? ""), Array(words.dropFirst()),
            namespacesOf: entry, limit: limit,
            environment: programs.inPath(ServiceEnvironment.base))
    }

    /// A program as the user of a scenario names it: a path, or a name in PATH.
    static func absolute(_ program: String) throws(CodedError) -> String {
        if program.hasPrefix("/") { return program }
        guard let path = findExecutable(program) else {
            throw CodedError("environment.program", "\(program) is missing: install the package that holds it")
        }
        return path
    }

    /// Stops a service's processes, parents first: one that is about to start another must not get away with it, and one that waits for
    /// its child to start (vfork) stops only after the child has, which the child could not if it were stopped.
    private func stopTree(_ name: String, _ service: String) async throws {
        guard let process = machines[name]?.services[service]?.process else { return }
        let deadline = MonotonicTime.now + .seconds(1)
        var told: Set<Int32> = []
        while true {
            let table = try ProcessTable.read()
            let awake = table.tree(of: process.pid).filter { !["T", "Z"].contains(table.entries[$0]?.state) }
            let isLate = MonotonicTime.now >= deadline
            for pid in awake where !told.contains(pid) {
                let isParentAwake = table.entries[pid].map { awake.contains($0.parent) } ?? false
                guard isLate || !isParentAwake else { continue }
                told.insert(pid)
                guard Glibc.kill(pid, SIGSTOP) == 0 || errno == ESRCH else {
                    throw CodedError("service.signal", "cannot pause \(service) on \(name): \(errorText(errno))")
                }
            }
            // Whether it worked is looked at by the step's proof.
            if awake.isEmpty || isLate { return }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func signalTree(_ names: [String], service: String, _ number: Int32) throws {
        for name in names {
            guard let process = machines[name]?.services[service]?.process else { continue }
            for pid in try ProcessTable.read().tree(of: process.pid) where Glibc.kill(pid, number) != 0 && errno != ESRCH {
                throw CodedError("service.signal", "cannot signal \(service) on \(name): \(errorText(errno))")
            }
        }
    }

    /// Waits until a service's control socket is there: from then on it hears what it is told.
    private func waitUntilReady(_ running: Machine.RunningService, on name: String, until deadline: MonotonicTime) async {
        guard let inside = running.command.readySocket, let path = try? socketPath(name, inside) else { return }
        while access(path, F_OK) != 0, running.process.status == nil, MonotonicTime.now < deadline {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func start(_ service: String, on name: String, _ command: ServiceCommand) async throws {
        let machine = try machine(name)
        guard let namespaces = machine.namespaces else { throw CodedError("machine.off", "machine \(name) is off") }
        for (path, text) in command.files { try MachineFile.write(text, to: path, in: namespaces.path("/")) }
        if machine.prepared.insert(service).inserted {
            for words in command.prepare {
                let result = try await run(words, on: name, within: .seconds(30))
                guard result.status.isSuccess else {
                    throw CodedError("service.prepare", "\(words.joined(separator: " ")) on \(name): \(result.complaint)")
                }
            }
        }
        let log = try logs.open(machine: name, service: service)
        defer { close(log) }
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: try Self.absolute(command.executable), arguments: command.arguments,
                environment: ServiceEnvironment.base.merging(command.environment) { $1 }, workingDirectory: "/",
                standardOutput: log, standardError: log, namespacesOf: namespaces.entry))
        machine.services[service] = Machine.RunningService(process: process, command: command, startedAt: .now)
        Task { [weak self] in
            guard let status = await process.wait() else { return }
            await self?.ended(service, on: name, process, status)
        }
        guard service == "coordinator", book.isWarren else { return }
        try await waitForCoordinator(name)
        // Now, so that the time that agents take is theirs alone. If it cannot be made, the first agent's start says so.
        _ = try? await requireJoinToken()
    }

    private func ended(_ service: String, on name: String, _ process: ChildProcess, _ status: ExitStatus) {
        guard let machine = machines[name], let running = machine.services[service], running.process === process,
            !running.endExpected
        else { return }
        machine.services[service] = nil
        if status == .exited(0), machine.hasCommand { return }
        unexpectedEnds.append("\(service) on \(name) ended by itself: \(status)")
    }

    private func waitForCoordinator(_ name: String) async throws {
        let view = CoordinatorView(socket: try socketPath(name, WarrenServices.adminSocket))
        let deadline = MonotonicTime.now + .seconds(15)
        while true {
            if (try? await view.machines()) != nil { return }
            guard try machine(name).services["coordinator"] != nil, MonotonicTime.now < deadline else {
                throw CodedError(
                    "service.start",
                    "the coordinator did not come up; its log: \(logs.path(machine: name, service: "coordinator"))")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func requireJoinToken() async throws -> String {
        if let joinToken { return joinToken }
        let name = Scenario.coordinatorMachine
        guard let namespaces = try machine(name).namespaces, try machine(name).services["coordinator"] != nil else {
            throw CodedError(
                "service.start", "no coordinator runs: {\"start\": \"coordinator\"} comes before any machine's start")
        }
        let command = WarrenServices.token(programs, address: coordinatorFacts.underlay)
        let result = try await CommandRun.run(command.executable, command.arguments, namespacesOf: namespaces.entry)
        guard result.status.isSuccess else { throw CodedError("service.start", "no join token: \(result.complaint)") }
        let token = result.output.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
        joinToken = token
        return token
    }
}
