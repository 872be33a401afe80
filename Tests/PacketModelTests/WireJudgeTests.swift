import MeshModel
import PacketModel
import Testing

@Suite struct WireJudgeTests {
    /// A judge with the links m1, m2, m3 and a trunk, numbered from 1.
    private struct Wire {
        var judge: WireJudge
        var number: UInt64 = 0

        init(_ change: (inout WireJudge.Settings) -> Void = { _ in }) throws {
            var settings = WireJudge.Settings(
                canaryPrefix: "warren-lab-t0ken",
                expected: ExpectedTraffic.housekeeping + [.wireGuard(port: 51_820), .tcp(port: 7_400)])
            settings.meshPrefixes = [try #require(IPPrefix("100.64.0.0/10"))]
            settings.meshAddresses = [try #require(IPAddress("100.64.0.1"))]
            for machine in 1...3 { settings.machines[.v4(0xc612_0000 + UInt32(machine))] = "m\(machine)" }
            change(&settings)
            judge = try WireJudge(settings)
            _ = judge.add(CapturedLink(name: "trunk", machine: nil))
            for machine in 1...3 { _ = judge.add(CapturedLink(name: "m\(machine)", machine: "m\(machine)")) }
        }

        @discardableResult
        mutating func see(_ frame: [UInt8], _ direction: Pcapng.Direction, _ link: Int) -> WireJudge.Note {
            number += 1
            let place = WireFrame(link: link, direction: direction, time: 1_000, length: frame.count, number: number)
            return frame.withUnsafeBytes { judge.judge(place, $0) }
        }

        /// Everybody says something, so that it is known who has which Ethernet address.
        mutating func greet() {
            for machine: UInt8 in 1...3 {
                see(Build.tunnel(machine, machine % 3 + 1, counter: 200 + machine), .entering, Int(machine))
            }
        }

        mutating func pass(_ frame: [UInt8], from: Int, to: Int) {
            see(frame, .entering, from)
            see(frame, .leaving, to)
        }
    }

    private func udp(_ text: String, port: Int = 51_820) -> [UInt8] {
        Build.ethernet(EtherType.ipv4, Build.ipv4("198.18.0.1", "198.18.0.2", 17, Build.udp(9_999, port, Array(text.utf8))))
    }

    @Test func aTunnelPasses() throws {
        var wire = try Wire()
        wire.greet()
        for counter: UInt8 in 1...20 { wire.pass(Build.tunnel(1, 2, counter: counter), from: 1, to: 2) }
        let verdict = wire.judge.verdict(talking: [MachinePair(from: "m1", to: "m2")])
        #expect(verdict.judgement == .pass, "\(verdict)")
        #expect(verdict.paths.first { $0.pair.from == "m1" }?.direct == 20 && verdict.dataPackets == 23)
        let flow = try #require(verdict.flows.first { $0.source == "198.18.0.1:51820" })
        #expect(flow.entered["m1"]?.frames == 21 && flow.left["m2"]?.frames == 20 && flow.wireGuard["data"]?.frames == 21)
        // Who has not been heard of at all is not passed.
        let silent = wire.judge.verdict(talking: [MachinePair(from: "m3", to: "m2")])
        #expect(silent.judgement == .unknown && silent.directPath.words.contains("from m3 to m2"))
        #expect(wire.judge.verdict(kernelDrops: 1).judgement == .unknown)
    }

    @Test func nothingSeenIsNoPass() throws {
        let verdict = try Wire().judge.verdict()
        let parts = [verdict.canaries, verdict.meshAddresses, verdict.ports, verdict.directPath]
        #expect(verdict.judgement == .unknown && parts.allSatisfy { $0.judgement == .unknown })
        #expect(try Wire().judge.verdict(talking: []).judgement == .unknown)
    }

    @Test func aCanaryInTheClearFailsWhateverElseIsMissing() throws {
        var wire = try Wire()
        let note = wire.see(udp("hello warren-lab-t0ken-5"), .entering, 1)
        #expect(note.finding?.contains("canary warren-lab-t0ken-5 in the clear") == true)
        let verdict = wire.judge.verdict(kernelDrops: 5)
        #expect(verdict.canaries.judgement == .fail && verdict.judgement == .fail && verdict.canaries.count == 1)
        let first = try #require(verdict.canaries.sightings.first)
        #expect(first.link == "m1" && first.machine == "m1" && first.frame == 1 && first.what == "canary warren-lab-t0ken-5")
        #expect(verdict.canaries.words.contains("on m1, entering, frame 1"))
    }

    @Test func aCanaryAcrossPiecesIsFoundOnce() throws {
        var wire = try Wire()
        let text = Array("0123456789abcdefwarren-lab-t0ken-5!".utf8)
        for (offset, more) in [(0, true), (24, false)] {
            let piece = Array(text[offset..<(more ? 24 : text.count)])
            let packet = Build.ipv4("198.18.0.1", "198.18.0.2", 17, offset: offset, more: more, piece)
            wire.see(Build.ethernet(EtherType.ipv4, packet), .entering, 1)
        }
        #expect(wire.judge.verdict().canaries.sightings.map(\.what) == ["canary warren-lab-t0ken-5"])
        // Three TCP segments; of one that is repeated nothing is made up.
        var stream = try Wire()
        for (from, to) in [(0, 20), (20, 24), (20, 24), (24, 35)] {
            let segment = Build.tcp(40_000, 7_400, sequence: 100 + from, Array(text[from..<to]))
            stream.see(Build.ethernet(EtherType.ipv4, Build.ipv4("198.18.0.1", "198.18.0.2", 6, segment)), .entering, 1)
        }
        #expect(stream.judge.verdict().canaries.sightings.map(\.what) == ["canary warren-lab-t0ken-5"])
    }

    @Test func meshAddressesInTheClear() throws {
        var wire = try Wire()
        wire.see(Build.ethernet(EtherType.ipv4, Build.ipv4("100.64.0.9", "198.18.0.2", 6, Build.tcp(1, 7_400, []))), .leaving, 2)
        #expect(wire.judge.verdict().meshAddresses.words.contains("100.64.0.9 in a header (tcp/1)"))
        let ask =
            [0, 1, 8, 0, 6, 4, 0, 1] + Build.hardware(1) + Build.bytes("198.18.0.1") + [0, 0, 0, 0, 0, 0]
            + Build.bytes("100.64.0.9")
        wire.see(Build.ethernet(EtherType.arp, ask), .entering, 1)
        #expect(wire.judge.verdict().meshAddresses.count == 2)
        // As text it is a finding, too, on the coordinator's port as on any other.
        let text = Build.ipv4("198.18.0.1", "198.18.0.2", 6, Build.tcp(1, 7_400, Array("you are 100.64.0.1".utf8)))
        wire.see(Build.ethernet(EtherType.ipv4, text), .entering, 1)
        #expect(wire.judge.verdict().meshAddresses.count == 3)
    }

    @Test func onlyWhatIsExpectedMayAppear() throws {
        var wire = try Wire()
        wire.see(udp("no WireGuard, on its port", port: 51_820), .entering, 1)
        wire.see(udp("a question", port: 53), .entering, 1)
        wire.see(Build.ethernet(EtherType.ipv4, Build.ipv4("198.18.0.1", "198.18.0.2", 1, [8, 0, 0, 0, 0, 0])), .entering, 1)
        wire.see(Build.ethernet(0x88cc, [1, 2, 3]), .entering, 1)
        wire.see([1, 2, 3], .entering, 1)
        let verdict = wire.judge.verdict()
        #expect(verdict.ports.judgement == .fail)
        #expect(
            verdict.unexpected == ["udp/9999": 1, "udp/53": 1, "icmp/8": 1, "ethertype 0x88cc": 1, "frame without a header": 1])
    }

    @Test func laterFragmentsGoWithTheFirst() throws {
        var wire = try Wire()
        let message = Build.udp(51_820, 51_820, Build.data(counter: 1))
        for (from, to) in [(0, 48), (48, 72)] {
            let packet = Build.ipv4("198.18.0.1", "198.18.0.2", 17, offset: from, more: from == 0, Array(message[from..<to]))
            wire.see(Build.ethernet(EtherType.ipv4, packet), .entering, 1)
        }
        #expect(wire.judge.verdict().ports.count == 0)
        let stray = Build.ipv4("198.18.0.1", "198.18.0.2", 17, identification: 8, offset: 48, [1, 2])
        wire.see(Build.ethernet(EtherType.ipv4, stray), .entering, 1)
        #expect(wire.judge.verdict().unexpected == ["fragment without a beginning": 1])
    }

    @Test func aRouterInBetweenIsADetour() throws {
        var wire = try Wire()
        wire.greet()
        // To m2 by way of m3, addressed to m2 all the time.
        wire.pass(Build.tunnel(1, 2, counter: 1, hop: 3), from: 1, to: 3)
        wire.pass(Build.tunnel(1, 2, counter: 1, sender: 3), from: 3, to: 2)
        let path = try #require(wire.judge.verdict().paths.first)
        #expect(path.pair == MachinePair(from: "m1", to: "m2") && path.detoured == 1 && path.direct == 0 && path.via == ["m3"])
        #expect(wire.judge.verdict().directPath.judgement == .fail)
    }

    @Test func whatGoesElsewhereIsTold() throws {
        var wire = try Wire()
        wire.greet()
        // m3 keeps for itself what is addressed to m2.
        #expect(wire.see(Build.tunnel(1, 2, counter: 1, hop: 3), .entering, 1).finding == nil)
        #expect(wire.see(Build.tunnel(1, 2, counter: 1, hop: 3), .leaving, 3).finding == "a packet of m1 came by way of m3")
        #expect(wire.judge.verdict().directPath.judgement == .fail)
    }

    @Test func aRelayWithAddressesOfItsOwnIsADetour() throws {
        var wire = try Wire()
        wire.greet()
        func packet(_ from: UInt8, _ to: UInt8) -> [UInt8] {
            Build.ethernet(
                EtherType.ipv4, to: to, from: from,
                Build.ipv4("198.18.0.\(from)", "198.18.0.\(to)", 17, Build.udp(51_820, 51_820, Build.data(counter: 77))))
        }
        wire.pass(packet(1, 3), from: 1, to: 3)
        #expect(wire.judge.verdict().directPath.judgement == .pass)
        wire.pass(packet(3, 2), from: 3, to: 2)
        let verdict = wire.judge.verdict()
        #expect(verdict.directPath.judgement == .fail && verdict.directPath.words.contains("m1 came by way of m3"))
        #expect(verdict.paths.map(\.pair) == [MachinePair(from: "m1", to: "m2")])
    }

    @Test func floodingIsNoDetour() throws {
        var wire = try Wire()
        wire.greet()
        let frame = Build.tunnel(1, 2, counter: 1)
        wire.pass(frame, from: 1, to: 2)
        wire.see(frame, .leaving, 3)
        let verdict = wire.judge.verdict()
        #expect(
            verdict.directPath.judgement == .pass && verdict.flooded == 1 && verdict.directPath.words.contains("1 copies flooded")
        )
        // With m3's own Ethernet address it is no flooding.
        wire.see(Build.tunnel(1, 2, counter: 1, hop: 3), .leaving, 3)
        #expect(wire.judge.verdict().directPath.judgement == .fail)
    }

    @Test func aNetworkThatFlipsBitsIsNotTheMachinesFault() throws {
        for (isKnown, judgement) in [(true, Judgement.pass), (false, .fail)] {
            var wire = try Wire { $0.networkCorrupts = isKnown }
            wire.greet()
            wire.pass(Build.tunnel(1, 2, counter: 1), from: 1, to: 2)
            // The type of the message, and the last byte of the destination: 2 becomes 3.
            for (counter, place, bit): (UInt8, Int, UInt8) in [(2, 42, 64), (3, 33, 1)] {
                var frame = Build.tunnel(1, 2, counter: counter)
                wire.see(frame, .entering, 1)
                frame[place] ^= bit
                wire.see(frame, .leaving, 2)
            }
            let verdict = wire.judge.verdict()
            #expect(verdict.ports.judgement == judgement && verdict.directPath.judgement == judgement, "\(verdict)")
        }
        // What a machine sends is held against it all the same.
        var wire = try Wire { $0.networkCorrupts = true }
        wire.see(udp("a question", port: 53), .entering, 1)
        #expect(wire.judge.verdict().ports.judgement == .fail)
    }

    @Test func routersOfTheNetworkMayForward() throws {
        var wire = try Wire()
        wire.greet()
        let frame = Build.tunnel(1, 2, counter: 1)
        wire.pass(frame, from: 1, to: 0)
        wire.pass(Build.tunnel(1, 2, counter: 1, sender: 9), from: 0, to: 2)
        wire.see(frame, .leaving, 2)
        let path = try #require(wire.judge.verdict().paths.first)
        #expect(path.direct == 1 && path.duplicates == 1 && wire.judge.verdict().directPath.judgement == .pass)
    }
}
