import Basics
import Fabric
import Glibc
import LinkEmulation
import LinuxProcess
import MeshModel
import Netlink
import NetworkModel
import PacketCapture
import ScenarioModel
import Timing

/// The machines of a run, the network between them, and what can be done to them.
actor LabNetwork {
    /// What exists once the network is built.
    struct Built {
        let fabric: Fabric
        let emulator: LinkEmulator
        /// In the namespace of the switches.
        let kernel: RouteSocket
        let capture: WireCapture?
    }

    let scenario: Scenario
    let programs: Programs
    let book: ServiceBook
    let logs: ServiceLogs
    let prober: Prober
    /// What every message and probe that goes through the mesh carries: found in clear on a cable, it was not encrypted.
    let canary: String
    /// Every machine, the coordinator's first.
    let allMachines: [String]
    /// A word of the language whose steps are left undone.
    let sabotage: String?

    private var built: Built?
    var machines: [String: Machine] = [:]
    var joinToken: String?
    /// Services that ended although nobody asked them to.
    var unexpectedEnds: [String] = []
    /// Services that did not end well when they were asked to.
    var badStops: [String] = []

    /// Link faults that are on, by name.
    var faults: [String: LinkFault] = [:]
    var faultSet = FaultSet()
    /// Whether the emulator has anything to do, or had.
    var isEmulating = false
    /// Which engine does what, since the run began.
    var engines: [NetworkModel.EngineUse] = []
    /// Which engine does what now.
    var enginesNow: [NetworkModel.EngineUse] = []
    /// What the kernel offers for faults; nil before the network is built.
    private(set) var capabilities: Capabilities?
    /// Disks that are not as they should be.
    var diskStates: [String: DiskState] = [:]
    /// Mesh addresses that the capture looks out for.
    var knownMeshAddresses: Set<IPAddress> = []
    /// What the step under way saw, for its proof.
    var memory = StepMemory()

    init(scenario: Scenario, programs: Programs, logs: ServiceLogs, sabotage: String?) {
        self.scenario = scenario
        self.programs = programs
        self.logs = logs
        self.sabotage = sabotage
        canary = "warren-canary-\(RandomBytes.hex(6))"
        prober = Prober(canary: canary)
        book = ServiceBook(scenario: scenario, programs: programs)
        let names = scenario.machineNames
        allMachines = (book.isWarren ? [Scenario.coordinatorMachine] : []) + names
        for (index, name) in names.enumerated() { machines[name] = Machine(name: name, number: index + 1) }
        if book.isWarren { machines[Scenario.coordinatorMachine] = Machine(name: Scenario.coordinatorMachine, number: 0) }
    }

    // MARK: Building

    /// Builds switches, sites and routers, and prepares the machines, which are off. To be called inside private namespaces, once.
    ///
    /// - Parameter folder: where the capture goes.
    /// - Throws: `environment.kernel` if the kernel has no bridge, `capability.…` if it lacks what this scenario alone asks for, and what
    ///   the topology's reader could not know.
    func build(evidence folder: String) async throws {
        guard built == nil else { return }
        try await checkNeeds()
        var settings = FabricSettings()
        settings.nft = programs.nft
        let plans = Dictionary(scenario.machines.map { ($0.name, $0) }) { first, _ in first }
        let attachments = allMachines.map { name in
            Attachment(machine: name, place: plans[name]?.place ?? Topology.backbone, link: plans[name]?.link ?? LinkPair())
        }
        let fabric: Fabric
        do throws(CodedError) {
            fabric = try await Fabric.build(scenario.topology, attachments, settings: settings)
        } catch {
            throw Self.explain(error)
        }
        for node in fabric.machines { machines[node.name]?.node = node }
        let kernel = try RouteSocket()
        let nft = programs.nft
        let found = try Capabilities.probe(kernel)
        capabilities = found
        let environment = EmulationEnvironment(
            fabric: kernel, nft: nft,
            run: { path, arguments, input in try await CommandRun.require(path, arguments, input: input) },
            openSocket: { domain, type, number throws(CodedError) in try Self.openSocket(domain, type, number) },
            machine: { [weak self] owner in await self?.routeSocket(of: owner) }, seed: scenario.seed,
            capabilities: found)
        let capture = try startCapture(folder: folder)
        built = Built(fabric: fabric, emulator: LinkEmulator(environment), kernel: kernel, capture: capture)
        if !basis.isEmpty { try await applyFaults() }
    }

    /// - Throws: `lab.network` before `build`.
    func parts() throws(CodedError) -> Built {
        guard let built else { throw CodedError("lab.network", "the network is not built yet") }
        return built
    }

    private static func openSocket(_ domain: Int32, _ type: Int32, _ number: Int32) throws(CodedError) -> Int32 {
        let descriptor = socket(domain, type | Int32(SOCK_CLOEXEC.rawValue), number)
        guard descriptor >= 0 else { throw CodedError("lab.socket", "cannot open a socket: \(errorText(errno))") }
        return descriptor
    }

    // MARK: Looking

    /// A machine, which the scenario's reader has made sure exists.
    func machine(_ name: String) throws(CodedError) -> Machine {
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

    /// A generic netlink socket on a machine.
    func genericSocket(on name: String) throws(CodedError) -> GenericSocket {
        guard let namespaces = try machine(name).namespaces else { throw CodedError("machine.off", "machine \(name) is off") }
        let type = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        return try GenericSocket(
            adopting: namespaces.socket(domain: AF_NETLINK, type: type, protocol: GenericSocket.protocolNumber))
    }

    /// How many processes run on a machine beside its PID 1.
    func processCount(on name: String) throws(CodedError) -> Int {
        guard let namespaces = try machine(name).namespaces else { return 0 }
        return try ProcessTable.read(under: namespaces.path("/proc")).entries.keys.count { $0 != 1 }
    }

    /// What templates may say of a machine.
    func facts(of name: String) throws(CodedError) -> MachineFacts {
        let machine = try machine(name)
        return MachineFacts(name: name, number: machine.number, underlay: machine.underlayAddress)
    }

    /// What is known of the coordinator's machine; without one, of none.
    var coordinatorFacts: MachineFacts {
        let address = machines[Scenario.coordinatorMachine]?.underlayAddress ?? .v4(0)
        return MachineFacts(name: Scenario.coordinatorMachine, number: 0, underlay: address)
    }

    // MARK: Power

    /// Switches machines on that are off.
    func boot(_ names: [String]) async throws {
        let off = try names.filter { try !machine($0).isRunning }
        guard !off.isEmpty else { return }
        try parts().fabric.boot(off)
        for name in off { try attachProber(name) }
        try await portsChanged()
    }

    /// Power off.
    func crash(_ names: [String]) async throws {
        let fabric = try parts().fabric
        for name in names {
            prober.detach(name)
            let machine = try machine(name)
            for service in machine.services.keys { machine.services[service]?.endExpected = true }
        }
        try await fabric.powerOff(names)
        for name in names { try machine(name).services = [:] }
        try await portsChanged()
    }

    private func attachProber(_ name: String) throws {
        guard let namespaces = try machine(name).namespaces else { return }
        let type = Int32(SOCK_RAW.rawValue)
        // Over an underlay of IPv6 only, too: mesh addresses are of IPv4.
        try prober.attach(name, try namespaces.socket(domain: AF_INET, type: type, protocol: Int32(IPPROTO_ICMP)))
        if scenario.topology.families != .ipv4 {
            let descriptor = try namespaces.socket(domain: AF_INET6, type: type, protocol: Int32(IPPROTO_ICMPV6))
            try prober.attach(name, descriptor, isIPv4: false)
        }
    }
}
