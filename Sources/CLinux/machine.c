#include "internal.h"

/// PID 1 of a machine: reaps whatever is left to it, for ever.
void warren_reap_for_ever(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (;;) {
        siginfo_t info;
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        sigset_t children;
        sigemptyset(&children);
        sigaddset(&children, SIGCHLD);
        sigwaitinfo(&children, &info);
    }
}

int warren_machine_start(const struct warren_machine *machine, pid_t *pid, const char **step) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        *step = warren_step_name(STEP_PIPE);
        return errno;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    size_t length = 0;
    while (machine->hostname[length]) length++;
    pid_t child = warren_clone(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID, SIGCHLD);
    if (child == 0) {
        warren_reset_signals();
        prctl(PR_SET_NAME, "lab-machine");
        int error;
        if (sethostname(machine->hostname, length) != 0) {
            warren_tell(report[1], errno, STEP_HOSTNAME, 0);
            _exit(127);
        }
        if ((error = warren_mount_all(machine->mounts, machine->mount_count)) != 0) {
            warren_tell(report[1], error, STEP_MOUNT, 0);
            _exit(127);
        }
        warren_tell(report[1], 0, STEP_CLONE, 1);
        // Files of the lab must not live on in a machine.
        syscall(SYS_close_range, 0u, ~0u, 0u);
        warren_reap_for_ever();
    }
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        *step = warren_step_name(STEP_CLONE);
        return error;
    }
    struct warren_report heard = warren_hear(report[0]);
    close(report[0]);
    if (heard.error) {
        waitpid(child, NULL, 0);
        *step = warren_step_name(heard.step);
        return heard.error;
    }
    *pid = child;
    return 0;
}
