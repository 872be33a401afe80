import Basics
import Fabric
import FoundationEssentials
import Glibc
import MeshModel
import Netlink
import NetworkModel
import Testing

/// Faults of links, addresses and disks: that they take effect, and that they are undone.
@Suite(.serialized, .enabled(if: geteuid() == 0))
struct FaultTests {
    private func fabric(_ topology: Topology = Topology()) async throws -> Fabric {
        let fabric = try await Fabric.build(topology, ["a", "b"].map { Attachment(machine: $0) })
        try fabric.boot(["a", "b"])
        return fabric
    }

    private func write(_ bytes: Int, _ path: String) -> Int32 {
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { return errno }
        defer { close(file) }
        return append(bytes, file)
    }

    private func append(_ bytes: Int, _ file: Int32) -> Int32 {
        let data = [UInt8](repeating: 1, count: bytes)
        let written = Glibc.write(file, data, bytes)
        return written == bytes ? 0 : written < 0 ? errno : ENOSPC
    }

    @Test func aLinkGoesDownAndUp() async throws {
        try await privately {
            let fabric = try await fabric()
            let (a, b) = (try fabric.machine("a"), try fabric.machine("b"))
            try fabric.setLink(of: "a", up: false)
            #expect(try a.running().routes.link(named: "eth0")?.hasCarrier == false)
            #expect(try !reaches(b, a, within: 200))
            try await fabric.powerOff(["a"])
            try fabric.boot(["a"])
            #expect(try !reaches(b, a, within: 200))
            try fabric.setLink(of: "a", up: true)
            try await eventually("the link is back") { try reaches(b, a, within: 200) }
        }
    }

    @Test func anMTUBoundsWhatGetsThrough() async throws {
        try await privately {
            let fabric = try await fabric()
            let (a, b) = (try fabric.machine("a"), try fabric.machine("b"))
            #expect(try reaches(b, a, bytes: 1_400))
            try fabric.setMTU(of: "a", 1_000, knownToMachine: false)
            #expect(try a.running().routes.link(named: "eth0")?.mtu == 1_500)
            #expect(try !reaches(b, a, bytes: 1_400, within: 200) && !reaches(a, b, bytes: 1_400, within: 200))
            #expect(try reaches(b, a, bytes: 900) && reaches(a, b, bytes: 900))
            try fabric.setMTU(of: "a", 1_000)
            #expect(try a.running().routes.link(named: "eth0")?.mtu == 1_000)
            try await fabric.powerOff(["a"])
            // On a machine that is off it shows at the next boot.
            try fabric.setMTU(of: "a", 900)
            try fabric.boot(["a"])
            #expect(try a.running().routes.link(named: "eth0")?.mtu == 900)
            try fabric.setMTU(of: "a", nil)
            #expect(try reaches(b, a, bytes: 1_400))
            #expect(throws: CodedError.self) { try fabric.setMTU(of: "a", 500) }
        }
    }

    @Test func aMachineRoams() async throws {
        try await privately {
            var topology = Topology()
            topology.families = .both
            topology.sites = [SitePlan(name: "office")]
            let fabric = try await fabric(topology)
            let (a, b) = (try fabric.machine("a"), try fabric.machine("b"))
            let routes = try a.running().routes.routes(on: FabricMachine.cardIndex).count
            let new = try fabric.roam("a")
            #expect(new == [IPAddress("198.18.128.0"), IPAddress("fd00:7761:7272::8000")] && a.addresses == new)
            #expect(try reaches(a, b) && reaches(b, a) && reaches(a, b, ipv4: false))
            #expect(try a.running().routes.routes(on: FabricMachine.cardIndex).count == routes)
            let hosts = try FileManager.default.contents(atPath: b.running().namespaces.path("/etc/hosts"))
            #expect(hosts.map { String(decoding: $0, as: UTF8.self) }?.contains("198.18.128.0 a\n") == true)
            #expect(try fabric.roam("b") != new)
            // The address stays through a crash.
            try await fabric.powerOff(["a"])
            try fabric.boot(["a"])
            #expect(try a.addresses == new && reaches(b, a))
        }
    }

    @Test func aCableIsPluggedInElsewhere() async throws {
        try await privately {
            var topology = Topology()
            topology.switches = [SwitchPlan(name: "cellar")]
            topology.sites = [SitePlan(name: "office")]
            let fabric = try await fabric(topology)
            let (a, b) = (try fabric.machine("a"), try fabric.machine("b"))
            try fabric.plug("a", into: "cellar")
            #expect(try a.addresses == [IPAddress("198.18.0.1")] && reaches(a, b) && reaches(b, a))
            try fabric.plug("a", into: "office")
            #expect(try a.addresses == [IPAddress("198.19.0.2")] && reaches(a, b) && reaches(b, a))
            try fabric.plug("a", into: "backbone")
            #expect(try a.addresses == [IPAddress("198.18.0.1")] && reaches(a, b) && reaches(b, a))
            #expect(throws: CodedError.self) { try fabric.plug("a", into: "attic") }
        }
    }

    @Test func aFullDiskTakesNoMoreAndGetsItsRoomBack() async throws {
        try await privately {
            let fabric = try await fabric()
            let machine = try fabric.machine("a")
            let folder = try machine.running().namespaces.path(FabricMachine.stateFolder)
            let file = open("\(folder)/open", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            defer { close(file) }
            #expect(append(10_000, file) == 0)
            try fabric.setDisk(of: "a", full: true)
            #expect(append(10_000, file) == ENOSPC && write(10_000, "\(folder)/new") == ENOSPC)
            #expect(try write(10_000, fabric.machine("b").statePath + "/new") == 0)
            // It stays full through a crash.
            try await fabric.powerOff(["a"])
            try fabric.boot(["a"])
            #expect(write(10_000, "\(machine.statePath)/again") == ENOSPC)
            try fabric.setDisk(of: "a", full: false)
            #expect(write(1 << 20, "\(machine.statePath)/again") == 0)
        }
    }

    @Test func anEmptyDiskCanBeFullToo() async throws {
        try await privately {
            let fabric = try await fabric()
            let folder = try fabric.machine("a").statePath
            try fabric.setDisk(of: "a", full: true)
            #expect(write(1, "\(folder)/file") == ENOSPC)
            try fabric.setDisk(of: "a", full: false)
            #expect(write(1 << 20, "\(folder)/file") == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
        }
    }

    @Test func aReadOnlyDiskIsReadOnlyUnlessSomebodyWrites() async throws {
        try await privately {
            let fabric = try await fabric()
            let folder = try fabric.machine("a").running().namespaces.path(FabricMachine.stateFolder)
            try fabric.setDisk(of: "a", readOnly: true)
            #expect(write(1, "\(folder)/file") == EROFS)
            try fabric.setDisk(of: "a", readOnly: false)
            #expect(write(1, "\(folder)/file") == 0)
            let file = open("\(folder)/open", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            let error = #expect(throws: CodedError.self) { try fabric.setDisk(of: "a", readOnly: true) }
            #expect(error?.code == "fault.not-in-effect")
            #expect(write(1, "\(folder)/file") == 0)
            close(file)
            try fabric.setDisk(of: "a", readOnly: true)
            try fabric.setDisk(of: "a", full: true)
            try fabric.setDisk(of: "a", readOnly: false)
            #expect(write(10_000, "\(folder)/file") == ENOSPC)
            try fabric.setDisk(of: "a", full: false)
            #expect(write(10_000, "\(folder)/file") == 0)
        }
    }
}
