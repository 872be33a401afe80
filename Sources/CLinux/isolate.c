#include "internal.h"

#include <stdio.h>

static volatile pid_t isolated = 0;
static volatile sig_atomic_t was_asked = 0;

static void forward(int number) {
    if (isolated > 0) kill(isolated, number);
    if (!was_asked) alarm(20);
    was_asked = 1;
}

static void give_up(int number) {
    (void)number;
    if (isolated > 0) kill(isolated, SIGKILL);
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
static void handle(int number, void (*handler)(int), struct sigaction *before) {
    struct sigaction action = {.sa_handler = handler};
    sigaction(number, NULL, before);
    if (before->sa_handler != SIG_IGN) sigaction(number, &action, NULL);
}

static void run(const struct warren_isolate *isolate, int report, int go, const char *uids, const char *gids) {
    warren_reset_signals();
    // The program takes these when it is ready to: PID 1 of a namespace loses what it neither blocks nor handles.
    sigset_t forwarded = forwarded_signals();
    sigprocmask(SIG_SETMASK, &forwarded, NULL);
    // From here on the kernel ends us with the parent; that it has not died before is what the byte says.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char byte;
    if (read(go, &byte, 1) != 1) return;
    int error;
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

int warren_isolate(const struct warren_isolate *isolate, int *status, const char **step) {
    int report[2], go[2];
    if (pipe2(report, O_CLOEXEC) != 0 || pipe2(go, O_CLOEXEC) != 0) {
        *step = warren_step_name(STEP_PIPE);
        return errno;
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
    if (child < 0) {
        pthread_sigmask(SIG_SETMASK, &mask, NULL);
        close(report[0]);
        close(go[1]);
        *step = warren_step_name(STEP_CLONE);
        return error;
    }
    isolated = child;
    was_asked = 0;
    struct sigaction before[4];
    handle(SIGINT, forward, &before[0]);
    handle(SIGTERM, forward, &before[1]);
    handle(SIGHUP, forward, &before[2]);
    handle(SIGALRM, give_up, &before[3]);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (write(go[1], "g", 1) != 1) kill(child, SIGKILL);
    close(go[1]);
    struct warren_report heard = warren_hear(report[0]);
    close(report[0]);
    while (waitpid(child, status, 0) < 0 && errno == EINTR) {
    }
    isolated = 0;
    alarm(0);
    sigaction(SIGINT, &before[0], NULL);
    sigaction(SIGTERM, &before[1], NULL);
    sigaction(SIGHUP, &before[2], NULL);
    sigaction(SIGALRM, &before[3], NULL);
    if (heard.step == STEP_LOST) return 0;  // the pipe ended with a successful exec
    *step = warren_step_name(heard.step);
    return heard.error;
}
