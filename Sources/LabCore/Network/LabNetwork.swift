import Basics
import Glibc
import LinuxProcess
import MeshModel
import Netlink
import NetworkModel
import ScenarioModel
import Timing

/// The machines of a run, the bridge between them, and what can be done to them.
actor LabNetwork {
    static let bridgeName = "underlay"

    let programs: Programs
    let book: ServiceBook
    private let fabric: RouteSocket
    private let bridge: Int32
    let logs: ServiceLogs
    let prober: Prober
    /// What every message and probe that goes through the mesh carries: found in clear on a cable, it was not encrypted.
    let canary = "warren-canary-\(RandomBytes.hex(6))"
    var filter: PacketFilter
    /// Faults that are on, by name.
    var faults: [String: LinkFault] = [:]
    /// The links that the last healing was about.
    var healedLinks: Set<DirectedLink> = []
    /// A word of the language whose steps are left undone.
    let sabotage: String?
    var machines: [String: Machine] = [:]
    /// Every machine, the coordinator's first.
    let allMachines: [String]
    /// The number of the first machine: 0 is the coordinator's.
    private let firstNumber: Int
    var joinToken: String?
    /// Services that ended although nobody asked them to.
    var unexpectedEnds: [String] = []
    /// Services that did not end well when they were asked to.
    var badStops: [String] = []

    /// Builds the bridge. To be called inside private namespaces.
    ///
    /// - Throws: `environment.kernel` if the kernel has no bridge.
    init(scenario: Scenario, programs: Programs, logs: ServiceLogs, sabotage: String?) throws(CodedError) {
        self.programs = programs
        self.logs = logs
        self.sabotage = sabotage
        prober = Prober(canary: canary)
        book = ServiceBook(scenario: scenario, programs: programs)
        filter = PacketFilter(nft: programs.nft)
        allMachines = (book.isWarren ? [Scenario.coordinatorMachine] : []) + scenario.machineNames
        firstNumber = book.isWarren ? 0 : 1
        for (index, name) in allMachines.enumerated() { machines[name] = Machine(name: name, index: index + firstNumber) }
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

    /// How many processes run on a machine beside its PID 1.
    func processCount(on name: String) throws(CodedError) -> Int {
        guard let namespaces = try machine(name).namespaces else { return 0 }
        return try ProcessList.processes(under: namespaces.path("/proc")).count { $0 != 1 }
    }

    /// What templates may say of a machine.
    func facts(of name: String) throws(CodedError) -> MachineFacts {
        let machine = try machine(name)
        return MachineFacts(name: name, number: machine.index, underlay: machine.underlayAddress)
    }

    var coordinatorFacts: MachineFacts {
        MachineFacts(name: Scenario.coordinatorMachine, number: 0, underlay: Underlay.address(0))
    }

    // MARK: Power

    /// Switches machines on that are off.
    func boot(_ names: [String]) async throws {
        for name in names where try !machine(name).isRunning { try boot(name) }
    }

    /// Power off.
    func crash(_ names: [String]) async throws {
        for name in names {
            prober.detach(name)
            try await machine(name).powerOff(fabric: fabric)
        }
    }

    private func boot(_ name: String) throws {
        let hosts = allMachines.compactMap { name in machines[name].map { "\($0.underlayAddress) \(name)" } }
        let machine = try machine(name)
        try machine.boot(
            fabric: fabric, bridge: bridge,
            hosts: (["127.0.0.1 localhost", "::1 localhost"] + hosts).joined(separator: "\n") + "\n")
        if let namespaces = machine.namespaces {
            try prober.attach(
                name, try namespaces.socket(domain: AF_INET, type: Int32(SOCK_RAW.rawValue), protocol: Int32(IPPROTO_ICMP)))
        }
    }
}
