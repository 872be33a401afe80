#include "internal.h"

#include <linux/sched.h>

const char *warren_step_name(int step) {
    static const char *const names[] = {"clone3", "setns", "open", "chdir", "execve", "mount", "sethostname", "uid_map", "pipe2", "child"};
    return step >= 0 && step <= STEP_LOST ? names[step] : "unknown";
}

pid_t warren_clone(uint64_t flags, int exit_signal) {
    struct clone_args args = {.flags = flags, .exit_signal = (uint64_t)exit_signal};
    return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

void warren_tell(int fd, int error, int step, pid_t pid) {
    struct warren_report report = {.error = error, .step = step, .pid = pid};
    ssize_t written;
    do {
        written = write(fd, &report, sizeof report);
    } while (written < 0 && errno == EINTR);
}

struct warren_report warren_hear(int fd) {
    struct warren_report report;
    ssize_t got;
    do {
        got = read(fd, &report, sizeof report);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof report) {
        report.error = ECHILD;
        report.step = STEP_LOST;
        report.pid = -1;
    }
    return report;
}

void warren_default_handlers(void) {
    // The system call itself: the C library keeps two signals to itself, and who started us may have left those ignored, too.
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        unsigned long mask;
    } standard = {SIG_DFL, 0, NULL, 0};
    for (int number = 1; number < 65; number++) syscall(SYS_rt_sigaction, number, &standard, NULL, sizeof standard.mask);
}

void warren_reset_signals(void) {
    warren_default_handlers();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
}

int warren_mount_all(const struct warren_mount *mounts, size_t count) {
    // Nothing that is mounted here may reach the namespace we came from.
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return errno;
    for (size_t i = 0; i < count; i++) {
        if (mount(mounts[i].source, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].data) != 0) return errno;
    }
    return 0;
}
