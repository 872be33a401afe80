#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "CPassing.h"

union control {
    char bytes[CMSG_SPACE(sizeof(int) * WARREN_PASSING_LIMIT)];
    struct cmsghdr align;
};

int warren_send_with(int socket, const void *bytes, size_t length, const int *descriptors, size_t count) {
    if (count > WARREN_PASSING_LIMIT || length == 0) return EINVAL;
    const char *at = bytes;
    while (length > 0) {
        struct iovec part = {.iov_base = (void *)at, .iov_len = length};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        union control control;
        if (count > 0) {
            memset(&control, 0, sizeof control);
            message.msg_control = control.bytes;
            message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
            struct cmsghdr *header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int) * count);
            memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
        }
        ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno;
        at += sent;
        length -= (size_t)sent;
        count = 0;
    }
    return 0;
}

int warren_receive_with(int socket, void *bytes, size_t capacity, size_t *length, int *descriptors, size_t *count) {
    *length = 0;
    *count = 0;
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    union control control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t got;
    do {
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return errno;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t found = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < found; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
            if (*count < WARREN_PASSING_LIMIT) {
                descriptors[(*count)++] = descriptor;
            } else {
                close(descriptor);
            }
        }
    }
    if (message.msg_flags & MSG_CTRUNC) {
        for (size_t i = 0; i < *count; i++) close(descriptors[i]);
        *count = 0;
        return EMFILE;
    }
    *length = (size_t)got;
    return 0;
}

int warren_peer(int socket, pid_t *pid, uid_t *user) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return errno;
    *pid = peer.pid;
    *user = peer.uid;
    return 0;
}

int warren_take_terminal(void) { return ioctl(0, TIOCSCTTY, 0) == 0 ? 0 : errno; }

int warren_open_terminal(int *controller, int *terminal) {
    int opened = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (opened < 0) return errno;
    int peer = -1;
    // By the descriptor and not by its name, which may mean another terminal in this mount namespace.
    if (grantpt(opened) != 0 || unlockpt(opened) != 0 || (peer = ioctl(opened, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
        int error = errno;
        close(opened);
        return error;
    }
    *controller = opened;
    *terminal = peer;
    return 0;
}
