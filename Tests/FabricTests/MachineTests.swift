import Basics
import Fabric
import FoundationEssentials
import Glibc
import LinuxProcess
import MeshModel
import Namespaces
import NetworkModel
import Testing

/// What a machine has of its own, and what outlives a crash.
@Suite(.serialized, .enabled(if: geteuid() == 0))
struct MachineTests {
    private func fabric(_ names: [String], _ topology: Topology = Topology()) async throws -> Fabric {
        try await Fabric.build(topology, names.map { Attachment(machine: $0) })
    }

    private func text(_ machine: FabricMachine, _ path: String) throws -> String? {
        let seen = try machine.running().namespaces.path(path)
        return FileManager.default.contents(atPath: seen).map { String(decoding: $0, as: UTF8.self) }
    }

    private func run(_ machine: FabricMachine, _ command: String) async throws -> LinuxProcess.ExitStatus? {
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: "/bin/sh", arguments: ["-c", command], namespacesOf: try machine.running().namespaces.entry))
        return await process.wait(within: .seconds(10))
    }

    @Test func machinesHaveTheirOwnNamesFilesAndAddresses() async throws {
        try await privately {
            let fabric = try await fabric(["coordinator", "alice", "bob"])
            try fabric.boot(["coordinator", "alice", "bob"])
            let alice = try fabric.machine("alice")
            let bob = try fabric.machine("bob")
            #expect(alice.addresses == [IPAddress("198.18.0.2")])
            #expect(try text(alice, "/etc/hosts")?.contains("198.18.0.3 bob\n") == true)
            #expect(try await run(alice, "test $(hostname) = alice && test $$ -lt 20 && echo 1 >/run/mine") == .exited(0))
            #expect(try await run(bob, "test ! -e /run/mine && echo together >/run/shared/note") == .exited(0))
            #expect(try text(alice, "/run/shared/note") == "together\n")
            #expect(try reaches(alice, bob) && reaches(bob, alice))
            #expect(alice.portName == "m1" && alice.boots == 1)
        }
    }

    @Test func diskOutlivesACrashAndRunDoesNot() async throws {
        try await privately {
            let fabric = try await fabric(["a", "b"])
            try fabric.boot(["a", "b"])
            let machine = try fabric.machine("a")
            #expect(try await run(machine, "echo kept >/run/state/file; echo lost >/run/file; sleep 1000 & ") == .exited(0))
            try await fabric.powerOff(["a"])
            #expect(!machine.isRunning)
            #expect(FileManager.default.contents(atPath: "\(machine.statePath)/file") == Data("kept\n".utf8))
            #expect(throws: CodedError.self) { try machine.running() }
            try fabric.boot(["a"])
            #expect(try await run(machine, "test $(cat /run/state/file) = kept && test ! -e /run/file") == .exited(0))
            #expect(try reaches(machine, fabric.machine("b")))
            #expect(machine.boots == 2)
        }
    }

    /// Others must not learn of a power cut from the sockets that it closes.
    @Test func aMachineWithoutPowerSaysNoGoodbye() async throws {
        try await privately {
            let fabric = try await fabric(["a", "b"])
            try fabric.boot(["a", "b"])
            let listener = try fabric.machine("b").running().namespaces.socket(
                domain: AF_INET, type: Int32(SOCK_STREAM.rawValue), protocol: 0)
            defer { close(listener) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(7000).bigEndian
            let isListening = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && listen(listener, 1) == 0
                }
            }
            try #require(isListening)
            let program = try ChildProcess.spawn(
                ProcessSpec(
                    executable: "/bin/bash", arguments: ["-c", "exec 3<>/dev/tcp/198.18.0.2/7000; echo >&3; exec sleep 1000"],
                    namespacesOf: try fabric.machine("a").running().namespaces.entry))
            var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            try #require(poll(&waiting, 1, 10_000) == 1)
            let connection = accept(listener, nil, nil)
            defer { close(connection) }
            var byte: UInt8 = 0
            try #require(recv(connection, &byte, 1, 0) == 1)
            try await fabric.powerOff(["a"])
            #expect(await program.wait(within: .seconds(5)) != nil)
            #expect(recv(connection, &byte, 1, Int32(MSG_DONTWAIT)) == -1 && errno == EAGAIN)
        }
    }

    @Test func manyMachinesDieAndComeBackTogether() async throws {
        try await privately {
            let names = (0..<40).map { "m-\($0)" }
            let fabric = try await fabric(names)
            for _ in 0..<3 {
                try fabric.boot(names)
                #expect(try reaches(fabric.machine("m-0"), fabric.machine("m-39")))
                try await fabric.powerOff(names)
            }
        }
    }

    @Test func aSwitchOfManyBridgesIsOneSegment() async throws {
        try await privately {
            var settings = FabricSettings()
            settings.portsPerBridge = 2
            let names = (0..<7).map { "m-\($0)" }
            let fabric = try await Fabric.build(Topology(), names.map { Attachment(machine: $0) }, settings: settings)
            try fabric.boot(names)
            for from in fabric.machines { for to in fabric.machines where to !== from { #expect(try reaches(from, to)) } }
            let links = FileManager.default.contents(atPath: "/proc/net/dev").map { String(decoding: $0, as: UTF8.self) } ?? ""
            #expect(links.contains("backbone-4:") && !links.contains("backbone-5:"))
        }
    }

    @Test func ipv6IsUsableAtOnceAndTheMTUHoldsEverywhere() async throws {
        try await privately {
            var topology = Topology()
            topology.families = .both
            topology.mtu = 4_000
            topology.switches = [SwitchPlan(name: "cellar")]
            topology.sites = [SitePlan(name: "office")]
            let fabric = try await Fabric.build(
                topology,
                [
                    Attachment(machine: "a"), Attachment(machine: "b", place: "cellar"),
                    Attachment(machine: "c", place: "office"),
                ])
            try fabric.boot(["a", "b", "c"])
            for from in fabric.machines {
                for to in fabric.machines where to !== from {
                    for ipv4 in [true, false] { #expect(try reaches(from, to, ipv4: ipv4, bytes: 3_900)) }
                }
            }
        }
    }

    @Test func badTopologiesAreRefused() async throws {
        try await privately {
            func code(_ topology: Topology, _ attachments: [NetworkModel.Attachment]) async -> String? {
                do throws(CodedError) { _ = try await Fabric.build(topology, attachments) } catch { return error.code }
                return nil
            }
            #expect(await code(Topology(), [Attachment(machine: "a", place: "nowhere")]) == "topology.place")
            #expect(await code(Topology(), [Attachment(machine: "a"), Attachment(machine: "a")]) == "topology.twins")
            var topology = Topology()
            topology.sites = (0..<17).map { SitePlan(name: "s\($0)") }
            #expect(await code(topology, []) == "topology.size")
        }
    }

    @Test func aFailedBootSaysWhyAndLeavesNoProcess() async throws {
        try await privately {
            let factory = try MachineFactory()
            let order = MachineOrder(name: "bad", steps: [.write("x", to: "/no/such/file")])
            let error = #expect(throws: CodedError.self) {
                try factory.make(1) { _ throws(CodedError) in
                    order
                } ready: { _, _ throws(CodedError) in
                }
            }
            #expect(error?.code == "machine.boot")
            #expect("\(error.map { "\($0)" } ?? "")".contains("write /no/such/file: No such file or directory"))
            #expect(waitpid(-1, nil, WNOHANG) >= 0 || errno == ECHILD)
        }
    }
}
