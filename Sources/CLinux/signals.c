#include "internal.h"

#include <stdlib.h>

static int requests[2] = {-1, -1};

static void note(int number) {
    int before = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t written = write(requests[1], &byte, 1);
    (void)written;
    errno = before;
}

/// Before main, and so before any thread: PID 1 of a namespace loses a signal that it neither handles nor blocks, and the runtime parks
/// the main thread with nothing blocked.
__attribute__((constructor)) static void catch_requests(void) {
    if (getpid() != 1 || !getenv(WARREN_CATCH_SIGNALS)) return;
    if (pipe2(requests, O_CLOEXEC | O_NONBLOCK) != 0) return;
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigset_t set;
    sigemptyset(&set);
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (int i = 0; i < 3; i++) {
        sigaction(numbers[i], &action, NULL);
        sigaddset(&set, numbers[i]);
    }
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int warren_caught_signals(void) { return requests[0]; }
