# shellcheck shell=bash
# Machines on one switch, and the programs that run on them: for the benchmarks that need no lab. To be sourced, with $home set. Everything
# happens in namespaces that end with the program that made them.

release=$home/.build/release
agent=${AGENT:-$release/warren-agent}
coordinator=${COORDINATOR:-$release/warren-coordinator}
fleet=${FLEET:-$release/warren-fleet}

# need PROGRAM...: builds for release what is not there.
need() {
    local program
    for program in "$@"; do
        [ -x "$program" ] && continue
        echo "building ${program##*/} for release: about 15 minutes the first time" >&2
        (cd "$home" && "$("$home/packaging/find-swift")" build --configuration release --product "${program##*/}" >&2)
    done
}

# isolated SCRIPT ARGUMENT...: the same script again, as root of namespaces of its own.
isolated() {
    local user=()
    [ "$EUID" -eq 0 ] || user=(--user --map-root-user)
    unshare "${user[@]}" --net --mount --pid --fork --kill-child --mount-proc "$@"
}

# Makes the switch.
prepare_switch() {
    mount -t tmpfs tmpfs /run
    mkdir -p /run/netns /run/wireguard
    umask 77
    ip link add underlay type bridge
    ip link set underlay up
}

# machine NAME NUMBER: a machine with the address 198.18.0.NUMBER.
machine() {
    ip netns add "$1"
    ip link add "p$1" type veth peer name eth0 netns "$1"
    ip link set "p$1" master underlay up
    ip -n "$1" addr add "198.18.0.$2/15" dev eth0
    ip -n "$1" link set eth0 up
    ip -n "$1" link set lo up
}

at() { ip netns exec "$@"; }

running=()
# run MACHINE LOG COMMAND...: in the background, with its output in $scratch/LOG.out and $scratch/LOG.log. Its process id is in $process.
run() {
    local machine=$1 log=$2
    shift 2
    # Nobody must read what an earlier run has left.
    : >"$scratch/$log.log"
    # A session each, as services have: those of one session share the processors in another way (autogroup, sched(7)).
    setsid ip netns exec "$machine" "$@" >"$scratch/$log.out" 2>>"$scratch/$log.log" &
    process=$!
    running+=("$process")
}

# Ends everything that runs.
finish() {
    local one
    for one in "${running[@]}"; do kill -CONT "$one" && kill "$one"; done 2>/dev/null || true
    for one in "${running[@]}"; do wait "$one" || true; done 2>/dev/null
    running=()
}

# until_true COMMAND...: within half a minute.
until_true() {
    local tries
    for ((tries = 0; tries < 1500; tries++)); do
        "$@" && return
        sleep 0.02
    done
    echo "this did not come true: $*" >&2
    tail -n 5 "$scratch"/*.log >&2
    exit 1
}

# has EVENT LOG: whether a program of Warren has logged it.
has() { grep -qs "\"event\":\"$1\"" "$scratch/$2.log"; }
# pings MACHINE ADDRESS
pings() { at "$1" ping -q -n -c 1 -w 1 -i 0.05 "$2" >/dev/null 2>&1; }

# processor PROCESS...: the seconds of processor time that they have used.
processor() {
    local one
    for one in "$@"; do sed 's/.*) //' "/proc/$one/stat" | cut -d' ' -f12,13; done |
        awk -v hz="$(getconf CLK_TCK)" '{ t += $1 + $2 } END { printf "%.2f", t / hz }'
}
# pss PROCESS...: their memory in MB, what is shared counted by halves, thirds and so on.
pss() {
    local one
    for one in "$@"; do grep '^Pss:' "/proc/$one/smaps_rollup"; done | awk '{ s += $2 } END { printf "%.1f", s / 1024 }'
}
now() { echo "${EPOCHREALTIME/./}"; }
# median FORMAT: of the numbers that come in.
median() { sort -g | awk -v f="$1" '{ v[NR] = $1 } END { if (NR) printf f, NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; else printf "-" }'; }

# start_coordinator MACHINE NUMBER: with a reusable token in $scratch/token. Machines that are silent stay in the mesh for an hour.
start_coordinator() {
    local url=https://198.18.0.$2:7400
    rm -rf "$scratch/coordinator"
    run "$1" coordinator "$coordinator" serve --data "$scratch/coordinator" --listen "198.18.0.$2:7400" --address-rate 1000000 \
        --machine-rate 1000000 --suspect-after 1h --unresponsive-after 2h
    until_true has coordinator-started coordinator
    "$coordinator" token create --data "$scratch/coordinator" --url "$url" --reusable >"$scratch/token"
}
