import LabCore
import ScenarioModel
import Testing

/// Scenarios whose programs are not there are skipped, and say what to install.
struct ServiceProgramsTests {
    private func scenario(_ services: String) throws -> Scenario {
        try Scenario(
            parsing: """
                { "version": 1, "name": "x", "machines": ["a", "b"], "steps": [{ "start": "all" }], "system": { "services": [\(services)] } }
                """, file: "x.json")
    }

    @Test func nothingIsMissingWhereEverythingIsFound() throws {
        let scenario = try scenario(#"{ "name": "one", "command": ["nebula"], "prepare": [["sh", "-c", "true"]] }"#)
        var asked: [String] = []
        #expect(
            ServicePrograms.complaint(scenario) { name in
                asked.append(name)
                return "/bin/\(name)"
            } == nil)
        #expect(asked == ["nebula", "sh"])
    }

    @Test func aKnownProgramIsNamedWithItsPackage() throws {
        let scenario = try scenario(
            #"{ "name": "one", "command": ["tincd", "-D"] }, { "name": "two", "command": ["nebula"] }, { "name": "three", "command": ["nebula"] }"#
        )
        #expect(
            ServicePrograms.complaint(scenario) { _ in nil }
                == "tincd and nebula are missing: install with \"apt-get install --no-install-recommends nebula tinc\"")
    }

    @Test func anUnknownProgramIsNamedAlone() throws {
        #expect(
            ServicePrograms.complaint(try scenario(#"{ "name": "one", "command": ["/opt/no-such-overlay"] }"#))
                == "/opt/no-such-overlay is missing: install the package that holds it")
    }

    @Test func whatComesIntoBeingOnTheMachineIsNotMissing() throws {
        let scenario = try scenario(
            #"{ "name": "one", "command": ["/run/state/made"] }, { "name": "two", "command": ["/run/${machine.name}"] }"#)
        #expect(ServicePrograms.complaint(scenario) { _ in nil } == nil)
    }

    @Test func warrenHasNoServicesOfItsOwnToLookFor() throws {
        let scenario = try Scenario(
            parsing: #"{ "version": 1, "name": "x", "machines": ["a", "b"], "steps": [{ "start": "coordinator" }] }"#,
            file: "x.json")
        #expect(ServicePrograms.complaint(scenario) { _ in nil } == nil)
    }
}
