import Basics
import ControlProtocol
import FoundationEssentials
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct WitnessOverHTTPTests {
    private func heartbeat(_ machine: Registration, _ probe: ProbeRequest?, _ client: TestClient) async throws {
        let answers = probe.map { [PeerObservation(machine: $0.machine, request: $0.request, reachable: true)] }
        let body = try JSONEncoder().encode(HeartbeatRequest(endpoints: [], applied: nil, observations: answers))
        let answer = try await client.send(
            "POST", APIPath.heartbeat(machine.id), bearer: machine.credential, body: String(decoding: body, as: UTF8.self))
        #expect(answer.status == 200)
    }

    private func status(_ machine: Registration, _ client: TestClient) async throws -> MachineStatus {
        let list = try await client.admin.get(APIPath.machines, as: MachineList.self)
        return try #require(list.machines.first { $0.id == machine.id })
    }

    @Test func whoIsReachedStaysAndWhoIsNotAnyLongerGoesAtTheBound() async throws {
        let directory = try TestDirectory()
        let test = TestSettings(heartbeat: .milliseconds(200), suspect: .milliseconds(1_000), unresponsive: .milliseconds(2_000))
        try await withCoordinator(directory, test) { client in
            let token = try await client.issueToken()
            let witness = try await client.register("birch", key: 1, bearer: token.secret)
            let silent = try await client.register("ash", key: 2, bearer: token.secret)
            let stream = try await client.follow(witness)
            let beats = Task {
                while !Task.isCancelled {
                    try await heartbeat(witness, nil, client)
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            defer { beats.cancel() }
            let start = ContinuousClock.now
            let last: ContinuousClock.Instant = try await within(.seconds(60)) {
                var last = ContinuousClock.now
                var questions: Set<UInt64> = []
                for await probe in stream.probes {
                    #expect(probe.machine == silent.id && questions.insert(probe.request).inserted)
                    #expect(probe.withinMilliseconds == 200)
                    last = .now
                    try await heartbeat(witness, probe, client)
                    if questions.count >= 3, last - start > .milliseconds(4_500) { break }
                }
                return last
            }
            let reached = try await status(silent, client)
            #expect(reached.liveness == .suspect && reached.reachedMilliseconds != nil, "after twice the deadline")
            #expect(reached.reason?.hasPrefix("it has lost the coordinator only: reached over the mesh by birch ") == true)
            try await within(.seconds(30)) {
                while try await status(silent, client).liveness != .unresponsive { await Task.yield() }
            }
            let took = ContinuousClock.now - last
            #expect(took > .milliseconds(1_500) && took < .seconds(6), "\(took) after the last question that was answered")
            #expect(try await status(silent, client).reachedMilliseconds == nil)
            let events = try await client.admin.get(AdminPath.events, as: MembershipEventList.self).events
            #expect(
                events.filter { $0.machine == silent.id }.map(\.event)
                    == ["machine-registered", "machine-suspect", "machine-reached", "machine-unresponsive"])
        }
    }

    @Test func moreObservationsThanAllowedAreRefusedAndUnaskedOnesIgnored() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            for (count, status) in [(64, 200), (65, 400)] {
                let list = (0..<count).map { "{\"machine\":\"\(one.id)\",\"request\":\($0),\"reachable\":true}" }
                let body = "{\"endpoints\":[],\"observations\":[\(list.joined(separator: ","))]}"
                let answer = try await client.send("POST", APIPath.heartbeat(one.id), bearer: one.credential, body: body)
                #expect(answer.status == status)
            }
        }
    }

    @Test func aBrokenConnectionIsNoticedBeforeTheSilenceIs() async throws {
        let directory = try TestDirectory()
        let test = TestSettings(heartbeat: .milliseconds(200))
        try await withCoordinator(directory, test) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let stream = try await client.follow(one)
            _ = try await stream.next()
            stream.close()
            try await within {
                while try await status(one, client).liveness != .suspect { await Task.yield() }
            }
            #expect(try await status(one, client).reason?.hasPrefix("its connection broke ") == true)
            #expect(test.log.text.contains("connection-broke"))
        }
    }
}
