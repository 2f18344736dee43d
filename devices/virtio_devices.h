/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtio devices. Each is created zeroed, with virtio.irq and virtio.name set by the caller before its init. */
#ifndef PYRITE_DEVICES_VIRTIO_DEVICES_H
#define PYRITE_DEVICES_VIRTIO_DEVICES_H

#include "devices/block.h"
#include "devices/netdev.h"
#include "devices/virtio.h"

/* Device configuration of a disk (virtio 1.2, section 5.2.4), up to what our features make valid. */
struct virtio_blk_config {
    uint64_t capacity; /* sectors of 512 bytes */
    uint32_t size_max, seg_max;
    uint16_t cylinders;
    uint8_t heads, sectors;
    uint32_t blk_size;
    uint8_t physical_block_exp, alignment_offset;
    uint16_t min_io_size;
    uint32_t opt_io_size;
    uint8_t writeback, unused0;
    uint16_t num_queues;
    uint32_t max_discard_sectors, max_discard_seg, discard_sector_alignment;
    uint32_t max_write_zeroes_sectors, max_write_zeroes_seg;
    uint8_t write_zeroes_may_unmap, unused1[3];
};
struct virtio_blk {
    struct virtio virtio;
    struct block *block;
    struct virtio_blk_config config;
    char serial[20];
    unsigned in_flight;
    bool reported;         /* a failure of the storage was logged */
    uint64_t bytes_read, bytes_written, requests, errors; /* done; requests of all kinds that reached the storage */
};
void virtio_blk_init(struct virtio_blk *b, struct block *block, const char *serial);

struct virtio_console {
    struct virtio virtio;
    struct dev_chars chars;
    bool written;          /* the guest has used it for output */
};
void virtio_console_init(struct virtio_console *c, const struct dev_chars *chars);
/* The guest uses this console and waits for input. */
bool virtio_console_listening(const struct virtio_console *c);
/* Input may be there: takes what the guest's buffers hold. */
void virtio_console_poll(struct virtio_console *c);

enum { VIRTIO_NET_FILTERS = 64 };
struct virtio_net_config { /* virtio 1.2, section 5.1.4 */
    uint8_t mac[6];
    uint16_t status;
};
struct virtio_net {
    struct virtio virtio;
    struct netdev *netdev;
    uint8_t mac[6];               /* at reset */
    struct virtio_net_config config;
    bool promisc, allmulti;
    uint8_t filter[VIRTIO_NET_FILTERS][6];
    unsigned nfilters;
    struct vq_chain first, chain;
    uint8_t frame[PLAT_NET_MAX_FRAME];
    struct plat_net_hdr pending_hdr; /* a frame for the guest that waits for buffers */
    size_t pending_len;
    uint8_t pending[PLAT_NET_MAX_FRAME];
};
void virtio_net_init(struct virtio_net *n, struct netdev *netdev, const uint8_t mac[6]);
/* On PLAT_EV_NET and when virtio_net_due() has come: moves what there is. */
void virtio_net_poll(struct virtio_net *n);
uint64_t virtio_net_due(struct virtio_net *n);

struct virtio_rng {
    struct virtio virtio;
};
void virtio_rng_init(struct virtio_rng *r);

#endif
