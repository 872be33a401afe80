#include "internal.h"

#include <linux/if_tun.h>
#include <net/if.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
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

struct file_request {
    int namespace_fd, flags;
    const char *path;
    int fd, error;
};

static void *open_file_there(void *argument) {
    struct file_request *request = argument;
    if (setns(request->namespace_fd, CLONE_NEWNET) != 0) {
        request->error = errno;
        return NULL;
    }
    request->fd = open(request->path, request->flags | O_CLOEXEC);
    if (request->fd < 0) request->error = errno;
    return NULL;
}

int warren_open_in(int namespace_fd, const char *path, int flags, int *fd) {
    struct file_request request = {namespace_fd, flags, path, -1, 0};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, open_file_there, &request);
    if (error) return error;
    pthread_join(thread, NULL);
    *fd = request.fd;
    return request.error;
}

int warren_make_tun(int descriptor, const char *name) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    return ioctl(descriptor, TUNSETIFF, &request) == 0 ? 0 : errno;
}

int warren_make_virtual_machine(int descriptor) {
    int machine = ioctl(descriptor, 0xAE01 /* KVM_CREATE_VM */, 0);
    if (machine < 0) return errno;
    close(machine);
    return 0;
}

int warren_try_user_namespace(void) {
    pid_t child = warren_clone(CLONE_NEWUSER | CLONE_NEWNET, SIGCHLD);
    if (child == 0) _exit(0);
    if (child < 0) return errno;
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return 0;
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
