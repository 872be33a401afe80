import Basics
import FoundationEssentials
import Glibc
import LinuxProcess
import Testing

/// Whether this host has what the agent needs.
private let canRunAgent =
    ["wireguard-go", "unshare", "ip", "pgrep"].allSatisfy { findExecutable($0) != nil }
    && access("/dev/net/tun", R_OK | W_OK) == 0

/// The agent with a real wireguard-go, in namespaces of its own: killed, started again, told to stop.
@Suite(.enabled(if: canRunAgent, "needs wireguard-go, unshare, ip and /dev/net/tun"))
struct ProgramLifeTests {
    /// What happens, told line by line on standard output. Every wait is bounded.
    private static let story = """
        set -u
        mount -t tmpfs tmpfs /run && ip link set lo up || exit 90
        options="--backend userspace --state $DIR/state --run-dir $DIR/run --hosts-file none"
        run() { "$AGENT" run $options --name birch --join "$TOKEN" 2>>"$DIR/log" & agent=$!; }
        until_true() { i=0; until "$@"; do i=$((i+1)); [ $i -lt 400 ] || { echo "gave up: $*"; exit 91; }; sleep 0.02; done; }
        answers() { "$AGENT" status --run-dir "$DIR/run" --json >"$DIR/status" 2>/dev/null; }
        logged() { [ "$(grep -c "\\"event\\":\\"$1\\"" "$DIR/log")" -ge "$2" ]; }
        interface() { ip -o link show warren0 >/dev/null 2>&1; }
        raised() { ip -o link show up dev warren0 2>/dev/null | grep -q warren0; }
        server() { sed -n 's/.*"event":"wireguard-\\(started\\|adopted\\)".*"pid":\\([0-9]*\\).*/\\2/p' "$DIR/log" | tail -n 1; }

        run; until_true answers
        interface && echo "interface is there"
        kill -KILL $agent; wait $agent 2>/dev/null
        interface && echo "interface outlives the agent"
        run; until_true logged wireguard-adopted 1; until_true answers; echo "adopted"
        kill -KILL "$(server)"; until_true logged wireguard-started 2; until_true interface; echo "wireguard-go is started again"
        ip link delete warren0; until_true logged wireguard-started 3; until_true raised; echo "interface is made again"
        ip link set warren0 down; until_true logged drift-repaired 1; echo "interface is raised again"
        ls -l "$DIR/run/agent.sock" | cut -c1-10
        kill -TERM $agent; wait $agent; echo "exit $?"
        interface || echo "interface is gone"
        [ -e "$DIR/run/agent.sock" ] || echo "socket is gone"
        [ -z "$(ls /run/wireguard)" ] && echo "nothing is left in /run/wireguard"
        [ -z "$(pgrep wireguard-go)" ] && echo "no process is left"
        """

    @Test(.timeLimit(.minutes(1))) func lives() async throws {
        let scratch = try Scratch()
        let user = geteuid() == 0 ? "" : "--user --map-root-user"
        let unshare = try #require(findExecutable("unshare"))
        let arguments =
            user.split(separator: " ").map(String.init)
            + ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", Self.story]
        let (code, output, errors) = try await Program.run(
            arguments, executable: unshare, in: scratch,
            environment: ["AGENT": Program.path, "DIR": scratch.path, "TOKEN": try token.text()])
        let log = String(decoding: FileManager.default.contents(atPath: "\(scratch.path)/log") ?? Data(), as: UTF8.self)
        #expect(code == 0, "\(errors)\(log)")
        #expect(
            output == """
                interface is there
                interface outlives the agent
                adopted
                wireguard-go is started again
                interface is made again
                interface is raised again
                srw-------
                exit 0
                interface is gone
                socket is gone
                nothing is left in /run/wireguard
                no process is left

                """, "\(errors)\(log)")
        #expect(!log.contains("the-join-secret"))
        for name in ["state", "run"] { try FileManager.default.removeItem(atPath: "\(scratch.path)/\(name)") }
    }
}
