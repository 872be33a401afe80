import Foundation
import Testing

/// What the launcher says and does when something that it needs is not there.
@Suite struct LauncherEnvironmentTests {
    private let missing = "warren-no-such-command"

    @Test func withoutAToolchainItSaysWhatToInstall() async throws {
        let sandbox = try LauncherSandbox()
        try FileManager.default.removeItem(at: sandbox.folder.url.appending(path: "bin/swift"))
        let script = sandbox.folder.text("packaging/find-swift").replacing("/opt/swift/usr/bin/swift", with: "/nowhere/swift")
        try sandbox.folder.write("packaging/find-swift", script, executable: true)
        let result = try await sandbox.launch()
        #expect(result.status == 3)
        #expect(result.errors.contains("Install Swift 6.2 or later from https://www.swift.org/install/linux/"))
    }

    @Test func anOldToolchainIsRefused() async throws {
        let sandbox = try LauncherSandbox()
        let result = try await sandbox.launch(mode: "old")
        #expect(result.status == 3)
        #expect(result.errors.contains("is 5.10; Warren needs Swift 6.2 or later"))
        #expect(sandbox.builds == 0)
    }

    @Test func whatIsBuiltRunsWithoutAToolchain() async throws {
        let sandbox = try LauncherSandbox()
        _ = try await sandbox.launch()
        try FileManager.default.removeItem(at: sandbox.folder.url.appending(path: "bin/swift"))
        let script = sandbox.folder.text("packaging/find-swift").replacing("/opt/swift/usr/bin/swift", with: "/nowhere/swift")
        try sandbox.folder.write("packaging/find-swift", script, executable: true)
        #expect(try await sandbox.launch().status == 0)
    }

    @Test func aUserIsToldTheOneCommand() async throws {
        let sandbox = try LauncherSandbox()
        try sandbox.need(missing)
        let result = try await sandbox.launch()
        #expect(result.status == 3)
        #expect(result.errors.contains("apt-get install -y --no-install-recommends package-of-it"))
        #expect(sandbox.builds == 0)
        #expect(sandbox.folder.text("apt.log") == "")
    }

    @Test func rootInstallsAndGoesOn() async throws {
        let sandbox = try LauncherSandbox()
        try sandbox.need(missing)
        try sandbox.user(0)
        let installer = """
            #!/bin/sh
            echo "$*" >>"$SANDBOX/apt.log"
            case $* in *' install '*) ln -s /bin/true "$SANDBOX/bin/\(missing)" ;; esac

            """
        try sandbox.folder.write("bin/apt-get", installer, executable: true)
        #expect(try await sandbox.launch().status == 0)
        #expect(sandbox.folder.text("apt.log").contains("install -y --no-install-recommends package-of-it\n"))
        #expect(sandbox.builds == 1)
    }

    @Test func rootIsToldIfInstallingDidNotHelp() async throws {
        let sandbox = try LauncherSandbox()
        try sandbox.need(missing)
        try sandbox.user(0)
        let result = try await sandbox.launch()
        #expect(result.status == 3)
        #expect(result.errors.contains("could not install: package-of-it"))
        #expect(sandbox.builds == 0)
    }

    @Test func packagesForChecksAreForMakeAlone() async throws {
        let sandbox = try LauncherSandbox()
        try sandbox.folder.write("packaging/debian-packages.txt", "package-of-it command \(missing) check: a test\n")
        #expect(try await sandbox.run("packaging/ensure-deps", [], mode: "good").status == 0)
        #expect(try await sandbox.run("packaging/ensure-deps", ["--check"], mode: "good").status == 3)
    }

    @Test func theRealListIsReadInFull() throws {
        let lines = try Repository.text("packaging/debian-packages.txt").split(separator: "\n").filter { !$0.hasPrefix("#") }
        for line in lines {
            let fields = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: true)
            try #require(fields.count == 4, "\(line)")
            #expect(["command", "pkgconfig"].contains(fields[1]), "\(line)")
            let purpose = fields[3].prefix { $0 != ":" }.trimmingCharacters(in: .whitespaces)
            #expect(["build", "run", "check"].contains(purpose), "\(line)")
        }
        let needed = [
            "libnl-3-dev", "libnl-genl-3-dev", "libnl-route-3-dev", "libsqlite3-dev", "pkg-config", "nftables", "wireguard-go",
            "iproute2",
        ]
        #expect(Set(needed).isSubset(of: lines.map { String($0.prefix { $0 != " " }) }))
    }
}
