import Basics
import ControlProtocol
import Testing

/// Bad input and an unfit environment are refused at once, with what was found and what to do.
@Suite struct ProgramInputTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func refusal(_ arguments: [String]) async throws -> (code: Int32?, firstLine: String) {
        let (code, output, errors) = try await Program.run(
            ["run", "--state", "\(scratch.path)/state", "--run-dir", scratch.path] + arguments, in: scratch)
        #expect(output.isEmpty)
        return (code, String(errors.prefix { $0 != "\n" }))
    }

    @Test(arguments: [
        (["--join", "nonsense"], "--join: a join token starts with"),
        (["--join", "warren1.!"], "--join: the join token is damaged"),
        (["--join-file", "/nowhere/join"], "--join-file /nowhere/join: No such file or directory"),
        (["--join", "x", "--join-file", "x"], "--join and --join-file exclude each other"),
        (["--name", "Birch"], "--name is \"Birch\"; allowed are 1 to 63 characters"),
        (["--interface", "sixteen-letters-"], "--interface is \"sixteen-letters-\"; allowed are 1 to 15"),
        (["--listen-port", "0"], "--listen-port is 0; allowed are 1 to 65535"),
        (["--listen-port", "70000"], "The value '70000' is invalid for '--listen-port"),
        (["--backend", "tun"], "The value 'tun' is invalid for '--backend <auto|kernel|userspace>'"),
        (["--endpoint", "192.0.2.1"], "--endpoint is \"192.0.2.1\"; allowed is an address with a port"),
        (["--mtu", "575"], "--mtu is 575; allowed are 576 to 65535"),
        (["--mtu", "65536"], "--mtu is 65536; allowed are 576 to 65535"),
        (["--hosts-file", "hosts"], "--hosts-file is \"hosts\"; allowed is an absolute path, or none"),
        (["--metrics", "7402"], "--metrics is \"7402\"; allowed is an address of this machine with a port"),
        (["--stat", "x"], "Unknown option '--stat'. Did you mean '--state'?"),
        (["--name", "birch"], "this machine has not joined a mesh yet"),
    ])
    func badUsage(arguments: [String], expected: String) async throws {
        let (code, line) = try await refusal(arguments)
        #expect(code == 64)
        #expect(line.hasPrefix("warren-agent: \(expected)"), "\(line)")
    }

    @Test func helpNamesTheProgram() async throws {
        let (code, output, _) = try await Program.run(["run", "--help"], in: scratch)
        #expect(code == 0)
        #expect(output.contains("USAGE: warren-agent run "), "\(output)")
    }

    @Test func aMissingAgentIsNamed() async throws {
        let (code, output, errors) = try await Program.run(["status", "--run-dir", scratch.path], in: scratch)
        #expect(code == 1)
        #expect(output.isEmpty)
        #expect(
            errors
                == "warren-agent: no agent answers on \(scratch.path)/agent.sock (No such file or directory): start one with \"warren-agent run\", or name its --run-dir\n"
        )
    }

    @Test func everyCommandExplainsItself() async throws {
        for command in ["", "run", "up", "down", "status", "peers", "netcheck", "metrics", "logs", "leave"].map({
            $0.isEmpty ? ["--help"] : [$0, "--help"]
        }) {
            let (code, output, _) = try await Program.run(command, in: scratch)
            #expect(code == 0)
            #expect(output.contains("EXAMPLES"))
        }
        #expect(try await Program.run(["--version"], in: scratch).output == "\(Version.current)\n")
    }
}
