#include "relay.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

/// What a socket may hold while the thread is busy elsewhere.
#define SOCKET_BUFFER (8 << 20)

static void enter(struct warren_relay *relay) {
    atomic_fetch_add(&relay->callers, 1);
    pthread_mutex_lock(&relay->lock);
    atomic_fetch_sub(&relay->callers, 1);
}

static int watch(struct warren_relay *relay, int fd, uint64_t id, int side) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = id << 1 | (uint64_t)side};
    return epoll_ctl(relay->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

static void free_direction(struct direction *direction) {
    free(direction->lanes);
    free(direction->matches);
    memset(direction, 0, sizeof *direction);
}

static int copy_direction(struct direction *copy, const struct warren_relay_direction *original) {
    memset(copy, 0, sizeof *copy);
    if (original->lane_count == 0) return EINVAL;
    copy->lanes = calloc(original->lane_count, sizeof *copy->lanes);
    copy->matches = calloc(original->match_count + 1, sizeof *copy->matches);
    if (!copy->lanes || !copy->matches) {
        free_direction(copy);
        return ENOMEM;
    }
    copy->lane_count = original->lane_count;
    copy->match_count = original->match_count;
    for (size_t i = 0; i < copy->lane_count; i++) {
        copy->lanes[i].rules = original->lanes[i].rules;
        copy->lanes[i].random = original->lanes[i].random;
    }
    for (size_t i = 0; i < copy->match_count; i++) {
        copy->matches[i] = original->matches[i];
        if (copy->matches[i].lane < copy->lane_count) continue;
        free_direction(copy);
        return EINVAL;
    }
    qsort(copy->matches, copy->match_count, sizeof *copy->matches, warren_match_order);
    return 0;
}

static int set_directions(struct port *port, const struct warren_relay_direction *up, const struct warren_relay_direction *down) {
    struct direction copies[2];
    int error = copy_direction(&copies[0], up);
    if (error) return error;
    error = copy_direction(&copies[1], down);
    if (error) {
        free_direction(&copies[0]);
        return error;
    }
    for (int i = 0; i < 2; i++) {
        free_direction(&port->directions[i]);
        port->directions[i] = copies[i];
    }
    return 0;
}

static void free_port(struct port *port) {
    for (int i = 0; i < 2; i++) {
        if (port->sockets[i] >= 0) close(port->sockets[i]);
        free_direction(&port->directions[i]);
    }
    free(port);
}

/// Every frame that comes in, as the kernel would give it to a network card, and none that go out.
static int prepare_socket(int fd, int index) {
    int on = 1, size = SOCKET_BUFFER;
    if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0) return errno;
    if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0) return errno;
    if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0) return errno;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
    return bind(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
}

static void dispose(struct warren_relay *relay) {
    for (struct port *port = relay->ports, *next; port; port = next) {
        next = port->next;
        free_port(port);
    }
    for (size_t i = 0; i < relay->heap.count; i++) free(relay->heap.events[i].frame);
    free(relay->heap.events);
    free(relay->by_id);
    int fds[3] = {relay->epoll, relay->timer, relay->wake};
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0) close(fds[i]);
    pthread_mutex_destroy(&relay->lock);
    free(relay);
}

int warren_relay_start(struct warren_relay **result) {
    struct warren_relay *relay = calloc(1, sizeof *relay);
    if (!relay) return ENOMEM;
    // A caller that holds the lock must not be held up by whom the thread would hold up.
    pthread_mutexattr_t inheriting;
    pthread_mutexattr_init(&inheriting);
    pthread_mutexattr_setprotocol(&inheriting, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&relay->lock, &inheriting);
    pthread_mutexattr_destroy(&inheriting);
    relay->next_port = 1; // 0 stands for the timer and the wake-up call
    relay->epoll = epoll_create1(EPOLL_CLOEXEC);
    relay->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    relay->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int error = relay->epoll < 0 || relay->timer < 0 || relay->wake < 0 ? errno : 0;
    if (!error) error = watch(relay, relay->timer, 0, 0);
    if (!error) error = watch(relay, relay->wake, 0, 1);
    sigset_t all, previous;
    sigfillset(&all);
    // Signals are for other threads.
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    if (!error) error = pthread_create(&relay->thread, NULL, warren_relay_run, relay);
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
    if (error) {
        dispose(relay);
        return error;
    }
    *result = relay;
    return 0;
}

void warren_relay_stop(struct warren_relay *relay) {
    enter(relay);
    relay->stopping = true;
    uint64_t one = 1;
    ssize_t ignored = write(relay->wake, &one, sizeof one);
    (void)ignored;
    pthread_mutex_unlock(&relay->lock);
    pthread_join(relay->thread, NULL);
    dispose(relay);
}

static int make_room(struct warren_relay *relay) {
    if (relay->next_port < relay->by_id_capacity) return 0;
    size_t capacity = relay->by_id_capacity ? relay->by_id_capacity * 2 : 64;
    struct port **grown = realloc(relay->by_id, capacity * sizeof *grown);
    if (!grown) return ENOMEM;
    memset(grown + relay->by_id_capacity, 0, (capacity - relay->by_id_capacity) * sizeof *grown);
    relay->by_id = grown;
    relay->by_id_capacity = capacity;
    return 0;
}

int warren_relay_add(
    struct warren_relay *relay, int inside_socket, int inside_index, int outside_socket, int outside_index,
    const struct warren_relay_direction *up, const struct warren_relay_direction *down, uint64_t *result) {
    struct port *port = calloc(1, sizeof *port);
    if (!port) {
        close(inside_socket);
        close(outside_socket);
        return ENOMEM;
    }
    port->sockets[0] = inside_socket;
    port->sockets[1] = outside_socket;
    int error = prepare_socket(inside_socket, inside_index);
    if (!error) error = prepare_socket(outside_socket, outside_index);
    if (!error) error = set_directions(port, up, down);
    if (error) {
        free_port(port);
        return error;
    }
    enter(relay);
    error = make_room(relay);
    if (!error) {
        port->id = relay->next_port++;
        port->next = relay->ports;
        relay->ports = port;
        relay->by_id[port->id] = port;
        error = watch(relay, inside_socket, port->id, 0);
        if (!error) error = watch(relay, outside_socket, port->id, 1);
        *result = port->id;
        if (error) {
            relay->ports = port->next;
            relay->by_id[port->id] = NULL;
        }
    }
    pthread_mutex_unlock(&relay->lock);
    if (error) free_port(port);
    return error;
}

int warren_relay_change(
    struct warren_relay *relay, uint64_t id, const struct warren_relay_direction *up, const struct warren_relay_direction *down) {
    enter(relay);
    struct port *port = warren_relay_port(relay, id);
    int error = port ? set_directions(port, up, down) : ENOENT;
    pthread_mutex_unlock(&relay->lock);
    return error;
}

int warren_relay_remove(struct warren_relay *relay, uint64_t id, int sockets[2]) {
    enter(relay);
    struct port *port = warren_relay_port(relay, id);
    if (port) {
        struct port **link = &relay->ports;
        while (*link != port) link = &(*link)->next;
        *link = port->next;
        relay->by_id[id] = NULL;
        for (int i = 0; i < 2; i++) {
            struct sock_filter nothing = {BPF_RET | BPF_K, 0, 0, 0};
            struct sock_fprog program = {1, &nothing};
            setsockopt(port->sockets[i], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
            epoll_ctl(relay->epoll, EPOLL_CTL_DEL, port->sockets[i], NULL);
            sockets[i] = port->sockets[i];
            port->sockets[i] = -1;
        }
    }
    pthread_mutex_unlock(&relay->lock);
    if (port) free_port(port);
    return port ? 0 : ENOENT;
}

int warren_relay_read(
    struct warren_relay *relay, uint64_t id, struct warren_relay_counts *counts, size_t capacity, size_t *count, uint64_t *missed) {
    enter(relay);
    struct port *port = warren_relay_port(relay, id);
    if (port) {
        *count = 0;
        for (int way = 0; way < 2; way++)
            for (size_t i = 0; i < port->directions[way].lane_count && *count < capacity; i++)
                counts[(*count)++] = port->directions[way].lanes[i].counts;
        for (int side = 0; side < 2; side++) {
            // Reading sets the kernel's numbers back to zero.
            struct tpacket_stats statistics = {0};
            socklen_t size = sizeof statistics;
            if (getsockopt(port->sockets[side], SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0) port->missed += statistics.tp_drops;
        }
        *missed = port->missed;
    }
    pthread_mutex_unlock(&relay->lock);
    return port ? 0 : ENOENT;
}
