// The lab's relay of Ethernet frames: one thread that takes frames from packet sockets, decides each one's fate, and sends it when its
// time has come. Every function returns 0 or an errno value unless it says otherwise.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Link properties in whole numbers; `RelayRules` in Swift says what each means.
struct warren_relay_rules {
    uint64_t delay, jitter;                     // nanoseconds
    uint64_t loss, duplicate, reorder, corrupt; // of 2^32
    uint64_t rate;                              // bits per second, 0: no limit
};

/// What happens to one frame.
struct warren_relay_decision {
    int lost, duplicated, overtakes, corrupted;
    uint64_t delay;       // nanoseconds
    uint64_t flipped_bit; // after the Ethernet header, if corrupted
};

/// Decides one frame's fate and moves the random state on. The same as `RelayDecision` in Swift.
void warren_relay_decide(const struct warren_relay_rules *rules, size_t length, uint64_t *random, struct warren_relay_decision *decision);

/// One pipeline and its random state.
struct warren_relay_lane {
    struct warren_relay_rules rules;
    uint64_t random;
};

/// Which frames go through which lane before the last one, which all go through.
struct warren_relay_match {
    uint8_t address[16]; // IPv4: the first four bytes
    uint8_t is_ipv6;
    uint16_t lane;       // index into the direction's lanes
};

/// One direction. Lane 0 is for all frames.
struct warren_relay_direction {
    const struct warren_relay_lane *lanes;
    size_t lane_count; // at least 1
    const struct warren_relay_match *matches;
    size_t match_count;
};

/// What went through a lane.
struct warren_relay_counts {
    uint64_t frames, lost, duplicated, overtaken, corrupted, overflowed;
};

struct warren_relay;

/// Starts a thread without ports.
int warren_relay_start(struct warren_relay **relay);

/// Ends the thread, closes all sockets and frees everything, the relay too. Frames that wait are dropped.
void warren_relay_stop(struct warren_relay *relay);

/// Takes over two AF_PACKET sockets (also on failure), binds them to the interfaces, and starts to carry frames between them: `up` is
/// from the inside to the outside.
int warren_relay_add(
    struct warren_relay *relay, int inside_socket, int inside_index, int outside_socket, int outside_index,
    const struct warren_relay_direction *up, const struct warren_relay_direction *down, uint64_t *port);

/// Replaces what a port does; counts begin anew, frames that wait keep their time. ENOENT: no such port.
int warren_relay_change(
    struct warren_relay *relay, uint64_t port, const struct warren_relay_direction *up, const struct warren_relay_direction *down);

/// Ends a port and gives its sockets back, deaf; the kernel takes some ten milliseconds to close each. ENOENT: no such port.
int warren_relay_remove(struct warren_relay *relay, uint64_t port, int sockets[2]);

/// The counts of a port's lanes, of the way up and then of the way down, as far as there is room, and how many frames the sockets lost.
int warren_relay_read(
    struct warren_relay *relay, uint64_t port, struct warren_relay_counts *counts, size_t capacity, size_t *count, uint64_t *missed);

#ifdef __cplusplus
}
#endif
