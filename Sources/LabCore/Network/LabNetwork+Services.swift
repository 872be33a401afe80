import Basics
import Glibc
import LinuxProcess
import MeshModel
import ScenarioModel
import Timing

/// The processes that the lab starts on machines.
extension LabNetwork {
    /// Boots machines that are off, then starts the services that do not run: of all machines the first, then of all the next.
    func start(_ target: Target) async throws {
        try boot(target.machines)
        let isCoordinatorIn = target.machines.contains(Scenario.coordinatorMachine)
        if isCoordinatorIn { try await startCoordinator() }
        let others = target.machines.filter { $0 != Scenario.coordinatorMachine }
        guard !others.isEmpty else { return }
        let token = try await requireJoinToken()
        for service in ["agent", "messenger"] where target.service == nil || target.service == service {
            for name in others where try machine(name).services[service] == nil {
                let command =
                    service == "agent"
                    ? ServiceCommand.agent(programs, name: name, joinToken: token) : ServiceCommand.messenger(programs)
                try startService(service, on: name, command)
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
            running.process.signal(number)
            if ends {
                guard await running.process.wait(within: .seconds(10)) != nil else {
                    throw CodedError("service.end", "\(service) on \(name) did not end within 10 s of signal \(number)")
                }
                try machine(name).services[service] = nil
            }
        }
    }

    /// Asks services to end: messengers first, then agents, then the coordinator. What does not end well is remembered in `badStops`.
    ///
    /// - Parameter limit: for all of them together; after it they are killed.
    func stop(_ target: Target, within limit: Duration) async throws {
        let deadline = MonotonicTime.now + limit
        for service in ["messenger", "agent", "coordinator"] where target.service == nil || target.service == service {
            var running: [(String, ChildProcess)] = []
            for name in target.machines {
                guard let process = try machine(name).services[service]?.process else { continue }
                try machine(name).services[service]?.endExpected = true
                // One that a scenario has paused would not hear it; one that has only just been started might not yet.
                process.signal(SIGCONT)
                await waitUntilReady(service, on: name, process, until: deadline)
                process.signal(SIGTERM)
                running.append((name, process))
            }
            for (name, process) in running {
                let status = await process.wait(within: max(.milliseconds(1), deadline - .now))
                if status == nil { await process.terminate(grace: .zero) }
                if status?.isSuccess != true {
                    badStops.append("\(service) on \(name): \(status.map { "\($0)" } ?? "killed, it did not end in time")")
                }
                try machine(name).services[service] = nil
            }
        }
    }

    /// Whole machines are powered off and booted; services are stopped and started.
    func restart(_ target: Target) async throws {
        if target.service == nil { try await crash(target.machines) } else { try await stop(target, within: .seconds(5)) }
        try await start(target)
    }

    /// Waits until a service's control socket is there: from then on it hears what it is told.
    private func waitUntilReady(_ service: String, on name: String, _ process: ChildProcess, until deadline: MonotonicTime) async
    {
        let sockets = [
            "agent": ServiceCommand.agentSocket, "messenger": ServiceCommand.messengerSocket,
            "coordinator": ServiceCommand.adminSocket,
        ]
        guard let inside = sockets[service], let path = try? socketPath(name, inside) else { return }
        while access(path, F_OK) != 0, process.status == nil, MonotonicTime.now < deadline {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func startService(_ service: String, on name: String, _ command: ServiceCommand) throws {
        guard let namespaces = try machine(name).namespaces else { throw CodedError("machine.off", "machine \(name) is off") }
        let log = try logs.open(machine: name, service: service)
        defer { close(log) }
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: command.executable, arguments: command.arguments,
                environment: ServiceEnvironment.base.merging(command.environment) { $1 }, workingDirectory: "/",
                standardOutput: log, standardError: log, namespacesOf: namespaces.entry))
        try machine(name).services[service] = Machine.RunningService(process: process)
        Task { [weak self] in
            guard let status = await process.wait() else { return }
            await self?.ended(service, on: name, process, status)
        }
    }

    private func ended(_ service: String, on name: String, _ process: ChildProcess, _ status: ExitStatus) {
        guard let machine = machines[name], let running = machine.services[service], running.process === process,
            !running.endExpected
        else { return }
        machine.services[service] = nil
        unexpectedEnds.append("\(service) on \(name) ended by itself: \(status)")
    }

    private func startCoordinator() async throws {
        let name = Scenario.coordinatorMachine
        guard try machine(name).services["coordinator"] == nil else { return }
        try startService("coordinator", on: name, .coordinator(programs, timing))
        let view = CoordinatorView(socket: try socketPath(name, ServiceCommand.adminSocket))
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
        let command = ServiceCommand.token(programs)
        let output = try await CommandRun.run(command.executable, command.arguments, input: "", namespacesOf: namespaces.entry)
        let token = output.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
        joinToken = token
        return token
    }
}
