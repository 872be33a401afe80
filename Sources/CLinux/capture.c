#include "internal.h"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

static int skip_flooded_copies(int fd) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 2),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        // The lowest bit of the first byte: a group's address.
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0x40000),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ? 0 : errno;
}

int warren_capture_open(int fd, size_t block_size, unsigned block_count, unsigned retire_ms, int skip_flooded,
                        struct warren_capture *capture) {
    int version = TPACKET_V3;
    if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0) return errno;
    if (skip_flooded) {
        int error = skip_flooded_copies(fd);
        if (error) return error;
    }
    struct tpacket_req3 request = {0};
    request.tp_block_size = (unsigned)block_size;
    request.tp_block_nr = block_count;
    request.tp_frame_size = 2048;
    request.tp_frame_nr = (unsigned)(block_size / 2048) * block_count;
    request.tp_retire_blk_tov = retire_ms;
    if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) return errno;
    void *ring = mmap(NULL, block_size * block_count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (ring == MAP_FAILED) return errno;
    struct sockaddr_ll all = {0};
    all.sll_family = AF_PACKET;
    all.sll_protocol = htons(ETH_P_ALL);
    if (bind(fd, (struct sockaddr *)&all, sizeof all) != 0) {
        int error = errno;
        munmap(ring, block_size * block_count);
        return error;
    }
    *capture = (struct warren_capture){fd, ring, block_size, block_count, 0, NULL, 0};
    return 0;
}

static struct tpacket_hdr_v1 *block_header(struct warren_capture *capture) {
    return &((struct tpacket_block_desc *)(capture->ring + capture->block * capture->block_size))->hdr.bh1;
}

/// Begins the next block if the kernel is done with it. Returns whether there are frames to read.
static int begin_block(struct warren_capture *capture) {
    if (capture->next && capture->left > 0) return 1;
    if (capture->next) {
        // All frames of this block were read, and given back by the call that led here.
        __atomic_store_n(&block_header(capture)->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        capture->block = (capture->block + 1) % capture->block_count;
        capture->next = NULL;
    }
    struct tpacket_hdr_v1 *header = block_header(capture);
    if (!(__atomic_load_n(&header->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) return 0;
    capture->left = header->num_pkts;
    capture->next = capture->ring + capture->block * capture->block_size + header->offset_to_first_pkt;
    return capture->left > 0;
}

void warren_capture_read(struct warren_capture *capture, struct warren_frame *frames, size_t most, size_t *count) {
    *count = 0;
    // A block may be empty; there are at most `block_count` of them in a row.
    for (unsigned tries = 0; tries <= capture->block_count && !begin_block(capture); tries++)
        if (!capture->next) return;
    while (*count < most && capture->left > 0) {
        struct tpacket3_hdr *header = (struct tpacket3_hdr *)capture->next;
        struct sockaddr_ll *from = (struct sockaddr_ll *)(capture->next + TPACKET_ALIGN(sizeof *header));
        frames[(*count)++] = (struct warren_frame){
            .bytes = capture->next + header->tp_mac,
            .captured = header->tp_snaplen,
            .length = header->tp_len,
            .time = (int64_t)header->tp_sec * 1000000000 + header->tp_nsec,
            .index = from->sll_ifindex,
            .leaving = from->sll_pkttype == PACKET_OUTGOING,
        };
        capture->left--;
        capture->next += header->tp_next_offset;
    }
}

int warren_capture_lost(int fd, uint64_t *lost) {
    struct tpacket_stats_v3 statistics = {0};
    socklen_t size = sizeof statistics;
    if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) != 0) return errno;
    *lost = statistics.tp_drops;
    return 0;
}

int warren_capture_interface(int fd, int index, char name[16], char driver[32]) {
    struct ifreq request = {0};
    request.ifr_ifindex = index;
    if (ioctl(fd, SIOCGIFNAME, &request) != 0) return errno;
    memcpy(name, request.ifr_name, IFNAMSIZ);
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
    request.ifr_data = (char *)&info;
    driver[0] = 0;
    // The loopback interface has no driver to tell of.
    if (ioctl(fd, SIOCETHTOOL, &request) == 0) memcpy(driver, info.driver, sizeof info.driver);
    return 0;
}

int warren_capture_wake(int *fd) {
    int made = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made < 0) return errno;
    *fd = made;
    return 0;
}

void warren_capture_close(struct warren_capture *capture) {
    if (capture->ring) munmap(capture->ring, capture->block_size * capture->block_count);
    capture->ring = NULL;
    close(capture->fd);
}
