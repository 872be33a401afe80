import FoundationEssentials
import Glibc
import LinuxProcess
import Testing

private let canRunAgent =
    ["wireguard-go", "unshare", "ip"].allSatisfy { findExecutable($0) != nil } && access("/dev/net/tun", R_OK | W_OK) == 0

/// Which WireGuard the agent takes on the kernel that this test runs on, whichever that is.
@Suite(.enabled(if: canRunAgent, "needs wireguard-go, unshare, ip and /dev/net/tun"))
struct ProgramBackendTests {
    /// Whether the kernel makes interfaces of kind wireguard is asked of ip, not of the agent.
    private static let story = """
        set -u
        mount -t tmpfs tmpfs /run && ip link set lo up || exit 90
        start() { exec "$AGENT" run --state "$DIR/state" --run-dir "$DIR/run" --name birch --join "$TOKEN" "$@" 2>>"$DIR/log"; }
        until_true() { i=0; until "$@"; do i=$((i+1)); [ $i -lt 400 ] || { echo "gave up: $*"; exit 91; }; sleep 0.02; done; }
        answers() { "$AGENT" status --run-dir "$DIR/run" >"$DIR/status" 2>/dev/null; }
        tell() {
            "$AGENT" status --run-dir "$DIR/run" --json | grep -o '"backend[A-Za-z]*":"[^"]*"' | tr '\\n' ' '
            sed -n 's/^interface .*51820  //p' "$DIR/status"
        }
        if ip link add probe type wireguard 2>/dev/null; then ip link delete probe; echo "has WireGuard"; else echo "has none"; fi

        start & agent=$!; until_true answers; tell; kill -TERM $agent; wait $agent
        start --backend userspace & agent=$!; until_true answers; tell
        kill -KILL $agent; wait $agent 2>/dev/null
        start & agent=$!; until_true answers; tell; kill -TERM $agent; wait $agent
        if ip link add probe type wireguard 2>/dev/null; then ip link delete probe; else (start --backend kernel); echo "exit $?"; fi
        ip link add warren0 type bridge
        (start --backend kernel); echo "exit $?"
        (start); echo "exit $?"
        """

    @Test(.timeLimit(.minutes(1))) func isSaidAndCanBeChosen() async throws {
        let scratch = try Scratch()
        let user = geteuid() == 0 ? [] : ["--user", "--map-root-user"]
        let (code, output, errors) = try await Program.run(
            user + ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", Self.story],
            executable: try #require(findExecutable("unshare")), in: scratch,
            environment: ["AGENT": Program.path, "DIR": scratch.path, "TOKEN": try token.text()])
        let log = String(decoding: FileManager.default.contents(atPath: "\(scratch.path)/log") ?? Data(), as: UTF8.self)
        for name in ["state", "run"] { try FileManager.default.removeItem(atPath: "\(scratch.path)/\(name)") }
        let lines = output.split(separator: "\n").map(String.init)
        #expect(code == 0 && lines.count >= 6, "\(output)\(errors)\(log)")
        guard lines.count >= 6 else { return }
        func line(_ backend: String, _ reason: String) -> String {
            "\"backend\":\"\(backend)\" \"backendReason\":\"\(reason)\" \(backend) (\(reason))"
        }
        let hasWireGuard = lines[0] == "has WireGuard"
        #expect(
            lines[1]
                == (hasWireGuard
                    ? line("kernel", "the kernel has WireGuard") : line("wireguard-go", "the kernel has no WireGuard"))
        )
        #expect(lines[2] == line("wireguard-go", "asked for"))
        #expect(lines[3] == line("wireguard-go", "a wireguard-go of an earlier run serves the interface"))
        #expect(Array(lines[4...]) == [String](repeating: "exit 3", count: hasWireGuard ? 2 : 3))
        #expect(
            log.contains("of kind bridge, not wireguard: stop the program that holds it, or remove it (ip link delete warren0)"))
        #expect(hasWireGuard || log.contains("has no WireGuard: it knows no interfaces of kind wireguard. Load its module"))
        let started = log.split(separator: "\n").filter { $0.contains("\"event\":\"wireguard-") }
        #expect(started.count == 3 && started.allSatisfy { $0.contains("\"reason\":\"") }, "\(started)")
    }
}
