import MeshModel
import PacketModel
import Testing

/// Any bytes at all: nothing traps, ranges lie inside the frame, and memory stays bounded.
@Suite struct FuzzTests {
    /// SplitMix64: the same frames in every run.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var bits = state
            bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
            bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
            return bits ^ bits >> 31
        }
    }

    static let seeds: [[UInt8]] = [
        Build.tunnel(1, 2, counter: 1),
        Build.ethernet(
            EtherType.ipv4, Build.ipv4("192.0.2.1", "192.0.2.2", 6, options: [1, 1, 1, 1], Build.tcp(7_400, 2, [1, 2, 3]))),
        Build.ethernet(
            EtherType.ipv4, Build.ipv4("192.0.2.1", "192.0.2.2", 17, offset: 800, more: true, Array("warren-lab-t-1".utf8))),
        Build.ethernet(
            EtherType.ipv6,
            Build.ipv6("fd00::1", "fd00::2", 0, [44, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 1, 0, 0, 0, 5] + Build.udp(1, 2, [1]))),
        Build.ethernet(
            EtherType.ipv6, Build.ipv6("fe80::1", "ff02::16", 0, [58, 0, 5, 2, 0, 0, 1, 0, 143, 0, 0, 0, 0, 0, 0, 0])),
        Build.ethernet(
            EtherType.vlan,
            [0, 9] + Build.half(Int(EtherType.arp)) + [0, 1, 8, 0, 6, 4, 0, 1] + [UInt8](repeating: 3, count: 20)),
        Build.ethernet(
            EtherType.ipv4,
            Build.ipv4("192.0.2.1", "192.0.2.2", 1, [3, 3, 0, 0, 0, 0, 0, 0] + Build.ipv4("100.64.0.1", "100.64.0.2", 17, []))),
    ]

    @Test(arguments: [UInt64(1), 2])
    func anyBytes(seed: UInt64) throws {
        var random = Generator(state: seed)
        var settings = WireJudge.Settings(canaryPrefix: "warren-lab-t-", expected: ExpectedTraffic.housekeeping)
        settings.meshPrefixes = [try #require(IPPrefix("100.64.0.0/10"))]
        settings.meshAddresses = [try #require(IPAddress("100.64.0.1"))]
        var judge = try WireJudge(settings)
        let links = ["m1", "m2", nil].map { judge.add(CapturedLink(name: $0 ?? "trunk", machine: $0)) }
        for number in 0..<50_500 {
            let frame = frame(number, &random)
            let place = WireFrame(
                link: links[number % links.count] + (number % 50 == 0 ? 99 : 0) - (number % 51 == 0 ? 99 : 0),
                direction: number % 5 < 3 ? .entering : .leaving,
                time: Int64(bitPattern: random.next()), length: Int(random.next() % 70_000) - 1, number: UInt64(number))
            frame.withUnsafeBytes { bytes in
                _ = judge.judge(place, bytes)
                guard let packet = Dissection(bytes) else {
                    if bytes.count >= 14 { Issue.record("no dissection of \(frame)") }
                    return
                }
                let isInside =
                    packet.payload.lowerBound >= 14 && packet.payload.upperBound <= max(bytes.count, packet.payload.lowerBound)
                if !isInside { Issue.record("\(packet.payload) of \(bytes.count): \(frame)") }
            }
        }
        let verdict = judge.verdict()
        #expect(verdict.total.frames == 50_500 && verdict.unexpected.count <= 256 && verdict.flows.count <= WireVerdict.mostFlows)
    }

    /// Random bytes, or a good frame with some of them changed, or cut off, or repeated.
    private func frame(_ number: Int, _ random: inout Generator) -> [UInt8] {
        if number % 4 == 0 {
            let words = (0...Int(random.next() % 15)).map { _ in random.next() }
            return words.withUnsafeBytes { Array($0.dropLast(Int(words[0] % 8))) }
        }
        var frame = Self.seeds[number % Self.seeds.count]
        var dice = random.next()
        for _ in 0..<dice % 7 {
            dice = random.next()
            frame[Int(dice >> 8) % frame.count] = UInt8(truncatingIfNeeded: dice)
        }
        if number % 3 == 0 { frame = Array(frame.prefix(Int(dice >> 32) % (frame.count + 1))) }
        return frame
    }
}
