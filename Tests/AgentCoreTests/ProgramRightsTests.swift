import Basics
import FoundationEssentials
import Glibc
import LinuxProcess
import Testing

/// To become another user takes root; everything else that is needed here is on the list of packages.
private let canBecomeOthers =
    geteuid() == 0 && ["wireguard-go", "unshare", "setpriv", "ip", "mknod"].allSatisfy { findExecutable($0) != nil }

/// The agent as a user who has CAP_NET_ADMIN and nothing else, in namespaces of its own, with a real coordinator.
@Suite(.enabled(if: canBecomeOthers, "needs root, wireguard-go, unshare, setpriv and ip"))
struct ProgramRightsTests {
    /// What happens, told line by line on standard output. Every wait is bounded.
    private static let story = """
        set -u
        mount -t tmpfs -o mode=755 tmpfs /run && ip link set lo up || exit 90
        mknod /run/tun c 10 200 && chmod 666 /run/tun && mount --bind /run/tun /dev/net/tun || exit 90
        echo "127.0.0.1 localhost" >/run/hosts && mount --bind /run/hosts /etc/hosts || exit 90
        mkdir -m 700 /run/wireguard /run/state /run/agent && chown 65534:65534 /run/wireguard /run/state /run/agent || exit 90
        until_true() { i=0; until "$@"; do i=$((i+1)); [ $i -lt 400 ] || { echo "gave up: $*"; cat /run/log; exit 91; }; sleep 0.02; done; }
        "$PROGRAMS/warren-coordinator" serve --data /run/coordinator --listen 127.0.0.1:7400 2>/dev/null & coordinator=$!
        until_true test -S /run/coordinator/admin.sock
        token() { "$PROGRAMS/warren-coordinator" token create --data /run/coordinator --url https://127.0.0.1:7400 >/run/token 2>/dev/null; }
        until_true token
        export WARREN_JOIN="$(cat /run/token)" WARREN_AGENT_CONFIG=none
        as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,$1 --ambient-caps=-all,$1 \\
            --bounding-set=-all,$1 --no-new-privs "$PROGRAMS/warren-agent" run --name birch --state /run/state --run-dir /run/agent; }
        as_nobody +net_raw 2>&1 | head -n 1

        as_nobody +net_admin 2>/run/log &
        addressed() { ip -o address show dev warren0 2>/dev/null | grep -q 100.64.0.1/32; }
        until_true addressed; echo "joined"
        agent=$(sed -n 's/.*"event":"agent-started".*"pid":\\([0-9]*\\).*/\\1/p' /run/log)
        tunnel=$(sed -n 's/.*"event":"wireguard-started".*"pid":\\([0-9]*\\).*/\\1/p' /run/log)
        for process in $agent $tunnel; do grep -E "^(Uid|CapEff|CapBnd)" /proc/$process/status | tr -s "\\t" " "; done
        warned() { grep -q names-not-written /run/log; }
        until_true warned; echo "warned that names cannot be written"
        kill -TERM $agent; wait $!; echo "exit $?"
        [ -e /sys/class/net/warren0 ] || echo "interface is gone"
        kill -TERM $coordinator; wait $coordinator
        """

    @Test(.timeLimit(.minutes(1))) func oneCapabilityIsEnough() async throws {
        let scratch = try Scratch()
        let unshare = try #require(findExecutable("unshare"))
        let programs = Program.path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        let (code, output, errors) = try await Program.run(
            ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", Self.story],
            executable: unshare, in: scratch, environment: ["PROGRAMS": programs])
        #expect(code == 0, "\(errors)")
        #expect(
            output == """
                warren-agent: this process may not configure networks (CAP_NET_ADMIN): run it as root, or in a user namespace of your own
                joined
                Uid: 65534 65534 65534 65534
                CapEff: 0000000000001000
                CapBnd: 0000000000001000
                Uid: 65534 65534 65534 65534
                CapEff: 0000000000001000
                CapBnd: 0000000000001000
                warned that names cannot be written
                exit 0
                interface is gone

                """, "\(errors)")
    }
}
