#include "internal.h"

#include <stdio.h>

/// The programs under way: a free place holds 0.
static volatile pid_t running[WARREN_ISOLATE_LIMIT];
static volatile sig_atomic_t was_asked = 0;
static struct sigaction before[4];
static int count = 0;
/// Guards the three above where no signal handler is concerned.
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
/// One start at a time: between clone and exec a child holds the pipes of all others, and would keep a sibling whose parent has died waiting.
static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;

static void tell_all(int number) {
    for (int i = 0; i < WARREN_ISOLATE_LIMIT; i++) {
        if (running[i] > 0) kill(running[i], number);
    }
}

static void forward(int number) {
    int error = errno;
    tell_all(number);
    if (!was_asked) alarm(20);
    was_asked = number;
    errno = error;
}

static void give_up(int number) {
    (void)number;
    tell_all(SIGKILL);
}

static int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    size_t length = 0;
    while (text[length]) length++;
    int error = write(fd, text, length) == (ssize_t)length ? 0 : errno;
    close(fd);
    return error;
}

/// In the child: root in the user namespace is the user outside, and nobody else exists.
static int map_user(const char *uids, const char *gids) {
    int error = write_file("/proc/self/setgroups", "deny");
    if (!error) error = write_file("/proc/self/uid_map", uids);
    if (!error) error = write_file("/proc/self/gid_map", gids);
    return error;
}

static sigset_t forwarded_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

/// Installs the handler, unless the signal is ignored: then whoever started us wants it so (nohup, a background job of a script).
static void handle(int number, void (*handler)(int), struct sigaction *earlier) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(number, NULL, earlier);
    if (earlier->sa_handler != SIG_IGN) sigaction(number, &action, NULL);
}

/// Takes a place for the child; the first one makes the signals ours. Returns the place, or -1.
static int enlist(pid_t child) {
    pthread_mutex_lock(&counting);
    int place = -1;
    for (int i = 0; i < WARREN_ISOLATE_LIMIT && place < 0; i++) {
        if (running[i] == 0) place = i;
    }
    if (place >= 0) {
        if (count++ == 0) {
            was_asked = 0;
            handle(SIGINT, forward, &before[0]);
            handle(SIGTERM, forward, &before[1]);
            handle(SIGHUP, forward, &before[2]);
            handle(SIGALRM, give_up, &before[3]);
        }
        running[place] = child;
        if (was_asked) kill(child, was_asked);
    }
    pthread_mutex_unlock(&counting);
    return place;
}

/// Gives the place back; the last one puts the signals back as they were.
static void dismiss(int place) {
    pthread_mutex_lock(&counting);
    running[place] = 0;
    if (--count == 0) {
        alarm(0);
        sigaction(SIGINT, &before[0], NULL);
        sigaction(SIGTERM, &before[1], NULL);
        sigaction(SIGHUP, &before[2], NULL);
        sigaction(SIGALRM, &before[3], NULL);
    }
    pthread_mutex_unlock(&counting);
}

static int namespace_of(pid_t pid, const char *kind) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kind);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static int use_descriptors(const struct warren_isolate *isolate) {
    for (int target = 0; target < 3; target++) {
        if (isolate->stdio[target] >= 0 && dup2(isolate->stdio[target], target) < 0) return errno;
    }
    return isolate->inherited >= 0 && fcntl(isolate->inherited, F_SETFD, 0) != 0 ? errno : 0;
}

static void run(const struct warren_isolate *isolate, int report, int go, const char *uids, const char *gids) {
    warren_default_handlers();
    setsid();
    // The program takes these when it is ready to: PID 1 of a namespace loses what it neither blocks nor handles. They are blocked
    // already, and never for an instant not.
    sigset_t forwarded = forwarded_signals();
    sigprocmask(SIG_SETMASK, &forwarded, NULL);
    // From here on the kernel ends us with the parent; that it has not died before is what the byte says.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char byte;
    if (read(go, &byte, 1) != 1) return;
    int error = use_descriptors(isolate);
    if (error) {
        warren_tell(report, error, STEP_OPEN, 0);
        return;
    }
    if (isolate->user_namespace && (error = map_user(uids, gids)) != 0) {
        warren_tell(report, error, STEP_MAP, 0);
        return;
    }
    if ((error = warren_mount_all(isolate->mounts, isolate->mount_count)) != 0) {
        warren_tell(report, error, STEP_MOUNT, 0);
        return;
    }
    execve(isolate->path, isolate->argv, isolate->envp);
    warren_tell(report, errno, STEP_EXEC, 0);
}

/// Starts the program and waits until it is executed. Returns 0 or errno.
static int start(
    const struct warren_isolate *isolate, int *place, pid_t *pid, struct warren_isolated *isolated, const char **step) {
    int report[2], go[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        *step = warren_step_name(STEP_PIPE);
        return errno;
    }
    if (pipe2(go, O_CLOEXEC) != 0) {
        int error = errno;
        close(report[0]);
        close(report[1]);
        *step = warren_step_name(STEP_PIPE);
        return error;
    }
    char uids[32], gids[32];
    snprintf(uids, sizeof uids, "0 %u 1", (unsigned)geteuid());
    snprintf(gids, sizeof gids, "0 %u 1", (unsigned)getegid());
    sigset_t forwarded = forwarded_signals(), mask;
    pthread_sigmask(SIG_BLOCK, &forwarded, &mask);
    uint64_t flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID;
    if (isolate->user_namespace) flags |= CLONE_NEWUSER;
    pid_t child = warren_clone(flags, SIGCHLD);
    if (child == 0) {
        close(go[1]);
        run(isolate, report[1], go[0], uids, gids);
        _exit(127);
    }
    int error = errno;
    close(report[1]);
    close(go[0]);
    *place = child < 0 ? -1 : enlist(child);
    if (child > 0 && *place < 0) {
        error = EAGAIN;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        child = -1;
    }
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (child < 0) {
        close(report[0]);
        close(go[1]);
        *step = warren_step_name(STEP_CLONE);
        return error;
    }
    isolated->pid_namespace = namespace_of(child, "pid");
    isolated->network_namespace = namespace_of(child, "net");
    isolated->mount_namespace = namespace_of(child, "mnt");
    if (write(go[1], "g", 1) != 1) kill(child, SIGKILL);
    close(go[1]);
    struct warren_report heard = warren_hear(report[0]);
    close(report[0]);
    *pid = child;
    if (heard.step == STEP_LOST) return 0;  // the pipe ended with a successful exec
    *step = warren_step_name(heard.step);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    dismiss(*place);
    return heard.error ? heard.error : ECHILD;
}

int warren_isolate(const struct warren_isolate *isolate, int *status, struct warren_isolated *isolated, const char **step) {
    int place;
    pid_t child;
    *isolated = (struct warren_isolated){-1, -1, -1};
    pthread_mutex_lock(&starting);
    int error = start(isolate, &place, &child, isolated, step);
    pthread_mutex_unlock(&starting);
    if (error) return error;
    // First without taking it, so that nobody signals a number that is somebody else's by then.
    siginfo_t info;
    while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    dismiss(place);
    while (waitpid(child, status, 0) < 0 && errno == EINTR) {
    }
    return 0;
}
