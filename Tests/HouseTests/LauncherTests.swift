import Foundation
import Glibc
import Testing

/// `./lab` and the scripts behind it, with a made-up toolchain.
@Suite struct LauncherTests {
    @Test func buildsOnceAndThenOnlyRuns() async throws {
        let sandbox = try LauncherSandbox()
        let first = try await sandbox.launch(["--version"])
        #expect(first.status == 0)
        #expect(first.output.contains("arguments: --version\n"))
        #expect(first.errors.contains("building; the first time takes several minutes"))
        let second = try await sandbox.launch(["--version"])
        #expect(second.errors == "")
        #expect(sandbox.builds == 1)
    }

    @Test(arguments: ["Sources/lab/main.swift", "Sources/lab/new.swift", "Package.swift", "Package.resolved"])
    func buildsAgainAfterAChange(of file: String) async throws {
        let sandbox = try LauncherSandbox()
        _ = try await sandbox.launch()
        try sandbox.folder.write(file, "changed")
        _ = try await sandbox.launch()
        #expect(sandbox.builds == 2)
    }

    @Test(arguments: ["Sources/Basics/Basics.swift", ".build/debug/warren-agent", ".build"])
    func buildsAgainAfterALoss(of file: String) async throws {
        let sandbox = try LauncherSandbox()
        _ = try await sandbox.launch()
        try FileManager.default.removeItem(at: sandbox.folder.url.appending(path: file))
        #expect(try await sandbox.launch().status == 0)
        #expect(sandbox.builds == 2)
    }

    @Test func buildsAgainWithAnotherToolchain() async throws {
        let sandbox = try LauncherSandbox()
        _ = try await sandbox.launch()
        let swift = sandbox.folder.text("bin/swift")
        try sandbox.folder.write("bin/swift", swift + "# another\n", executable: true)
        _ = try await sandbox.launch()
        #expect(sandbox.builds == 2)
    }

    @Test func handsOverArgumentsFolderAndExitCode() async throws {
        let sandbox = try LauncherSandbox()
        let elsewhere = try TemporaryFolder()
        let result = try await sandbox.launch(["exit", "64"], in: elsewhere.url)
        let home = sandbox.folder.url.path
        #expect(result.status == 64)
        #expect(result.output == "arguments: exit 64\nfolder: \(elsewhere.url.path)\nhome: \(home)\nbin: \(home)/.build/debug\n")
    }

    @Test func worksThroughASymbolicLink() async throws {
        let sandbox = try LauncherSandbox()
        let link = sandbox.folder.url.appending(path: "bin/warren-lab")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: sandbox.folder.url.appending(path: "lab"))
        let result = try await sandbox.run("bin/warren-lab", [], mode: "good")
        #expect(result.output.contains("home: \(sandbox.folder.url.path)\n"))
    }

    @Test func aFailedBuildIsShownAndTriedAgain() async throws {
        let sandbox = try LauncherSandbox()
        _ = try await sandbox.launch()
        try sandbox.folder.write("Sources/Basics/Basics.swift", "broken")
        for _ in 0..<2 {
            let result = try await sandbox.launch(mode: "broken")
            #expect(result.status == 3)
            #expect(result.output == "", "an old program must not run in place of one that could not be built")
            #expect(result.errors.contains("Basics.swift:1:1: error: made up\n"))
            #expect(!result.errors.contains("[1/2] Compiling"))
            #expect(result.errors.contains("\(sandbox.folder.url.path)/.build/warren-build.log"))
        }
        #expect(sandbox.builds == 3)
        #expect(try await sandbox.launch().status == 0)
    }

    @Test func twoAtOnceBuildOnce() async throws {
        let sandbox = try LauncherSandbox()
        try sandbox.folder.write("other", "#!/bin/sh\nexec \"$SANDBOX/lab\" 2>>\"$SANDBOX/other.err\"\n", executable: true)
        async let one = sandbox.run("other", [], mode: "slow")
        async let two = sandbox.run("other", [], mode: "slow")
        #expect(try await [one.status, two.status] == [0, 0])
        #expect(sandbox.folder.text("other.err").contains("waiting for another build"))
        #expect(sandbox.builds == 1)
    }

    /// A build that failed may have replaced some of the programs.
    @Test func afterAFailedBuildNothingIsTrusted() async throws {
        let sandbox = try LauncherSandbox()
        _ = try await sandbox.launch()
        #expect(try await sandbox.run("packaging/ensure-built", ["--tests"], mode: "broken").status == 3)
        _ = try await sandbox.launch()
        #expect(sandbox.builds == 3)
    }

    @Test(arguments: [("INT", SIGINT), ("TERM", SIGTERM), ("HUP", SIGHUP)])
    func aSignalEndsTheBuild(name: String, signal: Int32) async throws {
        let sandbox = try LauncherSandbox()
        let wrapper = """
            #!/bin/sh
            "$SANDBOX/lab"
            status=$?
            # What follows the name, which is in brackets: first the state.
            sed 's/.*) //' "/proc/$(cat "$SANDBOX/compiler.pid")/stat" >"$SANDBOX/compiler.stat" 2>/dev/null
            exit $status

            """
        try sandbox.folder.write("wrapper", wrapper, executable: true)
        let result = try await sandbox.run("wrapper", [], mode: name)
        #expect(result.status == 128 + signal)
        #expect(result.errors.contains("build interrupted"))
        #expect(sandbox.folder.text("compiler.pid") != "")
        let state = sandbox.folder.text("compiler.stat").prefix(1)
        #expect(state == "" || state == "Z", "the compiler still runs")
        #expect(try await sandbox.launch().status == 0)
    }
}
