// Messages over Unix sockets that carry open descriptors (unix(7), SCM_RIGHTS), and who is at the other end.
// Every function returns 0 or an errno value.
#pragma once

#include <stddef.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The most descriptors that one message carries.
#define WARREN_PASSING_LIMIT 8

/// Sends all the bytes, and with the first of them the descriptors. Blocks. At least one byte.
int warren_send_with(int socket, const void *bytes, size_t length, const int *descriptors, size_t count);

/// Receives what is there, at most `capacity` bytes; blocks if there is nothing. `length` 0: the other end has closed.
/// Descriptors that came with it are closed on exec; `count` says how many, at most WARREN_PASSING_LIMIT.
int warren_receive_with(int socket, void *bytes, size_t capacity, size_t *length, int *descriptors, size_t *count);

/// The process that called connect(2), or, seen from a client, the one that called listen(2) (SO_PEERCRED).
int warren_peer(int socket, pid_t *pid, uid_t *user);

/// Makes the terminal at descriptor 0 the controlling terminal of the calling process, which leads its session.
int warren_take_terminal(void);

/// A pseudo-terminal (pty(7)): the end of whoever plays the person, and the end of the program. Both are closed on exec.
int warren_open_terminal(int *controller, int *terminal);

#ifdef __cplusplus
}
#endif
