/* SPDX-License-Identifier: BSD-2-Clause */
/* The cards, the one bridge, and what is plugged into it: packets of kernel/plat.h for the guest, Pyrite's own stack.
 * Hart loop only. Frames for the guest wait in a queue of fixed size: what does not fit is lost, and counted. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "kernel/net/net.h"
#include "kernel/plat.h"

enum { QUEUE = 512 };
#define LINK_NS 4000000000ull

struct queued {
    uint16_t len;
    bool csum_good;
    uint8_t frame[NET_FRAME];
};
struct plat_net {
    struct net_port port;
    struct queued *queue;
    unsigned head, tail; /* free-running */
};

static struct nic *cards[NET_MAX_CARDS];
static unsigned ncards;
static struct bridge bridge;
static struct plat_net guest;
static struct net_port own = {.name = "pyrite"};
static uint64_t stack_due = UINT64_MAX;

bool net_add(struct nic *n) {
    if (ncards == NET_MAX_CARDS)
        return false;
    snprintf(n->name, sizeof n->name, "net%u", ncards);
    cards[ncards++] = n;
    return true;
}

const struct nic *net_card(uint16_t bdf) {
    for (unsigned i = 0; i < ncards; i++)
        if (cards[i]->bdf == bdf)
            return cards[i];
    return NULL;
}

static void arm(void) {
    uint64_t due = bridge.nic && bridge.nic->due ? bridge.nic->due : UINT64_MAX;
    events_net_timer(due < stack_due ? due : stack_due);
}

/* What the card has; it is asked again soon if that was not all. */
static void poll(void) {
    if (bridge_poll(&bridge))
        plat_kick(0, PLAT_EV_NET);
    arm();
}

/* ---- the guest ---- */

static bool to_guest(struct net_port *p, const struct net_frame *f) {
    struct plat_net *n = p->opaque;
    if (n->head - n->tail == QUEUE)
        return false;
    struct queued *q = &n->queue[n->head++ % QUEUE];
    q->len = (uint16_t)f->len;
    q->csum_good = f->csum_good;
    plat_kick(0, PLAT_EV_NET);
    return net_copy(f, 0, q->frame, f->len);
}

static void guest_link(struct net_port *p, bool up) {
    (void)p, (void)up;
    plat_kick(0, PLAT_EV_NET);
}

int plat_net_open(const char *kind, const char *name, struct plat_net **out, const char **why) {
    *why = !bridge.nic                                ? "no network card is driven"
           : strcmp(kind, "bridge")                   ? "hosted only"
           : name && strcmp(name, bridge.nic->name)   ? "no such card (net0, net1...)"
           : guest.queue                              ? "in use"
           : !(guest.queue = calloc(QUEUE, sizeof *guest.queue)) ? "no memory"
           : !bridge_plug(&bridge, &guest.port)       ? "the guest's address (mac=) is the card's own, or a group's"
                                                      : "";
    if (**why)
        return ENODEV;
    *out = &guest;
    return 0;
}

void plat_net_info(struct plat_net *n, struct plat_net_info *out) {
    *out = (struct plat_net_info){.link = bridge.nic->link, .offloads = PLAT_NET_CSUM};
    memcpy(out->mac, n->port.mac, 6);
}

bool plat_net_set_mac(struct plat_net *n, const uint8_t mac[6]) { return bridge_set_mac(&bridge, &n->port, mac); }

bool plat_net_send(struct plat_net *n, const struct plat_net_hdr *h, const void *frame, size_t len) {
    struct net_seg seg = {frame, len};
    struct net_frame f = {.seg = &seg, .nseg = 1, .len = len, .csum = h->flags & PLAT_NET_NEEDS_CSUM,
                          .csum_start = h->csum_start, .csum_offset = h->csum_offset};
    if (!bridge.nic->room(bridge.nic))
        return false;
    bridge_send(&bridge, &n->port, &f);
    return true;
}

size_t plat_net_recv(struct plat_net *n, struct plat_net_hdr *h, void *frame, size_t len) {
    if (n->head == n->tail)
        poll();
    while (n->head != n->tail) {
        const struct queued *q = &n->queue[n->tail++ % QUEUE];
        if (q->len > len)
            continue;
        *h = (struct plat_net_hdr){.flags = q->csum_good ? PLAT_NET_DATA_VALID : 0};
        memcpy(frame, q->frame, q->len);
        return q->len;
    }
    return 0;
}

/* ---- Pyrite's own stack ---- */

static bool to_stack(struct net_port *p, const struct net_frame *f) {
    uint8_t bytes[NET_FRAME];
    (void)p;
    if (!net_copy(f, 0, bytes, f->len))
        return false;
    stack_input(bytes, f->len);
    return true;
}

static void own_link(struct net_port *p, bool up) {
    (void)p;
    stack_link(up);
}

static void stack_send(void *arg, const void *frame, size_t len) {
    struct net_seg seg = {frame, len};
    (void)arg;
    bridge_send(&bridge, &own, &(struct net_frame){.seg = &seg, .nseg = 1, .len = len});
}

static void stack_frames(void *arg) {
    (void)arg;
    poll();
}

static void stack_timer(void *arg, uint64_t ns) {
    (void)arg;
    stack_due = ns;
    arm();
}

static bool start_stack(struct stack_config *s) {
    const struct nic *n = bridge.nic;
    s->name = n->name;
    s->mtu = n->mtu;
    s->send = stack_send;
    s->poll = stack_frames;
    s->due = stack_timer;
    memcpy(s->mac, n->mac, 6);
    memcpy(own.mac, n->mac, 6);
    own.receive = to_stack;
    own.link_changed = own_link;
    if (!stack_start(s))
        return false;
    return bridge_plug(&bridge, &own);
}

/* ---- which card ---- */

/* A link takes a real card some seconds. The events of others are left for them. */
static bool has_link(struct nic *n) {
    uint64_t until = plat_clock_ns() + LINK_NS;
    uint32_t kept = 0;
    while (!n->link && plat_clock_ns() < until) {
        plat_timer_set(0, until);
        plat_wait(0);
        kept |= plat_events(0) & ~(uint32_t)(PLAT_EV_NET | PLAT_EV_TIMER);
        n->poll(n);
    }
    plat_timer_set(0, UINT64_MAX);
    plat_kick(0, kept);
    return n->link;
}

/* The card of this name; without a name the first one that has a link, else the first one that works. */
static struct nic *choose(const char *name, size_t len) {
    struct nic *first = NULL;
    for (unsigned i = 0; i < ncards; i++) {
        if (name && (strlen(cards[i]->name) != len || memcmp(cards[i]->name, name, len)))
            continue;
        bridge_attach(&bridge, cards[i]);
        if (!cards[i]->start(cards[i])) {
            plat_log("%s: the card does not start\n", cards[i]->name);
            continue;
        }
        if (name || ncards == 1 || has_link(cards[i]))
            return cards[i];
        cards[i]->stop(cards[i]);
        first = first ? first : cards[i];
    }
    bridge.nic = NULL;
    if (!first)
        return NULL;
    bridge_attach(&bridge, first);
    return first->start(first) ? first : NULL;
}

static bool fail(const char *option, const char *what) {
    plat_log("%s: %s\n", option, what);
    return false;
}

static struct nic *choose_for(const char *netdev) {
    const char *word = netdev ? strstr(netdev, ",nic=") : NULL;
    return choose(word ? word + 5 : NULL, word ? strcspn(word + 5, ",") : 0);
}

bool net_start(const struct conf *c) {
    struct stack_config s = {0};
    const char *why = "";
    enum net_address kind = c->net ? net_parse(c->net, &s, &why) : NET_OFF;
    bool bridged = c->netdev && !strncmp(c->netdev, "bridge", 6);
    if (kind == NET_BAD)
        return fail("net", why);
    if (kind == NET_OFF && !bridged)
        return true;
    struct nic *n = choose_for(bridged ? c->netdev : NULL);
    if (!n)
        return fail(bridged ? "netdev" : "net", ncards ? "no network card that works" : "no network card is driven");
    plat_log("%s: the wire: %s, link %s\n", n->name, n->driver, n->link ? "up" : "down");
    guest.port = (struct net_port){.name = "guest", .receive = to_guest, .link_changed = guest_link, .opaque = &guest};
    net_derive_mac(guest.port.mac, n->mac, 0);
    if (bridged && c->mac && !net_parse_mac(c->mac, guest.port.mac))
        return fail("mac", "not the address of a network card");
    s.dhcp = kind == NET_DHCP;
    return kind == NET_OFF || start_stack(&s) || fail("net", "no memory");
}
