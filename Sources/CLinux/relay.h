// What the parts of the relay share.
#pragma once

#include "internal.h"

#include <linux/virtio_net.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "CRelay.h"

/// Longest frame: one that the kernel did not segment.
#define FRAME_LIMIT 65600
/// Frames taken from one socket before the others have their turn, and sent at once.
#define BATCH 32
/// Frames that go on in one turn.
#define RELEASED 4096
/// Frames and bytes that may wait in one relay, over all ports.
#define WAITING_FRAMES 262144u
#define WAITING_BYTES (256u << 20)

/// A frame that waits, with the offload header that the kernel gave with it.
struct frame {
    struct virtio_net_hdr header;
    size_t length;
    uint8_t bytes[];
};

struct lane {
    struct warren_relay_rules rules;
    uint64_t random;
    uint64_t free_at; // when the last frame's last bit is sent, nanoseconds
    struct warren_relay_counts counts;
};

struct direction {
    struct lane *lanes;
    size_t lane_count;
    struct warren_relay_match *matches; // sorted
    size_t match_count;
};

/// Finds the lane of a frame by the peer's address: the destination on the way up, the source on the way down. 0: none of its own.
size_t warren_frame_lane(const struct direction *direction, bool by_source, const uint8_t *bytes, size_t length);

/// Finishes the checksum that the kernel left to a network card, so that a frame can be altered.
void warren_frame_finish(struct frame *frame);

int warren_match_order(const void *left, const void *right);

/// A heap of frames by time, then by arrival.
struct event {
    uint64_t due, order;
    uint64_t port;
    struct frame *frame;
    uint8_t down;
    uint8_t last; // it has passed the lane for all
};

struct heap {
    struct event *events;
    size_t count, capacity;
};

/// False: out of memory.
bool warren_heap_push(struct heap *heap, struct event event);
struct event warren_heap_pop(struct heap *heap);

/// Two sockets and what is between them.
struct port {
    uint64_t id;
    int sockets[2]; // inside, outside
    struct direction directions[2]; // up, down
    uint64_t missed;
    struct port *next;
};

/// A frame that is about to be sent.
struct outgoing {
    int socket;
    struct frame *frame;
    struct warren_relay_counts *counts;
};

struct warren_relay {
    pthread_t thread;
    pthread_mutex_t lock; // held by the thread except while it waits
    atomic_int callers;   // who wants the lock; the thread lets them go first
    int epoll, timer, wake;
    bool stopping;
    uint64_t next_port, next_order, waiting_bytes, armed;
    struct port *ports;
    struct port **by_id; // index: id
    size_t by_id_capacity;
    struct heap heap;
    struct outgoing outgoing[BATCH];
    unsigned outgoing_count;
    uint8_t buffers[BATCH][FRAME_LIMIT]; // pages that no frame reaches are never made
};

/// NULL: there is none.
struct port *warren_relay_port(struct warren_relay *relay, uint64_t id);

/// The thread's main function.
void *warren_relay_run(void *relay);
