import Basics
import ControlProtocol
import FoundationEssentials
import Glibc
import LinuxProcess
import MeshModel
import Testing

@testable import CoordinatorCore

/// The examples with curl in docs/api.md, run against a coordinator. A block that fails, fails here.
@Suite struct CurlExampleTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

    /// The blocks marked `sh` in which curl occurs, in the order of the document.
    static func blocks(of text: String) -> [String] {
        var blocks: [String] = []
        var current: [Substring]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "```sh" {
                current = []
            } else if line == "```", let lines = current {
                blocks.append(lines.joined(separator: "\n"))
                current = nil
            } else {
                current?.append(line)
            }
        }
        return blocks.filter { $0.contains("curl") }
    }

    @Test func theExamplesRun() async throws {
        let text = String(decoding: try #require(FileManager.default.contents(atPath: "\(Self.root)/docs/api.md")), as: UTF8.self)
        let blocks = Self.blocks(of: text)
        #expect(blocks.count >= 8, "the document has examples")
        let directory = try TestDirectory()
        let output = try TestDirectory()
        try await withCoordinator(directory, TestSettings(transport: .ownCertificate)) { client in
            let token = try await client.issueToken()
            let one = try await client.register("ash", key: 1, bearer: token.secret)
            _ = try await client.register("birch", key: 2, bearer: token.secret)
            let environment = [
                "URL": client.url, "ADMIN": client.socket, "PIN": try pin(of: directory), "TOKEN": token.secret,
                "ID": one.id.text,
                "CREDENTIAL": one.credential,
            ]
            for block in blocks {
                let (code, printed) = try await run(block, environment, in: output)
                #expect(code == 0, "\(block)\n\(printed)")
            }
            let (code, _) = try await run("curl -sf --unix-socket \"$ADMIN\" http://localhost/nonsense", environment, in: output)
            #expect(code != 0, "a block that fails is noticed")
        }
    }

    /// The public key's pin, from the certificate that the coordinator has made.
    private func pin(of directory: TestDirectory) throws -> String {
        try #require(CertificateFiles.ownPin(in: directory.path).flatMap(CertificatePin.init(bytes:))).description
    }

    private func run(
        _ script: String, _ environment: [String: String], in directory: TestDirectory
    ) async throws -> (code: Int32?, printed: String) {
        let output = open("\(directory.path)/output", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { close(output) }
        let variables = environment.map { "export \($0.key)='\($0.value)'" }.joined(separator: "\n")
        let process = try ChildProcess.spawn(
            ProcessSpec(
                executable: "/bin/bash", arguments: ["-eu", "-c", "\(variables)\n\(script)"], standardOutput: output,
                standardError: output))
        let status = await process.wait(within: .seconds(20))
        if status == nil { process.signal(SIGKILL) }
        let printed = String(decoding: try directory.files()["output"] ?? [], as: UTF8.self)
        guard case .exited(let code) = status else { return (nil, printed) }
        return (code, printed)
    }
}
