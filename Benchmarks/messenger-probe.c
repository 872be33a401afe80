// What a path and a disk do by themselves, for the benchmark of the messenger.
//
//     messenger-probe serve ADDRESS PORT           sends back whatever comes over TCP, until it is killed
//     messenger-probe tcp ADDRESS PORT COUNT       so many times 64 bytes there and back over one connection, the next ones when the last ones
//                                                  are back: prints median and 99th percentile in microseconds
//     messenger-probe disk FILE SECONDS            appends 256 bytes and waits for the disk (fdatasync), again and again: prints how often a second
//                                                  that was done, and its median in microseconds

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 64, RECORD = 256, WARM_UP = 50, MOST = 1000000 };

static int64_t taken[MOST];

static void fail(const char *what) {
    fprintf(stderr, "messenger-probe: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double quantile(int count, double share) {
    qsort(taken, count, sizeof *taken, ascending);
    int place = (int)(share * count);
    return taken[place < count ? place : count - 1] / 1e3;
}

static struct sockaddr_in name_of(char **arguments) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1]))};
    if (inet_pton(AF_INET, arguments[0], &name.sin_addr) != 1) fail("address");
    return name;
}

static int open_socket(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) < 0)
        fail("socket");
    return fd;
}

static void take_all(int fd, char *buffer, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t got = read(fd, buffer + done, size - done);
        if (got <= 0) fail("read");
        done += got;
    }
}

static void serve(char **arguments) {
    struct sockaddr_in name = name_of(arguments);
    int server = open_socket();
    if (bind(server, (struct sockaddr *)&name, sizeof name) < 0 || listen(server, 8) < 0) fail("listen");
    for (;;) {
        int fd = accept(server, NULL, NULL);
        if (fd < 0) fail("accept");
        char buffer[4096];
        ssize_t got;
        while ((got = read(fd, buffer, sizeof buffer)) > 0)
            if (write(fd, buffer, got) != got) break;
        close(fd);
    }
}

static int tcp(char **arguments) {
    struct sockaddr_in name = name_of(arguments);
    int count = atoi(arguments[2]), fd = open_socket();
    if (count < 1 || count > MOST) fail("count");
    if (connect(fd, (struct sockaddr *)&name, sizeof name) < 0) fail("connect");
    char buffer[SIZE] = {0};
    for (int i = -WARM_UP; i < count; i++) {
        int64_t start = now_ns();
        if (write(fd, buffer, SIZE) != SIZE) fail("write");
        take_all(fd, buffer, SIZE);
        if (i >= 0) taken[i] = now_ns() - start;
    }
    printf("%.1f %.1f\n", quantile(count, 0.5), quantile(count, 0.99));
    return 0;
}

static int disk(char **arguments) {
    int fd = open(arguments[0], O_WRONLY | O_CREAT | O_TRUNC, 0600), count = 0;
    if (fd < 0) fail("open");
    char record[RECORD] = {0};
    int64_t begin = now_ns(), end = begin + (int64_t)(atof(arguments[1]) * 1e9), start = begin;
    while (start < end && count < MOST) {
        if (write(fd, record, RECORD) != RECORD || fdatasync(fd) < 0) fail("write");
        int64_t now = now_ns();
        taken[count++] = now - start;
        start = now;
    }
    unlink(arguments[0]);
    double rate = count * 1e9 / (start - begin);
    printf("%.0f %.1f\n", rate, quantile(count, 0.5));
    return 0;
}

int main(int count, char **arguments) {
    if (count == 4 && strcmp(arguments[1], "serve") == 0) serve(arguments + 2);
    if (count == 5 && strcmp(arguments[1], "tcp") == 0) return tcp(arguments + 2);
    if (count == 4 && strcmp(arguments[1], "disk") == 0) return disk(arguments + 2);
    fprintf(stderr, "usage: messenger-probe serve ADDRESS PORT | tcp ADDRESS PORT COUNT | disk FILE SECONDS\n");
    return 64;
}
