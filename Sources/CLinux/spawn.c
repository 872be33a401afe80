#include "internal.h"

/// Only returns when the program could not be executed.
static void execute(const struct warren_spawn *spawn, int report) {
    warren_reset_signals();
    for (int target = 0; target < 3; target++) {
        int source = spawn->stdio[target];
        if (source < 0) source = open("/dev/null", target == 0 ? O_RDONLY : O_WRONLY);
        if (source < 0 || (source != target && dup2(source, target) < 0)) {
            warren_tell(report, errno, STEP_OPEN, 0);
            return;
        }
        if (source == target) fcntl(target, F_SETFD, 0);
    }
    int error = spawn->takes_terminal ? warren_take_terminal() : 0;
    if (error) {
        warren_tell(report, error, STEP_OPEN, 0);
        return;
    }
    if (spawn->directory && chdir(spawn->directory) != 0) {
        warren_tell(report, errno, STEP_CHDIR, 0);
        return;
    }
    // The report pipe closes on a successful exec, and that is how the parent learns of it.
    syscall(SYS_close_range, 3u, ~0u, 1u << 2 /* CLOSE_RANGE_CLOEXEC */);
    execve(spawn->path, spawn->argv, spawn->envp);
    warren_tell(report, errno, STEP_EXEC, 0);
}

/// In the intermediate child: enters the namespaces and starts the program there as a sibling, so that the caller is its parent.
static void enter_and_execute(const struct warren_spawn *spawn, int report) {
    if (setns(spawn->namespaces_of, CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID) != 0) {
        warren_tell(report, errno, STEP_SETNS, 0);
        return;
    }
    pid_t pid = warren_clone(CLONE_PARENT, 0);
    if (pid == 0) {
        execute(spawn, report);
        _exit(127);
    }
    if (pid < 0) {
        warren_tell(report, errno, STEP_CLONE, 0);
    } else {
        warren_tell(report, 0, STEP_CLONE, pid);
    }
}

int warren_spawn(const struct warren_spawn *spawn, pid_t *pid, const char **step) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) {
        *step = warren_step_name(STEP_PIPE);
        return errno;
    }
    int direct = spawn->namespaces_of < 0;
    // Signals stay blocked across the clone, so that no handler of ours ever runs in the child.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = warren_clone(0, SIGCHLD);
    if (child == 0) {
        if (direct) {
            execute(spawn, report[1]);
        } else {
            enter_and_execute(spawn, report[1]);
        }
        _exit(127);
    }
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        *step = warren_step_name(STEP_CLONE);
        return error;
    }
    pid_t started = direct ? child : -1;
    struct warren_report heard;
    // Zero to two reports arrive: the sibling's pid, and a failure if there was one. Then the pipe ends.
    error = 0;
    for (;;) {
        heard = warren_hear(report[0]);
        if (heard.step == STEP_LOST) break;
        if (heard.error) {
            error = heard.error;
            *step = warren_step_name(heard.step);
        } else {
            started = heard.pid;
        }
    }
    close(report[0]);
    if (!direct) waitpid(child, NULL, 0);
    if (!error && started < 0) {
        error = ECHILD;
        *step = warren_step_name(STEP_LOST);
    }
    if (error && started > 0) waitpid(started, NULL, 0);
    *pid = started;
    return error;
}
