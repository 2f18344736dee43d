/* SPDX-License-Identifier: BSD-2-Clause */
/* One wire: a network card (struct nic), and what is plugged in beside it (struct net_port: the guest's virtio-net,
 * Pyrite's own lwIP), each with its own MAC. Everything here runs in the hart loop; an interrupt handler of a card does
 * no more than plat_kick(0, PLAT_EV_NET). Frames are Ethernet frames without their check sequence. */
#ifndef PYRITE_KERNEL_NET_PORT_H
#define PYRITE_KERNEL_NET_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NET_HEADER = 14,
    NET_FRAME = 1514 + 4, /* the longest frame: 1500 bytes of IP, and a VLAN tag */
    NET_SEGMENTS = 20,
    NET_MAX_PORTS = 4,
};

struct net_seg {
    const void *at; /* engine address */
    size_t len;
};
/* Valid during the call that hands it over only. Where `csum` is set, a receiver without NET_CSUM never sees it: the
 * bridge has the checksum put in. */
struct net_frame {
    const struct net_seg *seg;
    unsigned nseg;
    size_t len;                       /* of all segments: NET_HEADER to NET_FRAME */
    bool csum;                        /* the Internet checksum of all bytes from csum_start is still to be stored */
    uint16_t csum_start, csum_offset; /* ... at csum_start + csum_offset, where the pseudo-header's sum is now */
    bool csum_good;                   /* the sender vouches for TCP's or UDP's checksum */
};

enum { NET_CSUM = 1 }; /* offloads: takes frames whose checksum is still to be stored */

struct net_stats {
    uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes;
    uint64_t rx_bad;     /* in error, too long, too short, or descriptors that no good card writes */
    uint64_t rx_dropped; /* whole, and lost for want of room */
    uint64_t tx_dropped; /* no room, no link */
    uint64_t resets, link_changes;
};

/* A card. Its driver fills in what is above the line before bridge_attach(). */
struct nic {
    char name[8];       /* "net0" */
    const char *driver; /* "e1000" */
    uint16_t vendor, device, bdf;
    uint8_t mac[6];
    uint16_t mtu;       /* bytes of IP in a frame */
    unsigned offloads;
    bool link;
    unsigned mbit;      /* speed; 0: not known */
    /* When the card is wanted: before it nothing comes and goes. False: it does not work. */
    bool (*start)(struct nic *n);
    void (*stop)(struct nic *n); /* nothing comes and goes again; start() may follow */
    /* False: no room now; an interrupt comes when there is. True also where frames are lost (no link). */
    bool (*room)(struct nic *n);
    /* Copies the frame into the card's ring. False: no room or no link; the frame is lost, and counted. */
    bool (*send)(struct nic *n, const struct net_frame *f);
    /* What interrupts reported: frames in (n->receive), frames out, link, time-outs. Bounded work; true: there is more.
     */
    bool (*poll)(struct nic *n);
    uint64_t due; /* when it wants to be polled without an interrupt (time-outs), plat_clock_ns() scale; 0: not */
    struct net_stats stats;
    /* -- filled in by the bridge -- */
    void (*receive)(struct nic *n, const struct net_frame *f);
    void (*link_changed)(struct nic *n);
    struct bridge *bridge;
};

/* A thing with a MAC of its own on the wire. */
struct net_port {
    const char *name;
    uint8_t mac[6];
    bool promiscuous; /* sees all frames */
    unsigned offloads;
    /* Copies what it wants of the frame. False: no room. */
    bool (*receive)(struct net_port *p, const struct net_frame *f);
    void (*link_changed)(struct net_port *p, bool up);
    void *opaque;
    struct net_stats stats; /* as the port sees it: rx is what it got */
};

struct bridge {
    struct nic *nic; /* NULL: none; ports still reach each other */
    struct net_port *port[NET_MAX_PORTS];
    unsigned nports;
    uint64_t spoofed; /* frames of a port that carried another port's address as their source */
};

void bridge_attach(struct bridge *b, struct nic *n);
/* False: NET_MAX_PORTS are there, or the MAC is a multicast address, or another port's. */
bool bridge_plug(struct bridge *b, struct net_port *p);
/* The port's address from now on. False: a group's, zero, or another port's; then it keeps the one it has. */
bool bridge_set_mac(struct bridge *b, struct net_port *p, const uint8_t mac[6]);
/* A frame from a port: to the port that owns the destination; to all and the wire for broadcast and multicast; else to
 * the wire. False: the frame is not one (length, segments, checksum's place), or the only receiver had no room. */
bool bridge_send(struct bridge *b, struct net_port *from, const struct net_frame *f);
/* Polls the card: true if there is more to do. Called on PLAT_EV_NET. */
bool bridge_poll(struct bridge *b);

/* Copies bytes [from, from + len) of the frame, which has them; returns false where it has not. */
bool net_copy(const struct net_frame *f, size_t from, void *to, size_t len);
/* Stores the checksum that `start` and `offset` describe. False: not inside the frame; then nothing is changed. */
bool net_csum_fill(uint8_t *frame, size_t len, size_t start, size_t offset);
/* Another address for the guest beside the card's own: locally administered (IEEE 802, 8.2.2), the same at each start.
 */
void net_derive_mac(uint8_t out[6], const uint8_t card[6], unsigned index);

#endif
