// A packet socket (packet(7)) that sees every frame of a network namespace, read through a ring in shared memory.
// Every function returns 0 or an errno value.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The ring of a capture, and the place up to which it was read.
struct warren_capture {
    int fd;
    unsigned char *ring;
    size_t block_size;
    unsigned block_count;
    unsigned block;       // the one that is being read
    unsigned char *next;  // the next frame in it, NULL: not begun
    unsigned left;        // frames in it that are still to be read
};

/// One frame. The bytes are valid until the next read.
struct warren_frame {
    const unsigned char *bytes;  // from the Ethernet header on
    uint32_t captured;
    uint32_t length;  // on the wire
    int64_t time;     // nanoseconds since 1970
    int32_t index;    // of the interface
    uint8_t leaving;  // 1: sent by the interface
};

/// Makes an unbound AF_PACKET, SOCK_RAW socket of protocol 0 see all frames of its namespace through a ring. The socket stays the
/// caller's if this fails. `skip_flooded` leaves out what interfaces send to groups: a bridge's copies of what has entered.
int warren_capture_open(int fd, size_t block_size, unsigned block_count, unsigned retire_ms, int skip_flooded,
                        struct warren_capture *capture);

/// Gives back the frames of the last read, and reads up to `most` further ones without waiting; `count` 0: none are ready.
void warren_capture_read(struct warren_capture *capture, struct warren_frame *frames, size_t most, size_t *count);

/// How many frames the kernel has lost for want of room since the last call.
int warren_capture_lost(int fd, uint64_t *lost);

/// The name of an interface in the socket's namespace, and its driver, such as `veth`, `bridge` or `tun`; empty if it tells none.
int warren_capture_interface(int fd, int index, char name[16], char driver[32]);

/// An eventfd(2) that does not block, to end a wait for frames.
int warren_capture_wake(int *fd);

/// Unmaps the ring and closes the socket.
void warren_capture_close(struct warren_capture *capture);

#ifdef __cplusplus
}
#endif
