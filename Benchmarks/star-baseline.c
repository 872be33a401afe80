// The floor under `lab bench-star`: a star of N machines by the same system and netlink calls, and nothing else.
//
//   star-baseline N net   network namespaces only, made by unshare(2), held by descriptors: the least a star needs
//   star-baseline N full  also what makes a network namespace a machine of the lab: a process with PID, mount, UTS and IPC
//                         namespaces of its own, /proc, an own /run, an own state file system, a hosts file
//
// Prints: seconds up, seconds down. Run it inside private namespaces: unshare -nmpf --kill-child ./star-baseline 100 full
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/bridge.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/veth.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORTS_PER_BRIDGE 1000

static void must(int good, const char *what) {
    if (good) return;
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static struct nl_sock *route_socket(void) {
    struct nl_sock *s = nl_socket_alloc();
    nl_socket_set_local_port(s, 0);
    must(nl_connect(s, NETLINK_ROUTE) == 0, "netlink");
    return s;
}

static void set_up(struct nl_sock *s, int index) {
    struct rtnl_link *from = rtnl_link_alloc(), *to = rtnl_link_alloc();
    rtnl_link_set_ifindex(from, index);
    rtnl_link_set_flags(to, 1 /* IFF_UP */);
    must(rtnl_link_change(s, from, to, 0) == 0, "up");
    rtnl_link_put(from);
    rtnl_link_put(to);
}

static int index_of(struct nl_sock *s, const char *name) {
    struct rtnl_link *link;
    must(rtnl_link_get_kernel(s, 0, name, &link) == 0, name);
    int index = rtnl_link_get_ifindex(link);
    rtnl_link_put(link);
    return index;
}

static int bridge(struct nl_sock *s, int number) {
    char name[32];
    snprintf(name, sizeof name, "bridge%d", number);
    struct rtnl_link *link = rtnl_link_bridge_alloc();
    rtnl_link_set_name(link, name);
    must(rtnl_link_add(s, link, NLM_F_CREATE | NLM_F_EXCL) == 0, "bridge");
    rtnl_link_put(link);
    int index = index_of(s, name);
    set_up(s, index);
    return index;
}

static void veth(struct nl_sock *s, const char *near, int near_bridge, const char *far, int far_bridge, int far_ns) {
    struct rtnl_link *link = rtnl_link_veth_alloc(), *peer = rtnl_link_veth_get_peer(link);
    rtnl_link_set_name(link, near);
    rtnl_link_set_master(link, near_bridge);
    rtnl_link_set_flags(link, 1);
    rtnl_link_set_name(peer, far);
    if (far_bridge) rtnl_link_set_master(peer, far_bridge);
    if (far_ns >= 0) rtnl_link_set_ns_fd(peer, far_ns);
    must(rtnl_link_add(s, link, NLM_F_CREATE | NLM_F_EXCL) == 0, "veth");
    rtnl_link_put(peer);
    rtnl_link_put(link);
}

static void write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    must(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text), path);
    close(file);
}

/// No link-local address that the kernel would have to check for duplicates.
static void be_quiet(struct nl_sock *s, int index) {
    struct rtnl_link *from = rtnl_link_alloc(), *to = rtnl_link_alloc();
    rtnl_link_set_ifindex(from, index);
    rtnl_link_inet6_set_addr_gen_mode(to, 1 /* none */);
    must(rtnl_link_change(s, from, to, 0) == 0, "address generation");
    rtnl_link_put(from);
    rtnl_link_put(to);
}

static void address(struct nl_sock *s, int index, uint32_t host) {
    uint32_t bytes = __builtin_bswap32(0xc6120000u + 1 + host);
    struct rtnl_addr *address = rtnl_addr_alloc();
    struct nl_addr *local = nl_addr_build(2 /* AF_INET */, &bytes, 4);
    nl_addr_set_prefixlen(local, 16);
    rtnl_addr_set_ifindex(address, index);
    rtnl_addr_set_local(address, local);
    must(rtnl_addr_add(s, address, NLM_F_CREATE) == 0, "address");
    nl_addr_put(local);
    rtnl_addr_put(address);
}

static void mounts(int number) {
    char path[64];
    must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private");
    must(sethostname("machine", 7) == 0, "hostname");
    must(mount("proc", "/proc", "proc", 0, NULL) == 0, "proc");
    snprintf(path, sizeof path, "/run/hosts%d", number);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    must(file >= 0 && write(file, "127.0.0.1 localhost\n", 20) == 20, "hosts");
    close(file);
    must(mount(path, "/etc/hosts", NULL, MS_BIND, NULL) == 0, "hosts");
    must(mount("tmpfs", "/run", "tmpfs", 0, "size=64m") == 0, "run");
    must(mkdir("/run/state", 0755) == 0 && mount("tmpfs", "/run/state", "tmpfs", 0, "size=256m") == 0, "state");
}

int main(int argc, char **argv) {
    int count = argc > 1 ? atoi(argv[1]) : 100;
    int full = argc > 2 && strcmp(argv[2], "full") == 0;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    mount("tmpfs", "/run", "tmpfs", 0, NULL);
    mount("proc", "/proc", "proc", 0, NULL);
    pid_t *pids = calloc(count, sizeof *pids);
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), current = 0, index, made = 0;

    // As the lab does: ports of bridges need no IPv6 of their own, and a thousand of them greeting each other take minutes.
    write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    double start = now();
    struct nl_sock *fabric = route_socket();
    set_up(fabric, index_of(fabric, "lo"));
    for (int i = 0; i < count; i++) {
        if (i % PORTS_PER_BRIDGE == 0) {
            int first = current;
            current = bridge(fabric, made++);
            if (first) {
                veth(fabric, "trunk-a", first, "trunk-b", current, -1);
                set_up(fabric, index_of(fabric, "trunk-b"));
            }
        }
        int there;
        if (full) {
            int ready[2];
            char byte;
            must(pipe2(ready, O_CLOEXEC) == 0, "pipe");
            struct clone_args args = {
                .flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC, .exit_signal = SIGCHLD};
            pids[i] = syscall(SYS_clone3, &args, sizeof args);
            must(pids[i] >= 0, "clone3");
            if (pids[i] == 0) {
                mounts(i);
                if (write(ready[1], "", 1) != 1) _exit(1);
                syscall(SYS_close_range, 0u, ~0u, 0u);
                for (;;) pause();
            }
            close(ready[1]);
            must(read(ready[0], &byte, 1) == 1, "machine");
            close(ready[0]);
            char path[64];
            snprintf(path, sizeof path, "/proc/%d/ns/net", pids[i]);
            there = open(path, O_RDONLY | O_CLOEXEC);
            must(there >= 0 && setns(there, CLONE_NEWNET) == 0, "setns");
        } else {
            must(unshare(CLONE_NEWNET) == 0, "unshare");
            there = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        }
        struct nl_sock *machine = route_socket();
        must(setns(home, CLONE_NEWNET) == 0, "setns back");
        char name[16];
        snprintf(name, sizeof name, "m%d", i);
        veth(fabric, name, current, "eth0", 0, there);
        set_up(machine, index_of(machine, "lo"));
        index = index_of(machine, "eth0");
        be_quiet(machine, index);
        address(machine, index, i);
        set_up(machine, index);
        // Both are held, as the lab does: a machine's links are changed later on.
    }
    double up = now() - start;
    if (argc > 3) {
        printf("%.3f\n", up);
        fflush(stdout);
        sleep(atoi(argv[3]));
    }
    start = now();
    for (int i = 0; i < count && full; i++) kill(pids[i], SIGKILL);
    for (int i = 0; i < count && full; i++) waitpid(pids[i], NULL, 0);
    double down = now() - start;
    if (argc <= 3) printf("%.3f %.3f\n", up, down);
    return 0;
}
