import MeshModel
import Testing

@testable import AgentCore

@Suite struct NetcheckTests {
    @Test func datesOfHTTP() {
        #expect(HTTPDate.seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
        #expect(HTTPDate.seconds("Tue, 24 Nov 2026 04:36:48 GMT") == 1_795_495_008)
        for wrong in [
            "", "Tue, 24 Nov 2026 04:36:48 CET", "Tue, 24 Now 2026 04:36:48 GMT", "Tue, 0 Nov 2026 04:36:48 GMT", "a b c d e GMT",
        ] {
            #expect(HTTPDate.seconds(wrong) == nil, "\(wrong)")
        }
    }

    @Test func whatAPathCarries() throws {
        let four = try #require(IPAddress("192.0.2.1"))
        let six = try #require(IPAddress("2001:db8::1"))
        let verdicts = [1_500, 1_480, 1_479, 1_340, 1_339].map { UnderlayMTU.finding($0, towards: four).verdict }
        #expect(verdicts == [.ok, .ok, .warn, .warn, .fail])
        #expect(UnderlayMTU.finding(1_480, towards: six).verdict == .warn)
        #expect(UnderlayMTU.finding(1_500, towards: six).verdict == .ok)
    }

    @Test func namesOfHostsAreResolvedAndPortsTried() {
        #expect(Resolver.addresses(of: "192.0.2.1") == [IPAddress("192.0.2.1")])
        #expect(Resolver.addresses(of: "no-such-host.invalid").isEmpty)
        #expect(Resolver.connect(to: .v4(0x7f00_0001), port: 1, within: .seconds(1)) == "Connection refused")
    }

    /// A machine without a mesh: nothing fails but what it lacks, and the end says so.
    @Test func withoutAnAgent() async throws {
        let scratch = try Scratch()
        let own = ["netcheck", "--config", "none", "--run-dir", scratch.path, "--state", scratch.path, "--listen-port", "51999"]
        let plain = try await Program.run(own, in: scratch)
        #expect(plain.output.contains("OK    agent        none runs"), "\(plain)")
        #expect(plain.output.contains("OK    port         UDP 51999 is free"))
        #expect(plain.output.contains("WARN  coordinator  this machine has not joined a mesh"))
        #expect(plain.code == (plain.output.contains("FAIL") ? 1 : 0))
        _ = try scratch.write("{", to: "identity.json")
        let damaged = try await Program.run(own + ["--json"], in: scratch)
        #expect(damaged.code == 1 && damaged.output.contains("\"verdict\":\"FAIL\""), "\(damaged)")
    }
}
