import Basics
import Glibc
import LinuxProcess
import MeshModel
import Netlink
import ScenarioModel
import Timing

/// The machines of a run, the bridge between them, and what can be done to them.
actor LabNetwork {
    static let bridgeName = "underlay"

    let programs: Programs
    let timing: Scenario.Timing
    private let fabric: RouteSocket
    private let bridge: Int32
    private let logs: ServiceLogs
    let prober = Prober()
    private var filter: PacketFilter
    private var machines: [String: Machine] = [:]
    private let order: [String]
    private var joinToken: String?
    /// Services that ended although nobody asked them to.
    private(set) var unexpectedEnds: [String] = []

    /// Builds the bridge. To be called inside private namespaces.
    ///
    /// - Throws: `environment.kernel` if the kernel has no bridge.
    init(scenario: Scenario, programs: Programs, logs: ServiceLogs) throws(CodedError) {
        self.programs = programs
        self.logs = logs
        timing = scenario.timing
        filter = PacketFilter(nft: programs.nft)
        order = [Scenario.coordinatorMachine] + scenario.machines
        for (index, name) in order.enumerated() { machines[name] = Machine(name: name, index: index) }
        do throws(CodedError) {
            fabric = try RouteSocket()
            if let loopback = try fabric.link(named: "lo") { try fabric.setLink(loopback.index, up: true) }
            let link = try fabric.addBridge(named: Self.bridgeName)
            try fabric.setLink(link.index, up: true)
            bridge = link.index
        } catch {
            throw CodedError("environment.kernel", "this kernel or sandbox gives no Linux bridge", cause: error)
        }
    }

    // MARK: Looking

    /// A machine, which the scenario's reader has made sure exists.
    private func machine(_ name: String) throws(CodedError) -> Machine {
        guard let machine = machines[name] else { throw CodedError("lab.machine", "no machine \(name)") }
        return machine
    }

    /// Whether the machine is on.
    func isRunning(_ name: String) throws(CodedError) -> Bool { try machine(name).isRunning }

    /// The path, seen from the lab, of a socket on a machine.
    func socketPath(_ name: String, _ inside: String) throws(CodedError) -> String {
        guard let namespaces = try machine(name).namespaces else { throw CodedError("machine.off", "machine \(name) is off") }
        return namespaces.path(inside)
    }

    /// What a machine's kernel says of an interface and of the routes through it; nil if there is no such interface.
    func routes(of name: String, interface: String) throws(CodedError) -> (link: Link, routes: [Route])? {
        guard let socket = try machine(name).routes else { throw CodedError("machine.off", "machine \(name) is off") }
        guard let link = try socket.link(named: interface) else { return nil }
        return (link, try socket.routes(on: link.index))
    }

    /// How many processes run on a machine beside its PID 1.
    func processCount(on name: String) throws(CodedError) -> Int {
        guard let namespaces = try machine(name).namespaces else { return 0 }
        return ProcessList.processes(under: namespaces.path("/proc")).count { $0 != 1 }
    }

    // MARK: Machines and services

    /// Boots machines that are off, then starts the services that do not run: of all machines the first, then of all the next.
    func start(_ target: Target) async throws {
        for name in target.machines where try !machine(name).isRunning { try boot(name) }
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

    /// Asks services to end: messengers first, then agents, then the coordinator.
    ///
    /// - Returns: what did not end well: a service that had to be killed, or did not exit with 0.
    @discardableResult
    func stop(_ target: Target) async throws -> [String] {
        var complaints: [String] = []
        for service in ["messenger", "agent", "coordinator"] where target.service == nil || target.service == service {
            var running: [(String, ChildProcess)] = []
            for name in target.machines {
                guard let process = try machine(name).services[service]?.process else { continue }
                try machine(name).services[service]?.endExpected = true
                process.signal(SIGTERM)
                running.append((name, process))
            }
            for (name, process) in running {
                let status = await process.wait(within: .seconds(5))
                if status == nil { await process.terminate(grace: .zero) }
                if status?.isSuccess != true {
                    complaints.append("\(service) on \(name): \(status.map { "\($0)" } ?? "killed after 5 s")")
                }
                try machine(name).services[service] = nil
            }
        }
        return complaints
    }

    /// Power off.
    func crash(_ names: [String]) async throws {
        for name in names {
            prober.detach(name)
            try await machine(name).powerOff(fabric: fabric)
        }
    }

    /// Whole machines are powered off and booted; services are stopped and started.
    func restart(_ target: Target) async throws {
        if target.service == nil { try await crash(target.machines) } else { try await stop(target) }
        try await start(target)
    }

    // MARK: Links

    func partition(name: String, groups: [[String]]) async throws {
        var ports: [[String]] = []
        for group in groups {
            var members: [String] = []
            for name in group { members.append(Underlay.portName(try machine(name).index)) }
            ports.append(members)
        }
        var changed = filter
        try await changed.add(name: name, groups: ports)
        filter = changed
    }

    func heal(_ name: String?) async throws {
        var changed = filter
        try await changed.remove(name: name)
        filter = changed
    }

    // MARK: Inside

    private func boot(_ name: String) throws {
        let hosts = order.map { "\(Underlay.address(order.firstIndex(of: $0) ?? 0)) \($0)" }
        let machine = try machine(name)
        try machine.boot(
            fabric: fabric, bridge: bridge,
            hosts: (["127.0.0.1 localhost", "::1 localhost"] + hosts).joined(separator: "\n") + "\n")
        if let namespaces = machine.namespaces {
            try prober.attach(
                name, try namespaces.socket(domain: AF_INET, type: Int32(SOCK_RAW.rawValue), protocol: Int32(IPPROTO_ICMP)))
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
