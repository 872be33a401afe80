import ControlProtocol
import FoundationEssentials
import MeshModel
import Testing

@testable import CoordinatorCore

@Suite struct ObservedOverHTTPTests {
    private func heartbeat(
        _ machine: Registration, _ seen: [ObservedEndpoint], endpoints: [Endpoint] = [], _ client: TestClient
    ) async throws -> Answer {
        let body = try JSONEncoder().encode(
            HeartbeatRequest(endpoints: endpoints, applied: nil, observedEndpoints: seen.isEmpty ? nil : seen))
        return try await client.send(
            "POST", APIPath.heartbeat(machine.id), bearer: machine.credential, body: String(decoding: body, as: UTF8.self))
    }

    @Test func whatOneSeesOfAnotherIsToldToTheThird() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let seen = try await client.register("a", key: 1, bearer: token.secret, endpoints: ["10.0.0.1:51820"])
            let witness = try await client.register("b", key: 2, bearer: token.secret)
            let third = try await client.register("c", key: 3, bearer: token.secret)
            let stream = try await client.follow(third)
            _ = try await stream.next()
            let endpoint = try #require(Endpoint("198.51.100.7:4711"))
            let answer = try await heartbeat(witness, [ObservedEndpoint(machine: seen.id, endpoint: endpoint)], client)
            #expect(answer.status == 200)
            let told = try #require(try await stream.next()?.upserts?.first)
            #expect(told.id == seen.id && told.observedEndpoints == [endpoint] && told.endpoints.count == 1)
            let list = try await client.admin.get(APIPath.machines, as: MachineList.self).machines
            #expect(list.map { $0.observedEndpoints } == [[endpoint], nil, nil])
            // All requests of this test come from the loopback address, which is nobody's candidate.
            #expect(try await heartbeat(seen, [], endpoints: [try #require(Endpoint("10.0.0.1:51820"))], client).status == 200)
            #expect(
                try await client.admin.get(APIPath.machines, as: MachineList.self).machines[0].observedEndpoints == [endpoint])
        }
    }

    @Test func moreThanAllowedAreRefused() async throws {
        let directory = try TestDirectory()
        try await withCoordinator(directory) { client in
            let token = try await client.issueToken()
            let one = try await client.register("a", key: 1, bearer: token.secret)
            let endpoint = try #require(Endpoint("198.51.100.7:4711"))
            for (count, status) in [(64, 200), (65, 400)] {
                let seen = (0..<count).map { _ in ObservedEndpoint(machine: .random(), endpoint: endpoint) }
                #expect(try await heartbeat(one, seen, client).status == status)
            }
        }
    }
}
