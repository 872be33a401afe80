import Basics
import Glibc
import LinuxProcess
import Testing

private let canRunAgents =
    ["wireguard-go", "unshare", "ip"].allSatisfy { findExecutable($0) != nil } && access("/dev/net/tun", R_OK | W_OK) == 0

/// `up`, `down` and `leave` as a person uses them, with a real coordinator, in namespaces of their own.
@Suite(.enabled(if: canRunAgents, "needs wireguard-go, unshare, ip and /dev/net/tun"))
struct ProgramUpTests {
    /// What happens, told line by line on standard output. Every wait is bounded.
    private static let story = """
        set -u
        mount -t tmpfs -o mode=755 tmpfs /run && ip link set lo up || exit 90
        echo "127.0.0.1 localhost" >/run/hosts && mount --bind /run/hosts /etc/hosts || exit 90
        cp /run/hosts /run/before
        export WARREN_AGENT_CONFIG=none WARREN_AGENT_STATE=/run/state WARREN_AGENT_NAME=birch
        agent() { "$PROGRAMS/warren-agent" "$@"; }
        until_true() { i=0; until "$@"; do i=$((i+1)); [ $i -lt 400 ] || { echo "gave up: $*"; exit 91; }; sleep 0.02; done; }
        "$PROGRAMS/warren-coordinator" serve --data /run/coordinator --listen 127.0.0.1:7400 2>/dev/null & coordinator=$!
        until_true test -S /run/coordinator/admin.sock
        token() { "$PROGRAMS/warren-coordinator" token create --data /run/coordinator --url https://127.0.0.1:7400 >/run/token 2>/dev/null; }
        until_true token

        agent up 2>&1; echo "up without a token: $?"
        agent up --join-file - --timeout 20s </run/token 2>/dev/null | sed 's/ in .*//'
        until_true grep -q birch.warren.internal /run/hosts; echo "names are there"
        agent status | grep -c "coordinator.*connected"
        agent logs --event registered | grep -o "registered as birch"
        agent up 2>&1 | sed 's/ in .*//'
        agent down >/dev/null; echo "down: $?"
        [ -e /sys/class/net/warren0 ] || echo "interface is gone"
        cmp /run/hosts /run/before && echo "names are gone"
        agent up 2>/dev/null | sed 's/ in .*//'
        agent leave | sed 's/(.*)/(id)/'
        agent status >/dev/null 2>&1; echo "status: $?"
        agent leave 2>&1; echo "leave again: $?"

        agent up --join-file /run/token 2>&1 --timeout 1s | grep -o "not registered yet" | head -n 1
        agent down >/dev/null
        token && rm -r /run/state && agent up --join-file /run/token --timeout 20s 2>/dev/null | sed 's/ in .*//'
        agent down >/dev/null
        kill -TERM $coordinator; wait $coordinator
        agent leave 2>&1 | cut -c 1-60; test -e /run/state/identity.json && echo "nothing was changed"
        agent leave --force | sed 's/(.*)/(id)/'; test -e /run/state/identity.json || echo "the identity is gone"
        """

    @Test(.timeLimit(.minutes(2))) func aPersonUsesIt() async throws {
        let scratch = try Scratch()
        let user = geteuid() == 0 ? "" : "--user --map-root-user"
        let unshare = try #require(findExecutable("unshare"))
        let programs = Program.path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        let (code, output, errors) = try await Program.run(
            user.split(separator: " ").map(String.init)
                + ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", Self.story],
            executable: unshare, in: scratch, environment: ["PROGRAMS": programs])
        #expect(code == 0, "\(errors)")
        #expect(
            output == """
                warren-agent: starting
                warren-agent: this machine has not joined a mesh yet: give it a join token with --join (made by warren-coordinator token create)
                up without a token: 64
                birch is 100.64.0.1, 0 of 0 peers connected
                names are there
                1
                registered as birch
                warren-agent: an agent runs already; its own settings hold
                birch is 100.64.0.1, 0 of 0 peers connected
                down: 0
                interface is gone
                names are gone
                birch is 100.64.0.1, 0 of 0 peers connected
                birch (id) has left the mesh
                status: 1
                warren-agent: this machine is in no mesh: /run/state/identity.json is not there; name the --state of the agent if it has another
                leave again: 64
                not registered yet
                birch is 100.64.0.2, 0 of 0 peers connected
                warren-agent: the coordinator could not be told, and nothing
                nothing was changed
                birch (id) has left the mesh; the coordinator does not know yet, and drops it at its deadline
                the identity is gone

                """, "\(errors)")
    }
}
