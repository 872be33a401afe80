// What Swift cannot say: code that runs between fork and exec, or on a thread that must not be Swift's.
// Every function returns 0 or an errno value. `step`, where there is one, then names the system call that failed.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "CPassing.h"
#include "CRelay.h"
#include "capture.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A program to start.
struct warren_spawn {
    const char *path;
    char *const *argv;
    char *const *envp;
    const char *directory;  // NULL: stay
    int stdio[3];           // -1: /dev/null
    int namespaces_of;      // pidfd whose net, mount, UTS and PID namespaces to enter, or -1
    int takes_terminal;     // 1: standard input is a terminal, and becomes the controlling one of the program's session
};

/// Starts a program as a child of the caller, in a session of its own, with default signal handling and no other open files.
int warren_spawn(const struct warren_spawn *spawn, pid_t *pid, const char **step);

/// One mount(2) call.
struct warren_mount {
    const char *source;  // may be NULL
    const char *target;
    const char *type;  // may be NULL
    unsigned long flags;
    const char *data;  // may be NULL
};

/// New namespaces with a PID 1 of their own.
struct warren_machine {
    const char *hostname;
    const struct warren_mount *mounts;  // in order, after everything was made private
    size_t mount_count;
};

/// Starts a process in new net, mount, UTS, IPC and PID namespaces that reaps orphans until it is killed.
/// Returns once the mounts are done. Killing the process ends everything in the PID namespace.
int warren_machine_start(const struct warren_machine *machine, pid_t *pid, const char **step);

/// The most bytes of a machine's steps, with some for the head.
#define WARREN_LONGEST_ORDER 16384

/// Starts a process that makes machines quickly: a sequenced-packet socket leads to it, and it ends when that is closed.
int warren_factory_start(int *lab, pid_t *pid, const char **step);

/// Orders a machine with namespaces of its own, as of `warren_machine_start`. `program` is a sequence of words, each with a zero byte at its end.
/// The descriptors, four at most, are the ones that its steps speak of by number; they stay open here.
int warren_factory_order(int lab, uint32_t ticket, const void *program, size_t length, const int *fds, size_t count);

/// What became of an order. Two answers come, in any order: from the factory with the `pid`, a child of the caller, and from the
/// machine when its steps are done; an error from the factory is the only answer.
struct warren_answer {
    uint32_t ticket;
    int from_machine;
    int error;
    pid_t pid;
    int network;       // descriptor of the network namespace, from the machine; the caller's to close
    int route_socket;  // rtnetlink socket in it, likewise
    char step[64];     // what failed
};

/// Reads one answer; waits for it.
int warren_factory_answer(int lab, struct warren_answer *answer);

/// A copy of the mount at that path that is mounted nowhere yet (open_tree(2)).
int warren_open_tree(const char *path, int *fd);

/// The size of the file system that the path lies on, and how much of it is in use, in bytes.
int warren_file_system(const char *path, uint64_t *total, uint64_t *used);

/// Re-executes a program in private namespaces and waits for it.
struct warren_isolate {
    const char *path;
    char *const *argv;
    char *const *envp;
    int user_namespace;  // 1: also in a user namespace, with the caller's user as root in it
    int stdio[3];        // what becomes 0, 1 and 2; -1: the caller's own
    int inherited;       // a descriptor that stays open in the program, under its number; -1: none
    const struct warren_mount *mounts;
    size_t mount_count;
};

/// The most programs that one process isolates at a time.
#define WARREN_ISOLATE_LIMIT 256

/// The new namespaces: descriptors that the caller closes, -1 where they could not be opened. While they are open, nobody else's get
/// their numbers.
struct warren_isolated {
    int pid_namespace;
    int network_namespace;
    int mount_namespace;
};

/// Runs the program as PID 1 of new namespaces, forwards SIGINT, SIGTERM and SIGHUP to it (unless they are ignored), and kills it 20 s
/// after the first of them. The program starts with these three blocked, so that it loses none before it is ready. The kernel kills it,
/// and so everything in it, if the calling thread or process dies. `status` is as from waitpid(2). Several threads may do so at once;
/// each signal goes to all of the programs, and to those that start later while others still run.
int warren_isolate(const struct warren_isolate *isolate, int *status, struct warren_isolated *isolated, const char **step);

/// An environment variable: a program that is PID 1 and has it catches SIGINT, SIGTERM and SIGHUP from before its main function on.
#define WARREN_CATCH_SIGNALS "WARREN_CATCH_SIGNALS"

/// Where such a program reads the numbers of the signals, a byte each, without blocking; -1 in any other.
int warren_caught_signals(void);

/// Opens a socket in the network namespace that `namespace_fd` refers to; the calling thread stays where it is.
int warren_socket_in(int namespace_fd, int domain, int type, int protocol, int *fd);

/// Opens a file as somebody in that network namespace: what `/proc/sys/net` and `/dev/net/tun` are depends on it.
int warren_open_in(int namespace_fd, const char *path, int flags, int *fd);

/// Makes a TUN interface of an open `/dev/net/tun`; it lives as long as the descriptor.
int warren_make_tun(int descriptor, const char *name);

/// Creates a virtual machine of an open `/dev/kvm` and lets it go again.
int warren_make_virtual_machine(int descriptor);

/// Makes a user namespace with a network namespace in it, and lets both go again.
int warren_try_user_namespace(void);

/// pidfd_open(2).
int warren_pidfd_open(pid_t pid, int *pidfd);
/// pidfd_send_signal(2).
int warren_pidfd_signal(int pidfd, int signal);
/// waitid(2) on a pidfd, without blocking: EAGAIN while the process runs. `status` is the exit code or the signal's number.
int warren_pidfd_reap(int pidfd, int *status, int *signaled);

#ifdef __cplusplus
}
#endif
