// A small process that makes machines. The lab's own process has much memory mapped, and each clone of it would copy the tables for
// all of that; this one is cloned from it once and gives most of it back.
#include "internal.h"

#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>

enum { MOST_DESCRIPTORS = 4 };

/// What is sent to the factory: this, then the program.
struct order {
    uint32_t ticket, length;
};

/// What comes back: from the factory (`pid` is set, or `error`), then from the machine (with two descriptors, or with `error`).
struct answer {
    uint32_t ticket, from_machine;
    int error, pid;
    char step[64];
};

static void note(struct answer *answer, int error, const char *step, const char *what) {
    answer->error = error;
    size_t at = 0;
    for (; *step && at < sizeof answer->step - 2; step++) answer->step[at++] = *step;
    if (what) answer->step[at++] = ' ';
    for (; what && *what && at < sizeof answer->step - 1; what++) answer->step[at++] = *what;
    answer->step[at] = 0;
}

static int send_all(int to, const void *head, size_t head_size, const void *tail, size_t tail_size, const int *fds, size_t count) {
    struct iovec parts[2] = {{(void *)head, head_size}, {(void *)tail, tail_size}};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = tail_size ? 2 : 1};
    if (count) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), fds, count * sizeof(int));
    }
    ssize_t sent;
    do {
        sent = sendmsg(to, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

/// Returns the number of bytes, 0 at the end, -1 with errno.
static ssize_t receive(int from, void *bytes, size_t size, int fds[MOST_DESCRIPTORS]) {
    struct iovec part = {bytes, size};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    for (int i = 0; i < MOST_DESCRIPTORS; i++) fds[i] = -1;
    ssize_t got;
    do {
        got = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return got;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(header), (count < MOST_DESCRIPTORS ? count : MOST_DESCRIPTORS) * sizeof(int));
    }
    return got;
}

/// Reads the program's next word, or NULL at its end.
static const char *word(const char **at, const char *end) {
    const char *start = *at;
    const char *stop = memchr(start, 0, (size_t)(end - start));
    if (!stop) return NULL;
    *at = stop + 1;
    return start;
}

static unsigned long number(const char *digits) {
    unsigned long value = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++) value = value * 10 + (unsigned long)(*digits - '0');
    return value;
}

static int write_text(const char *path, const char *text, int flags) {
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
    if (fd < 0) return errno;
    size_t length = strlen(text);
    int error = write(fd, text, length) == (ssize_t)length ? 0 : errno ? errno : EIO;
    close(fd);
    return error;
}

/// Performs a machine's steps; see `MachineStep` in Swift for what they mean. The first that fails is noted.
static int perform(const char *program, size_t length, const int *fds, struct answer *answer) {
    const char *at = program, *end = program + length, *verb;
    while (at < end && (verb = word(&at, end))) {
        const char *a = word(&at, end), *b = word(&at, end), *c = NULL, *d = NULL, *e = NULL;
        int failed = !a || !b;
        if (!failed && *verb == 'm') {
            c = word(&at, end);
            d = word(&at, end);
            e = word(&at, end);
            failed = !c || !d || !e;
        }
        if (failed) {
            note(answer, EPROTO, "order", NULL);
            return 1;
        }
        errno = 0;
        switch (*verb) {
        case 'h': failed = sethostname(a, strlen(a)) != 0; break;
        case 'm': failed = mount(a, b, *c ? c : NULL, number(d), *e ? e : NULL) != 0; break;
        case 'd': failed = mkdir(a, (mode_t)number(b)) != 0 && errno != EEXIST; break;
        case 'w': failed = (errno = write_text(a, b, 0)) != 0; break;
        // A setting that not every kernel has.
        case 'o': failed = (errno = write_text(a, b, 0)) != 0 && errno != ENOENT; break;
        case 'a': failed = syscall(SYS_move_mount, fds[number(a) % MOST_DESCRIPTORS], "", AT_FDCWD, b, 4 /* F_EMPTY_PATH */) != 0; break;
        default: failed = 1; errno = EPROTO;
        }
        if (failed) {
            note(answer, errno, *verb == 'm' ? "mount" : *verb == 'h' ? "sethostname" : *verb == 'a' ? "move_mount" : *verb == 'd' ? "mkdir" : "write",
                 *verb == 'm' || *verb == 'a' ? b : a);
            return 1;
        }
    }
    return 0;
}

static void be_machine(int lab, const struct order *order, const char *program, const int *fds) {
    struct answer answer = {.ticket = order->ticket, .from_machine = 1};
    warren_reset_signals();
    prctl(PR_SET_NAME, "lab-machine");
    int handed[2] = {-1, -1};
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        note(&answer, errno, "mount", "/");
    } else if ((handed[0] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0) {
        note(&answer, errno, "open", "/proc/self/ns/net");
    } else if ((handed[1] = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) < 0) {
        note(&answer, errno, "socket", NULL);
    } else {
        perform(program, order->length, fds, &answer);
    }
    int error = send_all(lab, &answer, sizeof answer, NULL, 0, handed, answer.error ? 0 : 2);
    if (error || answer.error) _exit(127);
    // Files of the lab must not live on in a machine.
    syscall(SYS_close_range, 0u, ~0u, 0u);
    warren_reap_for_ever();
}

static void run_factory(int lab) {
    static char message[WARREN_LONGEST_ORDER];
    int fds[MOST_DESCRIPTORS];
    // A copy that no later mount of the lab gets into: what the lab mounts for one machine is not copied for all others.
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) _exit(126);
    for (;;) {
        ssize_t got = receive(lab, message, sizeof message, fds);
        if (got <= 0) _exit(0);
        struct order order;
        if (got < (ssize_t)sizeof order) _exit(125);
        memcpy(&order, message, sizeof order);
        if (order.length != (size_t)got - sizeof order) _exit(125);
        // A sibling: the lab itself is its parent, and learns of its end.
        pid_t pid = warren_clone(
            CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_PARENT, 0);
        if (pid == 0) {
            be_machine(lab, &order, message + sizeof order, fds);
            _exit(127);
        }
        struct answer answer = {.ticket = order.ticket, .pid = pid};
        if (pid < 0) note(&answer, errno, "clone3", NULL);
        if (send_all(lab, &answer, sizeof answer, NULL, 0, NULL, 0) != 0) _exit(124);
        for (int i = 0; i < MOST_DESCRIPTORS; i++) {
            if (fds[i] >= 0) close(fds[i]);
        }
    }
}

int warren_factory_start(int *lab, pid_t *pid, const char **step) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        *step = "socketpair";
        return errno;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = warren_clone(0, SIGCHLD);
    if (child == 0) {
        prctl(PR_SET_NAME, "lab-factory");
        // Nothing but the one socket, and that as descriptor 3: the lab's end of it must not stay open here.
        if (ends[1] != 3 && dup3(ends[1], 3, O_CLOEXEC) < 0) _exit(126);
        syscall(SYS_close_range, 4u, ~0u, 0u);
        run_factory(3);
    }
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        *step = "clone3";
        return error;
    }
    *lab = ends[0];
    *pid = child;
    return 0;
}

int warren_factory_order(int lab, uint32_t ticket, const void *program, size_t length, const int *fds, size_t count) {
    struct order order = {.ticket = ticket, .length = (uint32_t)length};
    if (length + sizeof order > WARREN_LONGEST_ORDER || count > MOST_DESCRIPTORS) return EMSGSIZE;
    return send_all(lab, &order, sizeof order, program, length, fds, count);
}

int warren_factory_answer(int lab, struct warren_answer *result) {
    struct answer answer;
    int fds[MOST_DESCRIPTORS];
    ssize_t got = receive(lab, &answer, sizeof answer, fds);
    if (got < 0) return errno;
    if (got != (ssize_t)sizeof answer) return got == 0 ? EPIPE : EPROTO;
    result->ticket = answer.ticket;
    result->from_machine = (int)answer.from_machine;
    result->error = answer.error;
    result->pid = answer.pid;
    result->network = fds[0];
    result->route_socket = fds[1];
    memcpy(result->step, answer.step, sizeof result->step);
    result->step[sizeof result->step - 1] = 0;
    return 0;
}

int warren_open_tree(const char *path, int *fd) {
    int opened = (int)syscall(SYS_open_tree, AT_FDCWD, path, 1u /* OPEN_TREE_CLONE */ | (unsigned)O_CLOEXEC);
    if (opened < 0) return errno;
    *fd = opened;
    return 0;
}

int warren_file_system(const char *path, uint64_t *total, uint64_t *used) {
    struct statfs found;
    if (statfs(path, &found) != 0) return errno;
    *total = (uint64_t)found.f_blocks * (uint64_t)found.f_bsize;
    *used = (uint64_t)(found.f_blocks - found.f_bfree) * (uint64_t)found.f_bsize;
    return 0;
}
