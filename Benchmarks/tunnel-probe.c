// What a path carries, for the benchmark of tunnels: one TCP stream, and UDP packets there and back at fixed intervals.
//
//     tunnel-probe serve ADDRESS PORT              answers both kinds, until it is killed
//     tunnel-probe tcp ADDRESS PORT SECONDS        prints Mbit/s: what the other side received after the first 0.5 s
//     tunnel-probe udp ADDRESS PORT SECONDS        prints median and 99th percentile in microseconds, and how many were lost: one packet
//                                                  of 64 bytes each millisecond, the next one when the answer is there

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WARM_UP_MS = 500, INTERVAL_US = 1000, ANSWER_LIMIT_MS = 500, PACKET = 64, MOST_PACKETS = 200000 };

static void fail(const char *what) {
    fprintf(stderr, "tunnel-probe: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int open_socket(int kind) {
    int fd = socket(AF_INET, kind, 0);
    int yes = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0) fail("socket");
    return fd;
}

// Counts what comes after the warm-up, and answers with Mbit/s as text when the sender is done.
static void take_stream(int fd) {
    static char buffer[256 << 10];
    int64_t begin = now_us() + WARM_UP_MS * 1000, first = 0, last = 0, bytes = 0;
    ssize_t got;
    while ((got = read(fd, buffer, sizeof buffer)) > 0) {
        int64_t now = now_us();
        if (now < begin) continue;
        if (first == 0) {
            first = now;  // What this read brought came before.
            continue;
        }
        bytes += got;
        last = now;
    }
    char answer[64];
    int length = snprintf(answer, sizeof answer, "%.1f\n", last > first ? bytes * 8.0 / (last - first) : 0.0);
    if (write(fd, answer, length) != length) fail("write");
    close(fd);
}

static void serve(const struct sockaddr_in *address) {
    int listener = open_socket(SOCK_STREAM), echo = open_socket(SOCK_DGRAM);
    if (bind(listener, (const void *)address, sizeof *address) < 0 || listen(listener, 1) < 0) fail("listen");
    if (bind(echo, (const void *)address, sizeof *address) < 0) fail("bind");
    struct pollfd both[2] = {{listener, POLLIN, 0}, {echo, POLLIN, 0}};
    for (;;) {
        if (poll(both, 2, -1) < 0) fail("poll");
        if (both[0].revents) {
            int fd = accept(listener, NULL, NULL);
            if (fd >= 0) take_stream(fd);
        }
        if (both[1].revents) {
            char packet[PACKET];
            struct sockaddr_in from;
            socklen_t length = sizeof from;
            ssize_t got = recvfrom(echo, packet, sizeof packet, 0, (void *)&from, &length);
            if (got > 0) (void)!sendto(echo, packet, got, 0, (void *)&from, length);
        }
    }
}

static void send_stream(const struct sockaddr_in *address, double seconds) {
    static char buffer[128 << 10];
    int fd = open_socket(SOCK_STREAM);
    struct timeval limit = {10, 0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    // The other side may have been started a moment ago.
    for (int tries = 0; connect(fd, (const void *)address, sizeof *address) < 0; tries++) {
        if (errno != ECONNREFUSED || tries == 250) fail("connect");
        usleep(20000);
    }
    int64_t end = now_us() + (int64_t)(seconds * 1e6) + WARM_UP_MS * 1000;
    while (now_us() < end)
        if (write(fd, buffer, sizeof buffer) < 0) fail("write");
    shutdown(fd, SHUT_WR);
    char answer[64];
    ssize_t got = read(fd, answer, sizeof answer - 1);
    if (got <= 0) fail("no answer");
    answer[got] = 0;
    fputs(answer, stdout);
}

static int by_size(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void send_packets(const struct sockaddr_in *address, double seconds) {
    static int32_t times[MOST_PACKETS];
    int fd = open_socket(SOCK_DGRAM);
    if (connect(fd, (const void *)address, sizeof *address) < 0) fail("connect");
    int64_t start = now_us(), due = start;
    uint64_t count = 0, lost = 0, sequence = 0;
    while (now_us() - start < seconds * 1e6 && count < MOST_PACKETS) {
        int64_t wait = due - now_us();
        if (wait > 0) usleep(wait);
        char packet[PACKET] = {0};
        memcpy(packet, &sequence, sizeof sequence);
        int64_t sent = now_us();
        if (send(fd, packet, sizeof packet, 0) < 0) fail("send");
        for (;;) {
            struct pollfd one = {fd, POLLIN, 0};
            int left = ANSWER_LIMIT_MS - (int)((now_us() - sent) / 1000);
            if (left <= 0 || poll(&one, 1, left) <= 0) {
                lost++;
                break;
            }
            uint64_t answered = UINT64_MAX;
            if (recv(fd, packet, sizeof packet, 0) < (ssize_t)sizeof answered) continue;
            memcpy(&answered, packet, sizeof answered);
            if (answered != sequence) continue;
            times[count++] = (int32_t)(now_us() - sent);
            break;
        }
        sequence++;
        due = sent + INTERVAL_US;
    }
    if (count == 0) fail("no answer");
    qsort(times, count, sizeof times[0], by_size);
    printf("%d %d %llu\n", times[count / 2], times[count * 99 / 100], (unsigned long long)lost);
}

int main(int count, char **arguments) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    if (count < 4 || inet_pton(AF_INET, arguments[2], &address.sin_addr) != 1) {
        fputs("usage: tunnel-probe serve|tcp|udp ADDRESS PORT [SECONDS]\n", stderr);
        return 64;
    }
    address.sin_port = htons((uint16_t)atoi(arguments[3]));
    double seconds = count > 4 ? atof(arguments[4]) : 1;
    if (strcmp(arguments[1], "serve") == 0) serve(&address);
    if (strcmp(arguments[1], "tcp") == 0) send_stream(&address, seconds);
    if (strcmp(arguments[1], "udp") == 0) send_packets(&address, seconds);
    return 0;
}
