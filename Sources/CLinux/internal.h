// Helpers for code between clone and exec: async-signal-safe calls only.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CLinux.h"

/// What a child tells its parent before exec or instead of it.
struct warren_report {
    int error;  // errno, 0: done
    int step;   // index into warren_steps
    pid_t pid;
};

enum warren_step { STEP_CLONE, STEP_SETNS, STEP_OPEN, STEP_CHDIR, STEP_EXEC, STEP_MOUNT, STEP_HOSTNAME, STEP_MAP, STEP_PIPE, STEP_LOST };

const char *warren_step_name(int step);

/// fork(2) with flags: returns the child's pid, 0 in the child, -1 with errno.
pid_t warren_clone(uint64_t flags, int exit_signal);

/// Writes the report; gives up silently, the reader then sees the end of the pipe.
void warren_tell(int fd, int error, int step, pid_t pid);

/// Reads one report; a pipe that ends early counts as STEP_LOST.
struct warren_report warren_hear(int fd);

/// Default signal handling.
void warren_default_handlers(void);

/// The same, with an empty mask, and a session of its own.
void warren_reset_signals(void);

/// Performs the mounts. Returns 0 or errno.
int warren_mount_all(const struct warren_mount *mounts, size_t count);

/// What PID 1 of a machine does: reaps whatever is left to it, and never returns.
void warren_reap_for_ever(void);
