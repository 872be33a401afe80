import Testing

/// Options before the environment, the environment before the file; what is wrong is named with its place.
@Suite struct ProgramSettingsTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// The first line of what `run` complains about. It never runs: there is no join token.
    private func complaint(
        file content: String? = nil, environment: [String: String] = [:], _ arguments: [String] = []
    ) async throws -> (code: Int32?, line: String) {
        let file = try content.map { ["--config", try scratch.write($0, to: "agent.json")] } ?? ["--config", "none"]
        let own = ["run", "--state", "\(scratch.path)/state", "--run-dir", scratch.path]
        let (code, _, errors) = try await Program.run(own + file + arguments, in: scratch, environment: environment)
        let line = String(errors.prefix { $0 != "\n" })
        return (code, line.replacing("\(scratch.path)/", with: "").replacing("warren-agent: ", with: ""))
    }

    private let notJoined = "this machine has not joined a mesh yet"

    @Test(arguments: [
        ("{ \"listen-port\": 0 }", "agent.json: listen-port: --listen-port is 0; allowed are 1 to 65535"),
        ("{ \"listen-port\": \"x\" }", "agent.json: listen-port is \"x\"; allowed is a whole number"),
        ("{ \"name\": \"Birch\" }", "agent.json: name: --name is \"Birch\"; allowed are 1 to 63 characters"),
        ("{ \"endpoint\": \"192.0.2.1:1\" }", "agent.json: endpoint is \"192.0.2.1:1\"; allowed is a list of strings"),
        ("{ \"endpoint\": [\"192.0.2.1\"] }", "agent.json: endpoint: --endpoint is \"192.0.2.1\"; allowed is an address"),
        (
            "{ \"listen_port\": 1 }",
            "agent.json: listen_port is unknown: did you mean listen-port?; known are backend, endpoint, "
        ),
        ("{ \"join\": \"x\" }", "agent.json: join is unknown"),
        ("{ \"join-file\": \"/nowhere\" }", "agent.json: join-file: --join-file /nowhere: No such file"),
        ("[1]", "agent.json: it is not a JSON object of settings"),
        ("{", "agent.json: it is not a JSON object of settings"),
        ("{ \"name\": null }", "agent.json: name is an object or null; allowed is a string"),
    ])
    func aFileIsReadStrictly(content: String, expected: String) async throws {
        let (code, line) = try await complaint(file: content)
        #expect(code == 64)
        #expect(line.hasPrefix(expected), "\(line)")
    }

    @Test func theEnvironmentIsReadStrictly() async throws {
        #expect(
            try await complaint(environment: ["WARREN_AGENT_NAME": "Birch"]).line.hasPrefix(
                "WARREN_AGENT_NAME: --name is \"Birch\""))
        let unknown = try await complaint(environment: ["WARREN_AGENT_NAMES": "birch"]).line
        #expect(unknown.hasPrefix("environment: WARREN_AGENT_NAMES is unknown: did you mean WARREN_AGENT_NAME?"), "\(unknown)")
        #expect(try await complaint(environment: ["WARREN_AGENT_ENDPOINT": "192.0.2.1:1,x"]).line.contains("--endpoint is \"x\""))
        #expect(try await complaint(environment: ["WARREN_AGENT_NAME": "birch"]).line.hasPrefix(notJoined))
    }

    @Test func optionsBeforeEnvironmentBeforeFile() async throws {
        let bad = "{ \"interface\": \"sixteen-letters-\" }"
        #expect(try await complaint(file: bad).line.hasPrefix("agent.json: interface"))
        #expect(try await complaint(file: bad, environment: ["WARREN_AGENT_INTERFACE": "w0"]).line.hasPrefix(notJoined))
        let wrong = ["WARREN_AGENT_INTERFACE": "a/b"]
        #expect(try await complaint(file: bad, environment: wrong).line.hasPrefix("WARREN_AGENT_INTERFACE: "))
        #expect(try await complaint(file: bad, environment: wrong, ["--interface", "w0"]).line.hasPrefix(notJoined))
        #expect(try await complaint(file: bad, environment: wrong, ["--interface=w0"]).line.hasPrefix(notJoined))
    }

    @Test func theFileMayBeNamedInTheEnvironment() async throws {
        let file = try scratch.write("{ \"run-dir\": \"\(scratch.path)/elsewhere\" }", to: "agent.json")
        let errors = try await Program.run(["status"], in: scratch, environment: ["WARREN_AGENT_CONFIG": file]).errors
        #expect(errors.contains("\(scratch.path)/elsewhere/agent.sock"), "\(errors)")
        let missing = try await Program.run(["status", "--config", "\(scratch.path)/none.json"], in: scratch)
        #expect(missing.code == 64 && missing.errors.contains("none.json: cannot be read: No such file"), "\(missing.errors)")
    }
}
