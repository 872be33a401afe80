import Basics
import Fabric
import Glibc
import LinuxProcess
import MeshModel
import NetworkModel
import Testing

/// Sites behind routers, with and without address translation, with real datagrams.
@Suite(.serialized, .enabled(if: geteuid() == 0 && findExecutable("nft") != nil))
struct GatewayTests {
    private struct Bench {
        let fabric: Fabric
        let inside: UDP
        let first: UDP
        let second: UDP

        /// What two outside machines see as the sender of one inside socket.
        func seen() throws -> (first: Endpoint, second: Endpoint) {
            inside.send("out", to: try at("x"))
            inside.send("out", to: try at("y"))
            return (try #require(first.receive()).sender, try #require(second.receive()).sender)
        }

        func at(_ name: String) throws -> Endpoint { Endpoint(address: try fabric.machine(name).addresses[0], port: 9_000) }

        /// Whether a datagram from a socket that the inside never wrote to gets in to an external address and port.
        func strangerGetsIn(_ external: Endpoint) throws -> Bool {
            let stranger = try UDP(on: try fabric.machine("x"))
            // What arrives later than this one does not arrive.
            stranger.send("stranger", to: external)
            first.send("friend", to: external)
            var texts: [String] = []
            while let got = inside.receive(within: texts.isEmpty ? 500 : 50) { texts.append(got.text) }
            return texts.contains("stranger")
        }
    }

    private func bench(
        _ kind: NATPlan.Kind, timeout: Duration = .seconds(60), families: Topology.Families = .ipv4,
        ports: ClosedRange<UInt16> = 1_024...65_535
    ) async throws
        -> Bench
    {
        var topology = Topology()
        topology.families = families
        topology.sites = [SitePlan(name: "home", nat: NATPlan(kind: kind, mappingTimeout: timeout))]
        var settings = FabricSettings()
        settings.nft = findExecutable("nft")
        settings.natPorts = ports
        let fabric = try await Fabric.build(
            topology,
            [
                Attachment(machine: "x"), Attachment(machine: "y"), Attachment(machine: "a", place: "home"),
                Attachment(machine: "b", place: "home"),
            ], settings: settings)
        try fabric.boot(["x", "y", "a", "b"])
        return Bench(
            fabric: fabric, inside: try UDP(on: fabric.machine("a"), port: 5_000),
            first: try UDP(on: fabric.machine("x"), port: 9_000), second: try UDP(on: fabric.machine("y"), port: 9_000))
    }

    @Test func endpointIndependentMappingsAreOneForAllAndOpenToAll() async throws {
        try await privately {
            let bench = try await bench(.endpointIndependent)
            let seen = try bench.seen()
            #expect(seen.first == seen.second)
            #expect(seen.first.address == IPAddress("198.18.255.254"))
            #expect(try bench.strangerGetsIn(seen.first))
            let mappings = try bench.fabric.mappings(of: "home").filter { $0.inside.port == 5_000 }
            #expect(mappings.count == 3 && mappings.allSatisfy { $0.outside == seen.first && $0.transport == 17 })
        }
    }

    @Test func symmetricMappingsDifferAndAreClosedToOthers() async throws {
        try await privately {
            let bench = try await bench(.symmetric)
            let seen = try bench.seen()
            #expect(seen.first.port != seen.second.port)
            #expect(seen.first.address == seen.second.address)
            #expect(try !bench.strangerGetsIn(seen.first))
            // The negative control: who was written to may answer.
            bench.first.send("answer", to: seen.first)
            #expect(bench.inside.receive()?.text == "answer")
        }
    }

    @Test func twoInsidesWithOnePortGetTwo() async throws {
        try await privately {
            let bench = try await bench(.endpointIndependent)
            let other = try UDP(on: bench.fabric.machine("b"), port: 5_000)
            let seen = try bench.seen().first
            other.send("out", to: try bench.at("x"))
            let second = try #require(bench.first.receive()).sender
            #expect(second != seen)
            bench.first.send("to b", to: second)
            #expect(other.receive()?.text == "to b")
        }
    }

    @Test func aPortThatIsTakenIsNotGivenAgain() async throws {
        try await privately {
            // With two ports to choose from, every other choice would be the one that is taken.
            let bench = try await bench(.endpointIndependent, ports: 4_000...4_001)
            for _ in 0..<8 {
                let other = try UDP(on: bench.fabric.machine("b"), port: 5_000)
                bench.inside.send("out", to: try bench.at("x"))
                let seen = try #require(bench.first.receive()).sender
                var second: Endpoint?
                try await eventually("a free port is found") {
                    other.send("out", to: try bench.at("y"))
                    second = bench.second.receive(within: 20)?.sender
                    return second != nil
                }
                #expect(second != seen)
                while bench.second.receive(within: 1) != nil {}
                try await bench.fabric.flushNAT(of: "home")
            }
        }
    }

    @Test func neighboursReachEachOtherByTheirOutside() async throws {
        try await privately {
            let bench = try await bench(.endpointIndependent)
            let seen = try bench.seen().first
            let neighbour = try UDP(on: bench.fabric.machine("b"), port: 6_000)
            neighbour.send("hairpin", to: seen)
            let got = try #require(bench.inside.receive())
            #expect(got.text == "hairpin" && got.sender.address == seen.address)
        }
    }

    @Test func openMappingsAreForgottenInTime() async throws {
        try await privately { try await forgottenInTime(.endpointIndependent) }
    }

    @Test func symmetricMappingsAreForgottenInTime() async throws {
        try await privately { try await forgottenInTime(.symmetric) }
    }

    private func forgottenInTime(_ kind: NATPlan.Kind) async throws {
        let bench = try await bench(kind, timeout: .seconds(2))
        let seen = try bench.seen().first
        // The negative control: it is there before.
        bench.first.send("in time", to: seen)
        #expect(bench.inside.receive()?.text == "in time")
        try await eventually("the mappings end") { try bench.fabric.mappings(of: "home").isEmpty }
        bench.first.send("too late", to: seen)
        #expect(bench.inside.receive(within: 300) == nil)
    }

    @Test func flushingGivesNewPorts() async throws {
        try await privately {
            let bench = try await bench(.endpointIndependent)
            let before = try bench.seen().first
            #expect(try await bench.fabric.flushNAT(of: "home").contains { $0.outside == before })
            bench.first.send("old port", to: before)
            #expect(bench.inside.receive(within: 300) == nil)
            let after = try bench.seen()
            #expect(after.first == after.second && after.first != before)
        }
    }

    @Test func theKindChangesWhileItRuns() async throws {
        try await privately {
            let bench = try await bench(.endpointIndependent)
            try await bench.fabric.setNAT(of: "home", kind: .symmetric)
            let seen = try bench.seen()
            #expect(seen.first.port != seen.second.port)
            try await bench.fabric.setNAT(of: "home", kind: .endpointIndependent)
            let again = try bench.seen()
            #expect(again.first == again.second)
        }
    }

    @Test func ipv6IsRoutedButOnlyAnswersGetIn() async throws {
        try await privately {
            let bench = try await bench(.endpointIndependent, families: .both)
            let (a, x) = (try bench.fabric.machine("a"), try bench.fabric.machine("x"))
            let inside = try UDP(on: a, port: 5_001, ipv4: false)
            let outside = try UDP(on: x, port: 9_001, ipv4: false)
            outside.send("unasked", to: Endpoint(address: a.addresses[1], port: 5_001))
            inside.send("out", to: Endpoint(address: x.addresses[1], port: 9_001))
            #expect(outside.receive() == UDP.Datagram(text: "out", sender: Endpoint(address: a.addresses[1], port: 5_001)))
            outside.send("answer", to: Endpoint(address: a.addresses[1], port: 5_001))
            #expect(inside.receive()?.text == "answer")
        }
    }

    @Test func sitesWithoutTranslationAreRouted() async throws {
        try await privately {
            var topology = Topology()
            topology.sites = [SitePlan(name: "one"), SitePlan(name: "two")]
            let fabric = try await Fabric.build(
                topology,
                [
                    Attachment(machine: "x"), Attachment(machine: "a", place: "one"), Attachment(machine: "b", place: "two"),
                    Attachment(machine: "c", place: "two"),
                ])
            try fabric.boot(["x", "a", "b", "c"])
            #expect(try fabric.machine("b").addresses == [IPAddress("198.19.16.2")])
            for from in fabric.machines { for to in fabric.machines where to !== from { #expect(try reaches(from, to)) } }
        }
    }

    @Test func aGatewayWithoutNftIsRefused() async throws {
        try await privately {
            var topology = Topology()
            topology.sites = [SitePlan(name: "home", nat: NATPlan(kind: .symmetric))]
            let error = await #expect(throws: CodedError.self) { _ = try await Fabric.build(topology, []) }
            #expect(error?.code == "nat.rules")
        }
    }
}
