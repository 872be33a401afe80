import Basics
import Glibc
import LinkEmulation
import LinuxProcess
import MeshModel
import Namespaces
import Netlink
import NetworkModel
import Testing

/// A fabric and machines in namespaces of their own: `m0`, `m1`, … are ports of the bridge `br0`.
final class TestNet: Sendable {
    let fabricNamespaces: MachineNamespaces
    let fabric: RouteSocket
    let machines: [MachineNamespaces]
    let routes: [RouteSocket]
    let ports: PortTable
    let capabilities: Capabilities
    let emulator: LinkEmulator

    static func name(_ index: Int) -> String { "n\(index)" }
    static func address(_ index: Int) -> IPAddress { .v4(0xc612_0001 + UInt32(index)) }
    static func address6(_ index: Int) -> IPAddress { .v6(0xfd00 << 48, UInt64(index + 1)) }

    /// - Parameter isRouted: the first machine is alone in `br0`, the second in `br1`, and the third is a router between them.
    init(_ count: Int = 3, seed: UInt64 = 7, isRouted: Bool = false) throws {
        fabricNamespaces = try MachineNamespaces.start(hostname: "fabric", mounts: [])
        fabric = try Self.routes(fabricNamespaces)
        let bridge = try fabric.addBridge(named: "br0")
        try fabric.setLink(bridge.index, up: true)
        var machines: [MachineNamespaces] = []
        var routes: [RouteSocket] = []
        var ports = PortTable()
        for index in 0..<count {
            machines.append(try MachineNamespaces.start(hostname: Self.name(index), mounts: []))
            routes.append(try Self.routes(machines[index]))
            let isFar = isRouted && index == 1
            let place = isFar ? try fabric.addBridge(named: "br1") : bridge
            if isFar { try fabric.setLink(place.index, up: true) }
            try Self.plug(index, fabric, place.index, machines[index], routes[index], prefix: isRouted ? 32 : 15)
            ports[Self.name(index)] = PortTable.Port(
                owner: Self.name(index), port: "m\(index)", place: isFar ? "br1" : "br0",
                addresses: [Self.address(index), Self.address6(index)])
        }
        (self.machines, self.routes, self.ports) = (machines, routes, ports)
        capabilities = try Capabilities.probe(fabric)
        let nft = try #require(findExecutable("nft"))
        let (inside, sockets) = (fabricNamespaces, routes)
        emulator = LinkEmulator(
            EmulationEnvironment(
                fabric: fabric, nft: nft, run: { try await TestCommand.run($0, $1, input: $2, on: inside) },
                openSocket: { (domain, type, number) throws(CodedError) in
                    try inside.socket(domain: domain, type: type, protocol: number)
                },
                machine: { name in sockets.indices.first { Self.name($0) == name }.map { sockets[$0] } }, seed: seed,
                capabilities: capabilities))
    }

    deinit {
        for machine in machines + [fabricNamespaces] { machine.initProcess.signal(SIGKILL) }
    }

    /// A machine's cable, as the lab makes it.
    static func plug(
        _ index: Int, _ fabric: RouteSocket, _ bridge: Int32, _ machine: MachineNamespaces, _ routes: RouteSocket,
        prefix: Int = 15
    ) throws {
        try fabric.addVeth(
            near: VethEnd(name: "m\(index)", master: bridge, up: true), far: VethEnd(name: "eth0", namespace: machine.network))
        let card = try #require(try routes.link(named: "eth0"))
        try routes.addAddress(InterfaceAddress(address: address(index), prefixLength: prefix, interface: card.index))
        try routes.addAddress(InterfaceAddress(address: address6(index), prefixLength: 64, interface: card.index))
        try routes.setLink(card.index, up: true)
    }

    /// Makes the third machine the router between the first two.
    func connectPlaces() async throws {
        let place = try #require(try fabric.link(named: "br1"))
        try fabric.addVeth(
            near: VethEnd(name: "m2far", master: place.index, up: true),
            far: VethEnd(name: "eth1", namespace: machines[2].network))
        let far = try #require(try routes[2].link(named: "eth1"))
        try routes[2].setLink(far.index, up: true)
        func route(_ machine: Int, _ name: String, _ destination: IPAddress, _ length: Int, by gateway: IPAddress? = nil) throws {
            let card = try #require(try routes[machine].link(named: name))
            let prefix = try #require(IPPrefix(destination, length: length))
            try routes[machine].addRoute(Route(destination: prefix, interface: card.index, gateway: gateway, protocolNumber: 4))
        }
        for machine in 0..<2 {
            try route(2, "eth\(machine)", Self.address(machine), 32)
            try route(machine, "eth0", Self.address(2), 32)
            try route(machine, "eth0", .v4(0), 0, by: Self.address(2))
        }
        let shell = try #require(findExecutable("sh"))
        _ = try await TestCommand.run(shell, ["-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"], input: "", on: machines[2])
    }

    private static func routes(_ namespaces: MachineNamespaces) throws -> RouteSocket {
        try RouteSocket(
            adopting: namespaces.socket(domain: AF_NETLINK, type: Int32(SOCK_RAW.rawValue), protocol: RouteSocket.protocolNumber))
    }

    /// Runs a program of the fabric.
    @discardableResult
    func run(_ program: String, _ arguments: String...) async throws -> String {
        try await TestCommand.run(try #require(findExecutable(program)), arguments, input: "", on: fabricNamespaces)
    }

    /// Throws unless the fabric is as it was before any fault.
    func expectPristine() async throws {
        let links = try fabric.links()
        #expect(Set(links.map(\.name)) == Set(["lo", "br0"] + machines.indices.map { "m\($0)" }))
        let bridge = try #require(links.first { $0.name == "br0" })
        for link in links where link.name.hasPrefix("m") { #expect(link.master == bridge.index) }
        #expect(try await run("nft", "list", "ruleset").isEmpty)
        for socket in routes + [fabric] {
            #expect(try !socket.rootQueues().values.contains { $0.discipline != .other("noqueue") })
        }
    }
}

/// Runs short programs, with files in place of pipes.
enum TestCommand {
    static func run(_ path: String, _ arguments: [String], input: String, on machine: MachineNamespaces) async throws -> String {
        let files = try (0..<3).map { _ in
            var name = Array("/tmp/link-test-XXXXXX".utf8CString)
            let file = mkstemp(&name)
            try #require(file >= 0)
            unlink(name)
            return file
        }
        defer { for file in files { close(file) } }
        var bytes = Array(input.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(files[0], $0.baseAddress, $0.count) }
            try #require(written > 0)
            bytes = bytes.dropFirst(written)
        }
        lseek(files[0], 0, SEEK_SET)
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: path, arguments: arguments, standardInput: files[0], standardOutput: files[1],
                standardError: files[2], namespacesOf: machine.entry))
        let status = await process.wait(within: .seconds(20))
        if status == nil { process.signal(SIGKILL) }
        guard status?.isSuccess == true else {
            throw CodedError("command.failed", "\(path) \(arguments): \(contents(files[2]))")
        }
        return contents(files[1])
    }

    private static func contents(_ file: Int32) -> String {
        lseek(file, 0, SEEK_SET)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < 16 << 20 {
            let got = read(file, &buffer, buffer.count)
            guard got > 0 else { break }
            bytes += buffer[..<got]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
