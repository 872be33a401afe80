import Foundation
import Testing

/// The recipes of the Makefile, with a made-up toolchain.
@Suite struct MakefileTests {
    @Test func testSetsUpChecksBuildsAndTests() async throws {
        let sandbox = try sandbox()
        let result = try await make(["test"], in: sandbox)
        #expect(result.status == 0, "\(result.errors)")
        let asked = sandbox.folder.text("build.log").split(separator: "\n").map { $0.prefix { $0 != " " } }
        #expect(asked == ["format", "build", "test"])
        #expect(sandbox.folder.text("build.log").contains(" --build-tests\n"))
    }

    @Test func aFailedTestFailsMakeAndCI() async throws {
        let sandbox = try sandbox()
        try sandbox.folder.copy([".ci/run"])
        #expect(try await make(["test"], in: sandbox, mode: "red").status != 0)
        #expect(try await sandbox.run(".ci/run", [], mode: "red").status != 0)
        #expect(try await sandbox.run(".ci/run", [], mode: "good").status == 0)
    }

    /// `./lab` after `make build` has nothing to do: both build the same thing.
    @Test func runAndTestShareOneBuild() async throws {
        let sandbox = try sandbox()
        _ = try await make(["build"], in: sandbox)
        _ = try await sandbox.launch()
        #expect(sandbox.builds == 1)
    }

    @Test func installPutsTheProgramsUnderPrefix() async throws {
        let sandbox = try sandbox()
        let result = try await make(["install", "DESTDIR=\(sandbox.folder.url.path)/stage", "PREFIX=/opt/warren"], in: sandbox)
        #expect(result.status == 0, "\(result.errors)")
        let programs = ["lab", "warren-agent", "warren-coordinator", "warren-messenger"]
        let installed = try FileManager.default.contentsOfDirectory(atPath: sandbox.folder.url.path + "/stage/opt/warren/bin")
        #expect(installed.sorted() == programs)
        let completions = "\(sandbox.folder.url.path)/stage/opt/warren/share/bash-completion/completions/lab"
        #expect(FileManager.default.fileExists(atPath: completions))
        let asked = sandbox.folder.text("build.log").split(separator: "\n")
        #expect(asked.allSatisfy { $0.contains("--configuration release --static-swift-stdlib") })
    }

    @Test func cleanRemovesWhatWasBuilt() async throws {
        let sandbox = try sandbox()
        _ = try await make(["build"], in: sandbox)
        #expect(try await make(["clean"], in: sandbox).status == 0)
        #expect(!FileManager.default.fileExists(atPath: sandbox.folder.url.path + "/.build"))
    }

    private func sandbox() throws -> LauncherSandbox {
        let sandbox = try LauncherSandbox()
        try sandbox.folder.copy(["Makefile", ".ci/checks"])
        return sandbox
    }

    private func make(_ arguments: [String], in sandbox: LauncherSandbox, mode: String = "good") async throws -> CommandResult {
        try sandbox.folder.write("bin/make-here", "#!/bin/sh\nexec make \"$@\"\n", executable: true)
        return try await sandbox.run("bin/make-here", arguments, mode: mode)
    }
}
