#include "relay.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static uint64_t next(uint64_t *state) {
    uint64_t mixed = *state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

static uint64_t below(uint64_t *state, uint64_t bound) { return (uint64_t)(((unsigned __int128)next(state) * bound) >> 64); }

void warren_relay_decide(
    const struct warren_relay_rules *rules, size_t length, uint64_t *random, struct warren_relay_decision *decision) {
    decision->lost = next(random) >> 32 < rules->loss;
    decision->duplicated = next(random) >> 32 < rules->duplicate;
    decision->overtakes = next(random) >> 32 < rules->reorder;
    decision->corrupted = next(random) >> 32 < rules->corrupt && length > 14;
    uint64_t spread = below(random, 2 * rules->jitter + 1);
    decision->delay = decision->overtakes ? 0 : rules->delay - rules->jitter + spread;
    decision->flipped_bit = below(random, (uint64_t)(length > 14 ? length - 14 : 1) * 8);
}

int warren_match_order(const void *left, const void *right) {
    const struct warren_relay_match *a = left, *b = right;
    if (a->is_ipv6 != b->is_ipv6) return a->is_ipv6 ? 1 : -1;
    return memcmp(a->address, b->address, 16);
}

size_t warren_frame_lane(const struct direction *direction, bool by_source, const uint8_t *bytes, size_t length) {
    if (direction->match_count == 0 || length < 14) return 0;
    struct warren_relay_match wanted = {0};
    const uint8_t *packet = bytes + 14;
    size_t rest = length - 14;
    switch (bytes[12] << 8 | bytes[13]) {
    case 0x0800:
        if (rest < 20) return 0;
        memcpy(wanted.address, packet + (by_source ? 12 : 16), 4);
        break;
    case 0x0806: // ARP for IPv4 over Ethernet: the sender's or the target's protocol address
        if (rest < 28) return 0;
        memcpy(wanted.address, packet + (by_source ? 14 : 24), 4);
        break;
    case 0x86dd: {
        if (rest < 40) return 0;
        wanted.is_ipv6 = 1;
        memcpy(wanted.address, packet + (by_source ? 8 : 24), 16);
        // A neighbour solicitation goes to a group; whom it is for stands in the message.
        if (!by_source && packet[24] == 0xff && packet[6] == 58 && rest >= 64 && packet[40] == 135) memcpy(wanted.address, packet + 48, 16);
        break;
    }
    default: return 0;
    }
    const struct warren_relay_match *found =
        bsearch(&wanted, direction->matches, direction->match_count, sizeof wanted, warren_match_order);
    return found ? found->lane : 0;
}

void warren_frame_finish(struct frame *frame) {
    if (!(frame->header.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)) return;
    size_t start = frame->header.csum_start, at = start + frame->header.csum_offset;
    frame->header.flags &= (uint8_t)~VIRTIO_NET_HDR_F_NEEDS_CSUM;
    frame->header.csum_start = frame->header.csum_offset = 0;
    if (start > frame->length || at + 2 > frame->length) return;
    // The field holds the pseudo header's sum already.
    uint32_t sum = 0;
    for (size_t i = start; i < frame->length; i += 2)
        sum += (uint32_t)frame->bytes[i] << 8 | (i + 1 < frame->length ? frame->bytes[i + 1] : 0u);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    uint16_t value = (uint16_t)~sum;
    // To UDP zero means none; minus zero sums up to the same.
    if (value == 0) value = 0xffff;
    frame->bytes[at] = (uint8_t)(value >> 8);
    frame->bytes[at + 1] = (uint8_t)value;
}

static bool before(const struct event *a, const struct event *b) {
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

bool warren_heap_push(struct heap *heap, struct event event) {
    if (heap->count == heap->capacity) {
        size_t capacity = heap->capacity ? heap->capacity * 2 : 256;
        struct event *events = realloc(heap->events, capacity * sizeof *events);
        if (!events) return false;
        heap->events = events;
        heap->capacity = capacity;
    }
    size_t at = heap->count++;
    while (at > 0 && before(&event, &heap->events[(at - 1) / 2])) {
        heap->events[at] = heap->events[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->events[at] = event;
    return true;
}

struct event warren_heap_pop(struct heap *heap) {
    struct event first = heap->events[0], moved = heap->events[--heap->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= heap->count) break;
        if (child + 1 < heap->count && before(&heap->events[child + 1], &heap->events[child])) child++;
        if (!before(&heap->events[child], &moved)) break;
        heap->events[at] = heap->events[child];
        at = child;
    }
    heap->events[at] = moved;
    return first;
}
