#include "relay.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>

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

/// Sends what was gathered. What a socket does not take is lost, and counted.
static void flush(struct warren_relay *relay) {
    struct iovec parts[BATCH][2];
    struct mmsghdr messages[BATCH];
    for (unsigned i = 0; i < relay->outgoing_count; i++) {
        struct frame *frame = relay->outgoing[i].frame;
        parts[i][0] = (struct iovec){&frame->header, sizeof frame->header};
        parts[i][1] = (struct iovec){frame->bytes, frame->length};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = parts[i], .msg_iovlen = 2}};
    }
    for (unsigned from = 0; from < relay->outgoing_count;) {
        unsigned to = from + 1;
        while (to < relay->outgoing_count && relay->outgoing[to].socket == relay->outgoing[from].socket) to++;
        int sent = sendmmsg(relay->outgoing[from].socket, messages + from, to - from, MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        // It stops at the first frame that is refused; that one is lost, the others are tried again.
        if (sent <= 0) {
            relay->outgoing[from].counts->overflowed++;
            sent = 1;
        }
        from += (unsigned)sent;
    }
    for (unsigned i = 0; i < relay->outgoing_count; i++) discard(relay, relay->outgoing[i].frame);
    relay->outgoing_count = 0;
}

/// Gathers a frame to be sent before anything else changes: with the next `flush`.
static void send_frame(struct warren_relay *relay, struct port *port, int down, struct frame *frame, struct warren_relay_counts *counts) {
    relay->outgoing[relay->outgoing_count++] = (struct outgoing){port->sockets[!down], frame, counts};
    if (relay->outgoing_count == BATCH) flush(relay);
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
    struct virtio_net_hdr headers[BATCH];
    struct iovec parts[BATCH][2];
    struct mmsghdr messages[BATCH];
    for (int i = 0; i < BATCH; i++) {
        parts[i][0] = (struct iovec){&headers[i], sizeof headers[i]};
        parts[i][1] = (struct iovec){relay->buffers[i], FRAME_LIMIT};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = parts[i], .msg_iovlen = 2}};
    }
    // An interface that went down says so once (ENETDOWN) and may come back; one that is gone is removed by its owner.
    int count = recvmmsg(port->sockets[side], messages, BATCH, MSG_DONTWAIT, NULL);
    uint64_t time = now();
    for (int i = 0; i < count; i++) {
        size_t got = messages[i].msg_len;
        if (got <= sizeof headers[i] + 14 || messages[i].msg_hdr.msg_flags & MSG_TRUNC) continue;
        size_t length = got - sizeof headers[i];
        struct frame *frame = malloc(sizeof *frame + length);
        if (!frame) continue;
        frame->header = headers[i];
        frame->length = length;
        memcpy(frame->bytes, relay->buffers[i], length);
        relay->waiting_bytes += length;
        size_t lane = warren_frame_lane(&port->directions[down], down, frame->bytes, length);
        pass(relay, port, down, lane, frame, time);
    }
    flush(relay);
}

static void release_due(struct warren_relay *relay) {
    uint64_t time = now();
    // Who is overdue then has the next turn: the timer goes off at once.
    for (int i = 0; i < RELEASED && relay->heap.count > 0 && relay->heap.events[0].due <= time; i++) {
        struct event event = warren_heap_pop(&relay->heap);
        struct port *port = warren_relay_port(relay, event.port);
        if (!port) discard(relay, event.frame);
        else if (event.last) send_frame(relay, port, event.down, event.frame, &port->directions[event.down].lanes[0].counts);
        else pass(relay, port, event.down, 0, event.frame, event.due);
    }
    flush(relay);
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
    // Late frames are what a relay must not add; who may not have real time, or a higher priority, goes on without.
    struct sched_param first = {.sched_priority = 1};
    if (pthread_setschedparam(pthread_self(), SCHED_RR, &first) != 0) setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), -15);
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
