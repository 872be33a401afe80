#include "internal.h"

#include <pthread.h>
#include <sys/socket.h>

struct socket_request {
    int namespace_fd, domain, type, protocol;
    int fd, error;
};

static void *open_there(void *argument) {
    struct socket_request *request = argument;
    if (setns(request->namespace_fd, CLONE_NEWNET) != 0) {
        request->error = errno;
        return NULL;
    }
    request->fd = socket(request->domain, request->type | SOCK_CLOEXEC, request->protocol);
    if (request->fd < 0) request->error = errno;
    return NULL;
}

int warren_socket_in(int namespace_fd, int domain, int type, int protocol, int *fd) {
    // setns(2) acts on a thread: one that ends afterwards cannot leave anybody in the wrong namespace.
    struct socket_request request = {namespace_fd, domain, type, protocol, -1, 0};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, open_there, &request);
    if (error) return error;
    pthread_join(thread, NULL);
    *fd = request.fd;
    return request.error;
}

int warren_pidfd_open(pid_t pid, int *pidfd) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) return errno;
    *pidfd = fd;
    return 0;
}

int warren_pidfd_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0 ? 0 : errno;
}

int warren_pidfd_reap(int pidfd, int *status, int *signaled) {
    siginfo_t info = {0};
    if (waitid(3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED | WNOHANG) != 0) return errno;
    if (info.si_pid == 0) return EAGAIN;
    *status = info.si_status;
    *signaled = info.si_code != CLD_EXITED;
    return 0;
}
