import Basics
import Glibc
import LinuxProcess
import MeshModel
import Namespaces
import Netlink
import PacketCapture
import PacketModel
import Testing

/// A network namespace with a bridge, and machines at it: m1, m2, … with 198.18.0.1, 198.18.0.2, …
final class TestNetwork: Sendable {
    let fabric: MachineNamespaces
    let machines: [MachineNamespaces]
    /// The interface of each machine's cable on the network's side.
    let ports: [Int32]
    private let routes: RouteSocket

    init(machines count: Int) throws {
        fabric = try MachineNamespaces.start(hostname: "fabric", mounts: [.proc])
        routes = try RouteSocket(adopting: try Self.routeSocket(fabric))
        let bridge = try routes.addBridge(named: "br")
        try routes.setLink(bridge.index, up: true)
        var machines: [MachineNamespaces] = []
        var ports: [Int32] = []
        for number in 1...count {
            let machine = try MachineNamespaces.start(
                hostname: "m\(number)", mounts: [.proc, .tmpfs(at: "/run", size: "1m")])
            try routes.addVeth(
                near: VethEnd(name: "m\(number)", master: bridge.index, up: true),
                far: VethEnd(name: "eth0", namespace: machine.network))
            let inside = try RouteSocket(adopting: try Self.routeSocket(machine))
            let device = try #require(try inside.link(named: "eth0"))
            try inside.setLink(device.index, up: true)
            try inside.addAddress(InterfaceAddress(address: Self.address(number), prefixLength: 24, interface: device.index))
            machines.append(machine)
            ports.append(try #require(try routes.link(named: "m\(number)")).index)
        }
        self.machines = machines
        self.ports = ports
    }

    private static func routeSocket(_ namespaces: MachineNamespaces) throws -> Int32 {
        try namespaces.socket(domain: AF_NETLINK, type: Int32(SOCK_RAW.rawValue), protocol: RouteSocket.protocolNumber)
    }

    static func address(_ number: Int) -> IPAddress { .v4(0xc612_0000 + UInt32(number)) }

    /// A packet socket of the network, as a capture needs it.
    func captureSocket() throws -> Int32 {
        try fabric.socket(domain: AF_PACKET, type: Int32(SOCK_RAW.rawValue), protocol: 0)
    }

    /// What to expect on this network, with the cables by their names.
    static func settings(machines: Int = 3, file: String? = nil) -> WireCapture.Settings {
        var judge = WireJudge.Settings(
            canaryPrefix: "warren-lab-t0ken", expected: ExpectedTraffic.housekeeping + [.udp(port: 51_820)])
        for number in 1...machines { judge.machines[address(number)] = "m\(number)" }
        var settings = WireCapture.Settings(judge: judge, file: file)
        settings.resolve = { interface in
            interface.driver == "veth" ? CapturedLink(name: interface.name, machine: interface.name) : nil
        }
        return settings
    }

    func udp(_ machine: Int, port: Int = 51_820) throws -> UDPSocket {
        try UDPSocket(
            try machines[machine - 1].socket(domain: AF_INET, type: Int32(SOCK_DGRAM.rawValue), protocol: 0), port: port)
    }

    /// Makes m1 send what is for m2 to m3, which forwards it.
    func detour() async throws {
        let script = "cd /proc/sys/net/ipv4; echo 1 >ip_forward; for i in all eth0; do echo 0 >conf/$i/send_redirects; done"
        try await run(script, on: 3)
        let inside = try RouteSocket(adopting: try Self.routeSocket(machines[0]))
        let device = try #require(try inside.link(named: "eth0"))
        try inside.addRoute(
            Route(
                destination: IPPrefix(host: Self.address(2)), interface: device.index, gateway: Self.address(3), protocolNumber: 4
            ))
    }

    /// Runs a shell script on a machine.
    func run(_ script: String, on machine: Int) async throws {
        let shell = try ChildProcess.spawn(
            ProcessSpec(executable: "/bin/sh", arguments: ["-ec", script], namespacesOf: machines[machine - 1].entry))
        #expect(await shell.wait(within: .seconds(30))?.isSuccess == true, "\(script)")
    }

    func down() async {
        for machine in machines + [fabric] { _ = await machine.powerOff(within: .seconds(10)) }
    }

    /// Also a test that ends early leaves no machine.
    deinit {
        for machine in machines + [fabric] { machine.initProcess.signal(SIGKILL) }
    }
}

/// A bound UDP socket.
final class UDPSocket: Sendable {
    let descriptor: Int32

    init(_ descriptor: Int32, port: Int) throws {
        self.descriptor = descriptor
        var local = sockaddr_in()
        local.sin_family = sa_family_t(AF_INET)
        local.sin_port = UInt16(port).bigEndian
        let bound = withUnsafePointer(to: &local) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        try #require(bound == 0, "bind: \(errorText(errno))")
    }

    deinit { close(descriptor) }

    func allowBroadcast() throws {
        var yes: Int32 = 1
        try #require(setsockopt(descriptor, SOL_SOCKET, SO_BROADCAST, &yes, 4) == 0)
    }

    /// - Parameter network: what the machine's number is added to for its address.
    func send(_ bytes: [UInt8], to machine: Int, port: Int = 51_820, network: UInt32 = 0xc612_0000) {
        var remote = sockaddr_in()
        remote.sin_family = sa_family_t(AF_INET)
        remote.sin_port = UInt16(port).bigEndian
        remote.sin_addr.s_addr = (network + UInt32(machine)).bigEndian
        withUnsafePointer(to: &remote) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Waits for a packet, for ten seconds at most.
    func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : Array(buffer.prefix(count))
    }

    /// A WireGuard data message by its form.
    static func data(_ counter: Int, length: Int = 96) -> [UInt8] {
        [4, 0, 0, 0, 1, 2, 3, 4] + (0..<4).map { UInt8(truncatingIfNeeded: counter >> (8 * $0)) } + [0, 0, 0, 0]
            + RandomBytes.make(length - 16)
    }
}
