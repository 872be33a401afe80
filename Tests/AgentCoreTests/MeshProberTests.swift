import Basics
import ControlProtocol
import Glibc
import Logging
import MeshModel
import Testing
import Timing

@testable import AgentCore
@testable import AgentLogic

/// Probers on loopback addresses, which need no mesh.
@Suite struct MeshProberTests {
    private func membership(_ digit: Int) throws -> Membership {
        var identity = Identity(joining: token)
        var registration = try registration(digit)
        registration.meshAddress = try #require(IPAddress("127.0.77.\(digit)"))
        registration.meshPrefix = try #require(IPPrefix("127.0.77.0/24"))
        identity.registration = registration
        return try Membership(identity: identity, map: nil)
    }

    /// Runs probers until the body is done.
    private func running(
        _ members: [Membership], port: UInt16 = .random(in: 20_000...32_000), _ body: @Sendable (UInt16) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for member in members {
                group.addTask { await MeshProber(membership: member, logger: Logger(label: "test"), port: port).run() }
            }
            try await body(port)
            group.cancelAll()
        }
    }

    private func observations(_ member: Membership, _ count: Int) async -> [PeerObservation] {
        var found: [PeerObservation] = []
        let deadline = MonotonicTime.now + .seconds(10)
        while found.count < count, MonotonicTime.now < deadline {
            found += member.probes.takeObservations()
            await member.heartbeatSignal.wait(until: .now + .milliseconds(50))
        }
        return found.sorted { $0.request < $1.request }
    }

    @Test(.timeLimit(.minutes(1))) func theOneThatAnswersIsReachableAndTheOthersAreNot() async throws {
        let asker = try membership(1)
        let other = try membership(2)
        let ids = try (2...4).map { try peer($0).id }
        asker.probes.setConfigured([
            ids[0]: try #require(IPAddress("127.0.77.2")), ids[1]: try #require(IPAddress("127.0.77.3")),
        ])
        try await running([asker, other]) { _ in
            for (number, id) in ids.enumerated() {
                asker.probes.ask(.init(ProbeRequest(machine: id, request: UInt64(number), withinMilliseconds: 800)))
            }
            let found = await observations(asker, 3)
            #expect(
                found == [
                    PeerObservation(machine: ids[0], request: 0, reachable: true),
                    PeerObservation(machine: ids[1], request: 1, reachable: false),
                    PeerObservation(machine: ids[2], request: 2, reachable: false),
                ])
            #expect(asker.probes.news == 3)
        }
    }

    @Test func whatIsNoProbeIsNotAnswered() async throws {
        let member = try membership(1)
        let mesh = try #require(IPPrefix("127.0.77.0/24"))
        try await running([member]) { port in
            let question = try #require(ProbePacket(.question, nonce: Array(1...16)))
            let answer = try #require(ProbePacket(.answer, nonce: Array(1...16)))
            let own = try #require(member.current.registration?.meshAddress)
            let inside = try #require(IPAddress("127.0.77.9"))
            let outside = try #require(IPAddress("127.0.78.9"))
            #expect(mesh.contains(inside) && !mesh.contains(outside))
            try await Self.untilAnswered(question.bytes, from: inside, to: own, port)
            #expect(try Self.exchange(answer.bytes, from: inside, to: own, port) == nil)
            #expect(try Self.exchange(question.bytes + [0], from: inside, to: own, port) == nil)
            #expect(try Self.exchange(Array(question.bytes.dropLast()), from: inside, to: own, port) == nil)
            #expect(try Self.exchange([], from: inside, to: own, port) == nil)
            #expect(try Self.exchange(question.bytes, from: outside, to: own, port) == nil)
            #expect(try Self.exchange(question.bytes, from: inside, to: own, port) == answer.bytes)
        }
    }

    @Test func observationsThatDidNotGetThroughAreSentAgainUpToTheBound() throws {
        let desk = ProbeDesk()
        let id = try peer(2).id
        for request in 0..<100 as Range<UInt64> {
            desk.note(.init(machine: id, purpose: .coordinator(request), isReachable: true))
        }
        let first = desk.takeObservations()
        #expect(first.map(\.request) == Array(36..<100), "the newest stay")
        desk.note(.init(machine: id, purpose: .coordinator(100), isReachable: true))
        desk.putBack(first)
        #expect(desk.takeObservations().map(\.request) == Array(37...100))
        #expect(desk.takeObservations().isEmpty)
    }

    private static func untilAnswered(_ bytes: [UInt8], from source: IPAddress, to target: IPAddress, _ port: UInt16) async throws
    {
        for _ in 0..<100 where try exchange(bytes, from: source, to: target, port) == nil { await Task.yield() }
    }

    /// Sends a datagram and waits 100 ms for what comes back.
    private static func exchange(_ bytes: [UInt8], from source: IPAddress, to target: IPAddress, _ port: UInt16) throws
        -> [UInt8]?
    {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 0, tv_usec: 100_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        try #require(InternetAddress.with(source, 0) { bind(descriptor, $0, $1) } == 0)
        InternetAddress.with(target, port) { _ = sendto(descriptor, bytes, bytes.count, 0, $0, $1) }
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : Array(buffer.prefix(count))
    }
}
