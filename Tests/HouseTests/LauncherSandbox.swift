import Foundation

/// A small checkout with the real launcher, a made-up `swift` that builds made-up programs in no time, and a made-up `apt-get`.
struct LauncherSandbox {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.copy(["lab", "packaging"])
        try folder.write("Package.swift", "// swift-tools-version: 6.2\n")
        try folder.write("Sources/lab/main.swift", "")
        try folder.write("Sources/Basics/Basics.swift", "")
        try folder.write("bin/swift", LauncherSandbox.swift, executable: true)
        try folder.write("bin/apt-get", "#!/bin/sh\necho \"$*\" >>\"$SANDBOX/apt.log\"\n", executable: true)
        try user(1000)
        try need("sh")
    }

    /// Runs the launcher, by default from the sandbox's top folder.
    func launch(_ arguments: [String] = [], mode: String = "good", in directory: URL? = nil) async throws -> CommandResult {
        try await run("lab", arguments, mode: mode, in: directory)
    }

    func run(_ program: String, _ arguments: [String], mode: String, in directory: URL? = nil) async throws -> CommandResult {
        try await Command(
            program: folder.url.appending(path: program), arguments: arguments,
            environment: [
                "PATH": "\(folder.url.path)/bin:/usr/bin:/bin", "HOME": folder.url.path, "MODE": mode,
                "SANDBOX": folder.url.path,
            ],
            directory: directory ?? folder.url
        ).run()
    }

    /// How often the made-up `swift` was asked to build.
    var builds: Int { folder.text("build.log").split(separator: "\n").count }

    /// Makes the launcher believe that it runs as this user.
    func user(_ id: Int) throws {
        try folder.write("bin/id", "#!/bin/sh\necho \(id)\n", executable: true)
    }

    /// Makes one command the only thing that the launcher needs.
    func need(_ command: String) throws {
        try folder.write("packaging/debian-packages.txt", "# a comment\npackage-of-it  command \(command)  run: a test\n")
    }

    /// `MODE` is what it does when asked to build.
    private static let swift = """
        #!/bin/sh
        if [ "$1" = --version ]; then
            [ "$MODE" = old ] && echo 'Swift version 5.10 (made up)' || echo 'Swift version 6.3.1 (made up)'
            exit
        fi
        echo "$*" >>"$SANDBOX/build.log"
        [ "$1" = test ] && [ "$MODE" = red ] && exit 1
        case $1 in format | test) exit 0 ;; esac
        case $MODE in
            broken)
                echo '[1/2] Compiling Basics'
                echo 'Basics.swift:1:1: error: made up'
                exit 1 ;;
            slow)
                for try in $(seq 200); do
                    grep -q waiting "$SANDBOX/other.err" && break
                    sleep 0.05
                done ;;
            INT | TERM | HUP)
                sh -c 'echo $$ >"$SANDBOX/compiler.pid"; exec sleep 20' &
                while [ ! -s "$SANDBOX/compiler.pid" ]; do sleep 0.05; done
                kill -s "$MODE" "$PPID"
                wait ;;
        esac
        configuration=debug
        case $* in *release*) configuration=release ;; esac
        mkdir -p "$SANDBOX/.build/$configuration"
        for program in lab warren-agent warren-coordinator warren-messenger; do
            cat >"$SANDBOX/.build/$configuration/$program" <<'END'
        #!/bin/sh
        echo "arguments: $*"
        echo "folder: $PWD"
        echo "home: $WARREN_HOME"
        echo "bin: $WARREN_BIN"
        [ "$1" = exit ] && exit "$2"
        exit 0
        END
            chmod +x "$SANDBOX/.build/$configuration/$program"
        done
        echo made up >"$SANDBOX/Package.resolved"

        """
}
