#include "relay.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>

/// Frames taken from one socket before the others have their turn.
#define BATCH 64

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

struct port *warren_relay_port(struct warren_relay *relay, uint64_t id) {
    return id < relay->by_id_capacity ? relay->by_id[id] : NULL;
}

static void discard(struct warren_relay *relay, struct frame *frame) {
    relay->waiting_bytes -= frame->length;
    free(frame);
}

static void send_frame(struct warren_relay *relay, struct port *port, int down, struct frame *frame, struct warren_relay_counts *counts) {
    struct iovec parts[2] = {{&frame->header, sizeof frame->header}, {frame->bytes, frame->length}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent;
    do {
        sent = sendmsg(port->sockets[!down], &message, MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) counts->overflowed++;
    discard(relay, frame);
}

/// How much may wait for a rate: 100 ms, at least 32 KiB.
static uint64_t backlog_limit(uint64_t rate) {
    uint64_t least = 32768u * 8u * 1000000000ull / rate;
    return least > 100000000u ? least : 100000000u;
}

/// Puts a frame through a lane. Owns the frame.
static void pass(struct warren_relay *relay, struct port *port, int down, size_t lane_index, struct frame *frame, uint64_t time);

/// After a lane: on to the lane for all, or out.
static void go_on(struct warren_relay *relay, struct port *port, int down, size_t lane_index, struct frame *frame, uint64_t due, uint64_t time) {
    bool last = lane_index == 0;
    struct warren_relay_counts *counts = &port->directions[down].lanes[lane_index].counts;
    if (due <= time) {
        if (last) send_frame(relay, port, down, frame, counts);
        else pass(relay, port, down, 0, frame, time);
        return;
    }
    struct event event = {due, relay->next_order++, port->id, frame, (uint8_t)down, last};
    if (relay->heap.count >= WAITING_FRAMES || relay->waiting_bytes > WAITING_BYTES || !warren_heap_push(&relay->heap, event)) {
        counts->overflowed++;
        discard(relay, frame);
    }
}

static void pass(struct warren_relay *relay, struct port *port, int down, size_t lane_index, struct frame *frame, uint64_t time) {
    struct lane *lane = &port->directions[down].lanes[lane_index];
    struct warren_relay_decision decision;
    lane->counts.frames++;
    warren_relay_decide(&lane->rules, frame->length, &lane->random, &decision);
    if (decision.lost) {
        lane->counts.lost++;
        discard(relay, frame);
        return;
    }
    if (decision.corrupted) {
        // Before that the checksum is put in, or the receiver's kernel would take the frame for sound.
        warren_frame_finish(frame);
        frame->bytes[14 + decision.flipped_bit / 8] ^= (uint8_t)(1u << (decision.flipped_bit % 8));
        lane->counts.corrupted++;
    }
    uint64_t due = time;
    if (lane->rules.rate) {
        uint64_t start = lane->free_at > time ? lane->free_at : time;
        if (start - time > backlog_limit(lane->rules.rate)) {
            lane->counts.overflowed++;
            discard(relay, frame);
            return;
        }
        lane->free_at = start + (uint64_t)frame->length * 8u * 1000000000u / lane->rules.rate;
        due = lane->free_at;
    }
    if (decision.overtakes) lane->counts.overtaken++;
    due += decision.delay;
    if (decision.duplicated) {
        struct frame *copy = malloc(sizeof *copy + frame->length);
        if (copy) {
            memcpy(copy, frame, sizeof *copy + frame->length);
            relay->waiting_bytes += copy->length;
            lane->counts.duplicated++;
            go_on(relay, port, down, lane_index, copy, due, time);
        }
    }
    go_on(relay, port, down, lane_index, frame, due, time);
}

static void take(struct warren_relay *relay, struct port *port, int side) {
    int down = side; // what comes in outside goes down
    for (int i = 0; i < BATCH; i++) {
        struct virtio_net_hdr header = {0};
        struct iovec parts[2] = {{&header, sizeof header}, {relay->buffer, sizeof relay->buffer}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        ssize_t got = recvmsg(port->sockets[side], &message, MSG_DONTWAIT | MSG_TRUNC);
        if (got < 0 && errno == EINTR) continue;
        // An interface that went down says so once (ENETDOWN) and may come back; one that is gone is removed by its owner.
        if (got < 0) return;
        if (got <= (ssize_t)(sizeof header + 14) || got > (ssize_t)(sizeof header + sizeof relay->buffer)) continue;
        size_t length = (size_t)got - sizeof header;
        struct frame *frame = malloc(sizeof *frame + length);
        if (!frame) continue;
        frame->header = header;
        frame->length = length;
        memcpy(frame->bytes, relay->buffer, length);
        relay->waiting_bytes += length;
        size_t lane = warren_frame_lane(&port->directions[down], down, frame->bytes, length);
        pass(relay, port, down, lane, frame, now());
    }
}

static void release_due(struct warren_relay *relay) {
    uint64_t time = now();
    while (relay->heap.count > 0 && relay->heap.events[0].due <= time) {
        struct event event = warren_heap_pop(&relay->heap);
        struct port *port = warren_relay_port(relay, event.port);
        if (!port) discard(relay, event.frame);
        else if (event.last) send_frame(relay, port, event.down, event.frame, &port->directions[event.down].lanes[0].counts);
        else pass(relay, port, event.down, 0, event.frame, event.due);
    }
}

static void arm(struct warren_relay *relay) {
    uint64_t due = relay->heap.count > 0 ? relay->heap.events[0].due : 0;
    if (due == relay->armed) return;
    relay->armed = due;
    struct itimerspec time = {.it_value = {(time_t)(due / 1000000000u), (long)(due % 1000000000u)}};
    timerfd_settime(relay->timer, TFD_TIMER_ABSTIME, &time, NULL);
}

void *warren_relay_run(void *argument) {
    struct warren_relay *relay = argument;
    prctl(PR_SET_NAME, "lab-relay");
    // Late frames are what a relay must not add; who may not raise its priority goes on without.
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), -15);
    struct epoll_event events[64];
    for (;;) {
        int count = epoll_wait(relay->epoll, events, 64, -1);
        // A mutex is not fair: who has much to relay would keep the lock from callers.
        for (int tries = 0; tries < 1000 && atomic_load(&relay->callers) > 0; tries++) usleep(10);
        pthread_mutex_lock(&relay->lock);
        if (relay->stopping) break;
        for (int i = 0; i < count; i++) {
            uint64_t id = events[i].data.u64 >> 1;
            if (id == 0) {
                uint64_t ignored;
                int fd = events[i].data.u64 ? relay->wake : relay->timer;
                if (read(fd, &ignored, sizeof ignored) == sizeof ignored && fd == relay->timer) relay->armed = 0;
                continue;
            }
            struct port *port = warren_relay_port(relay, id);
            if (port) take(relay, port, (int)(events[i].data.u64 & 1));
        }
        release_due(relay);
        arm(relay);
        pthread_mutex_unlock(&relay->lock);
    }
    pthread_mutex_unlock(&relay->lock);
    return NULL;
}
