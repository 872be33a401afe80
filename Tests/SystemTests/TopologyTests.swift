import Foundation
import LabReport
import LinuxProcess
import Testing

/// What the file says of the network and of machines is so; and each of these checks has been seen to fail where it is not.
@Suite(.serialized) struct TopologyTests {
    @Test(.timeLimit(.minutes(2))) func switchesSitesAndGateways() async throws {
        let run = try await FixtureRun.run("topology-sites")
        #expect(run.status == .exited(0), "\(run.terminal)")
    }

    /// The same checks with everybody on the backbone: those that are about routers and gateways fail.
    @Test(.timeLimit(.minutes(2))) func withoutSitesTheirChecksFail() async throws {
        let path = "\(NSTemporaryDirectory())topology-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let text = try String(
            contentsOfFile: "\(LabProcess.home)/Tests/SystemTests/Fixtures/topology-sites.json", encoding: .utf8)
        // Every site but the one that somebody moves to is a switch, and nobody is in that one.
        let flat = text.replacing(
            #""sites": ["paris", "rome", { "name": "berlin", "nat": "endpoint-independent" }, { "name": "oslo", "nat": "symmetric" }]"#,
            with: #""sites": []"#
        ).replacing(#""switches": ["s1", "s2"]"#, with: #""switches": ["s1", "s2", "paris", "rome", "berlin", "oslo"]"#)
        try flat.write(toFile: path, atomically: true, encoding: .utf8)
        let run = try await FixtureRun.run(path: path)
        #expect(run.status == .exited(1), "\(run.terminal)")
        #expect(
            run.ids(.fail) == [
                "path-to-a-site-has-a-router", "outside-does-not-reach-inside", "gateways-hide-from-each-other",
                "moved-machine-is-behind-the-router",
            ], "\(run.terminal)")
    }

    @Test(.timeLimit(.minutes(1))) func aMachineHasItsOwnAndKeepsItsState() async throws {
        let run = try await FixtureRun.run("topology-machines")
        #expect(run.status == .exited(0), "\(run.terminal)")
        let red = try await FixtureRun.run(
            "topology-machines", ["own-name=somebody", "kept=/run/lost", "lost=/run/state/kept"])
        #expect(red.ids(.fail) == ["own-hostname", "run-is-emptied", "state-is-kept"], "\(red.terminal)")
    }

    /// One way in milliseconds, as the lab's own look at an impairment of 5 ms says it.
    private func oneWay(_ run: FixtureRun, _ id: String) -> Double {
        let detail = run.detail("\(id)-effect")
        guard let start = detail.range(of: "median one way ")?.upperBound else { return -1 }
        let text = detail[start...].prefix { $0 != "," }
        if text.hasSuffix("ms") { return Double(text.dropLast(2)) ?? -1 }
        return text.hasSuffix("s") ? (Double(text.dropLast()) ?? -1) * 1_000 : -1
    }

    @Test(.timeLimit(.minutes(1))) func linksHavePropertiesInEachDirection() async throws {
        let run = try await FixtureRun.run("topology-links")
        #expect(run.status == .exited(0), "\(run.terminal)")
        for (id, delay) in [
            ("slow-up", 45.0), ("slow-down", 5), ("site-up", 65), ("site-down", 5), ("switch-up", 5), ("switch-down", 55),
        ] {
            let measured = oneWay(run, id)
            #expect((delay..<delay + 25).contains(measured), "\(id): \(run.detail("\(id)-effect"))")
        }
        let other = try await FixtureRun.run("topology-links", ["machine-up=1ms", "site-up=1ms", "switch-down=1ms"])
        for id in ["slow-up", "site-up", "switch-down"] {
            #expect((5..<31).contains(oneWay(other, id)), "\(id): \(other.detail("\(id)-effect"))")
        }
    }

    /// Most pairs are in different segments: the kernel has one table of 1,024 neighbours for all machines on the host together.
    @Test(.timeLimit(.minutes(1))) func manyMachinesReachEachOther() async throws {
        let run = try await FixtureRun.run("topology-many")
        #expect(run.status == .exited(0), "\(run.terminal)")
        // Of so many, thirty are asked at a time.
        let samples = run.events.split(separator: "\n").filter { $0.contains(#""kind":"matrix""#) }
        #expect(!samples.isEmpty, "\(run.terminal)")
        #expect(samples.allSatisfy { $0.utf8.count < 40_000 })
    }

    @Test(.timeLimit(.minutes(1)), .enabled(if: findExecutable("ping") != nil)) func theUnderlayHasItsMTU() async throws {
        let run = try await FixtureRun.run("topology-mtu")
        #expect(run.status == .exited(0), "\(run.terminal)")
        let red = try await FixtureRun.run("topology-mtu", ["mtu=1300", "too-large=1000"])
        #expect(red.ids(.fail) == ["fits", "too-large"], "\(red.terminal)")
    }
}
