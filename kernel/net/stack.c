/* SPDX-License-Identifier: BSD-2-Clause */
/* The port of lwIP: memory (the heap, bounded), time, chance, one network interface. Assumes that all calls come from
 * the hart loop; guarantees that no frame, however made, takes more than MEMORY_LIMIT or is looked at twice. */
#include "kernel/net/stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>


enum { FRAME = 1514, MEMORY_LIMIT = 48 << 20, HEADER = 16 };

static struct stack_config config;
static struct netif netif;
static bool started;
static size_t memory_used;
static struct plat_card_info counts;

/* ---- what lwIP asks for ---- */

/* Each piece is preceded by its size. */
void *net_malloc(size_t size) {
    size_t *p;
    if (size > MEMORY_LIMIT - memory_used || !(p = malloc(size + HEADER)))
        return NULL;
    memory_used += size;
    *p = size;
    return (uint8_t *)p + HEADER;
}

void *net_calloc(size_t count, size_t size) {
    void *p = size && count > MEMORY_LIMIT / size ? NULL : net_malloc(count * size);
    return p ? memset(p, 0, count * size) : NULL;
}

void net_free(void *p) {
    if (!p)
        return;
    size_t *head = (size_t *)((uint8_t *)p - HEADER);
    memory_used -= *head;
    free(head);
}

uint32_t net_random(void) {
    uint32_t v;
    plat_entropy(&v, sizeof v);
    return v;
}

uint32_t net_tcp_isn(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port) {
    (void)local, (void)local_port, (void)remote, (void)remote_port;
    return net_random();
}

void net_assert(const char *what, const char *file, int line) { plat_panic("lwIP: %s (%s:%d)", what, file, line); }

u32_t sys_now(void) { return (u32_t)(plat_clock_ns() / 1000000); }

/* ---- the interface ---- */

static err_t output(struct netif *n, struct pbuf *p) {
    uint8_t frame[FRAME];
    (void)n;
    if (p->tot_len > sizeof frame)
        return ERR_BUF;
    u16_t len = pbuf_copy_partial(p, frame, p->tot_len, 0);
    counts.tx_packets++;
    counts.tx_bytes += len;
    config.send(config.arg, frame, len);
    return ERR_OK;
}

static err_t init_netif(struct netif *n) {
    n->name[0] = 'e';
    n->name[1] = 'n';
    n->hostname = "pyrite";
    n->output = etharp_output;
    n->linkoutput = output;
    n->mtu = config.mtu;
    n->hwaddr_len = sizeof config.mac;
    memcpy(n->hwaddr, config.mac, sizeof config.mac);
    n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    return ERR_OK;
}

static void set_dns(void) {
    for (unsigned i = 0; i < 2; i++) {
        ip_addr_t a = IPADDR4_INIT(lwip_htonl(config.dns[i]));
        if (config.dns[i])
            dns_setserver((u8_t)i, &a);
    }
}

bool stack_start(const struct stack_config *c) {
    config = *c;
    ip4_addr_t address = {lwip_htonl(c->address)}, mask = {lwip_htonl(c->mask)}, gateway = {lwip_htonl(c->gateway)};
    lwip_init();
    if (!netif_add(&netif, &address, &mask, &gateway, NULL, init_netif, ethernet_input))
        return false;
    netif_set_default(&netif);
    netif_set_up(&netif);
    set_dns();
    started = true;
    bool good = !c->dhcp || dhcp_start(&netif) == ERR_OK;
    stack_changed();
    return good;
}

void stack_link(bool up) {
    if (!started || up == (bool)netif_is_link_up(&netif))
        return;
    if (up)
        netif_set_link_up(&netif); /* DHCP asks anew */
    else
        netif_set_link_down(&netif);
    stack_changed();
}

void stack_input(const void *frame, size_t len) {
    if (!started || len > FRAME + 4 || len < 14) /* 4: a VLAN tag, which lwIP drops */
        return;
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_POOL);
    if (!p) {
        counts.dropped++;
        return;
    }
    counts.rx_packets++;
    counts.rx_bytes += len;
    pbuf_take(p, frame, (u16_t)len);
    if (netif.input(p, &netif) != ERR_OK)
        pbuf_free(p);
}

void stack_changed(void) {
    if (!started)
        return;
    uint32_t ms = sys_timeouts_sleeptime();
    config.due(config.arg, ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? UINT64_MAX
                                                                 : plat_clock_ns() + (uint64_t)ms * 1000000 + 1000000);
}

void stack_poll(void) {
    if (!started)
        return;
    config.poll(config.arg);
    sys_check_timeouts();
    stack_changed();
}

void stack_info(struct stack_info *out) {
    *out = (struct stack_info){.memory = memory_used, .net = counts, .started = started};
    if (!started)
        return;
    out->up = netif_is_link_up(&netif);
    out->address = lwip_ntohl(netif_ip4_addr(&netif)->addr);
    out->mask = lwip_ntohl(netif_ip4_netmask(&netif)->addr);
    out->gateway = lwip_ntohl(netif_ip4_gw(&netif)->addr);
    out->configured = out->address != 0;
    out->net.link = out->up;
    out->net.address = out->address;
    snprintf(out->net.name, sizeof out->net.name, "%s", config.name);
    memcpy(out->net.mac, config.mac, sizeof config.mac);
    for (unsigned i = 0; i < 2; i++)
        out->dns[i] = lwip_ntohl(ip_2_ip4(dns_getserver((u8_t)i))->addr);
}
