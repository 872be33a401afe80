import ControlProtocol
import MeshModel
import Testing

@testable import AgentCore

@Suite struct LocalEndpointsTests {
    private func choose(_ addresses: [String]) throws -> [String] {
        let mesh = [try #require(IPPrefix("100.64.0.0/10")), try #require(IPPrefix("fd12:3456:789a::/64"))]
        let usable = LocalEndpoints.choose(from: try addresses.map { try #require(IPAddress($0)) }, excluding: mesh)
        return LocalEndpoints(interface: "warren0", port: 51_820, override: []).candidates(of: usable).map { "\($0)" }
    }

    @Test func onlyWhatOthersCanReach() throws {
        #expect(
            try choose([
                "127.0.0.1", "::1", "169.254.3.4", "fe80::1", "100.64.0.9", "fd12:3456:789a::6440:9", "2001:db8::7", "192.0.2.9",
                "192.0.2.9",
            ])
                == ["192.0.2.9:51820", "[2001:db8::7]:51820"])
    }

    @Test func noMoreThanTheCoordinatorTakes() throws {
        #expect(try choose((1...40).map { "192.0.2.\($0)" }).count == RegistrationRequest.endpointLimit)
    }

    @Test func whatTheUserGaveStandsAlone() throws {
        let given = [try #require(Endpoint("198.51.100.7:7"))]
        #expect(LocalEndpoints(interface: "warren0", port: 1, override: given).current(mesh: []) == given)
    }
}
