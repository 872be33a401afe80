import ControlProtocol
import FoundationEssentials
import Glibc
import LinuxProcess
import MeshModel
import Testing

@testable import AgentCore

private let canRunTwoAgents =
    ["wireguard-go", "unshare", "ip", "ping"].allSatisfy { findExecutable($0) != nil }
    && access("/dev/net/tun", R_OK | W_OK) == 0 && access("/proc/sys/net/ipv6", R_OK) == 0

/// Two agents with real tunnels, which know each other from their last peer map; their coordinator is away all the time.
@Suite(.enabled(if: canRunTwoAgents, "needs wireguard-go, unshare, ip, ping, /dev/net/tun and IPv6"))
struct ProgramIPv6Tests {
    private static let story = """
        set -u
        mount -t tmpfs tmpfs /run && ip link set lo up || exit 90
        until_true() { i=0; until "$@"; do i=$((i+1)); [ $i -lt 200 ] || { echo "gave up: $*"; exit 91; }; sleep 0.05; done; }
        logged() { [ "$(grep -c "\\"event\\":\\"$1\\"" "$DIR/1/log")" -ge "$2" ]; }
        inside() { ip netns exec other "$@"; }
        pings() { ping -n -c 1 -W 1 "$1" >/dev/null 2>&1; }
        run() { exec "$AGENT" run --state "$DIR/$1" --run-dir "/run/agent$1" --interface "warren$1" --name "n$1" 2>>"$DIR/$1/log"; }

        ip netns add other && ip link add up1 type veth peer name up2 netns other || exit 92
        ip address add 192.0.2.1/24 dev up1 && ip link set up1 up
        inside ip link set lo up; inside ip address add 192.0.2.2/24 dev up2 && inside ip link set up2 up
        pings fd00:1::6440:2 || echo "no ping before the mesh"
        (run 1) & one=$!
        inside sh -c 'exec "$AGENT" run --state "$DIR/2" --run-dir /run/agent2 --interface warren2 --name n2 2>>"$DIR/2/log"' & two=$!
        until_true pings 100.64.0.2; echo "IPv4 pings"
        until_true pings fd00:1::6440:2; echo "IPv6 pings"
        "$AGENT" status --run-dir /run/agent1 | grep -q 'fd00:1::6440:2' && echo "status shows both"
        sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 || exit 93
        until_true logged ipv6-unavailable 1; echo "IPv6 is switched off"
        pings 100.64.0.2 && echo "IPv4 pings on"
        sysctl -q -w net.ipv6.conf.all.disable_ipv6=0
        until_true logged ipv6-available 1; until_true pings fd00:1::6440:2; echo "IPv6 pings again"
        ip -6 address del fd00:1::6440:1/128 dev warren1; until_true logged drift-repaired 1; until_true pings fd00:1::6440:2
        echo "a lost address is repaired"
        kill -TERM $one $two; wait $one; wait $two
        logged data-plane-failed 1 || echo "nothing failed"
        """

    /// A state directory as an agent leaves it that was in the mesh before.
    private func prepare(_ digit: Int, _ identities: [Identity], in path: String) throws {
        let directory = "\(path)/\(digit)"
        try #require(mkdir(directory, 0o700) == 0)
        try IdentityStore(directory: directory).save(identities[digit - 1])
        let peers = try identities.enumerated().map { index, identity in
            var peer = try peer(index + 1)
            peer.publicKey = try identity.publicKey()
            peer.meshAddress6 = identity.registration?.meshAddress6
            return (peer.id, peer)
        }
        let map = PeerMap(position: PeerMapPosition(epoch: "e1", revision: 2), peers: Dictionary(uniqueKeysWithValues: peers))
        let own = try #require(identities[digit - 1].registration?.id)
        try PeerMapStore(directory: directory).save(PeerMapStore.Saved(map: map, pins: []), of: own)
    }

    @Test(.timeLimit(.minutes(1))) func bothFamiliesGoThroughTheTunnel() async throws {
        let scratch = try Scratch()
        let identities = try (1...2).map { digit in
            var identity = Identity(joining: token)
            identity.coordinator = "http://192.0.2.200:7400"
            identity.joinSecret = nil
            identity.registration = try registration(digit)
            identity.registration?.meshAddress6 = IPAddress("fd00:1::6440:\(digit)")
            identity.registration?.meshPrefix6 = IPPrefix("fd00:1::/64")
            return identity
        }
        for digit in 1...2 { try prepare(digit, identities, in: scratch.path) }
        let user = geteuid() == 0 ? [] : ["--user", "--map-root-user"]
        let (code, output, errors) = try await Program.run(
            user + ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", Self.story],
            executable: try #require(findExecutable("unshare")), in: scratch,
            environment: ["AGENT": Program.path, "DIR": scratch.path])
        let log = String(decoding: FileManager.default.contents(atPath: "\(scratch.path)/1/log") ?? Data(), as: UTF8.self)
        #expect(code == 0, "\(errors)\(log)")
        #expect(
            output == """
                no ping before the mesh
                IPv4 pings
                IPv6 pings
                status shows both
                IPv6 is switched off
                IPv4 pings on
                IPv6 pings again
                a lost address is repaired
                nothing failed

                """, "\(errors)\(log)")
        for digit in 1...2 { try FileManager.default.removeItem(atPath: "\(scratch.path)/\(digit)") }
    }
}
