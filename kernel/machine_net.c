/* SPDX-License-Identifier: BSD-2-Clause */
/* Engine, board and services put together: see kernel/machine_net.h. */
#include "kernel/machine_net.h"

#include <stdio.h>
#include <string.h>

#include "dbt/engine.h"
#include "kernel/version.h"
#include "services/console.h"
#include "services/services.h"

static const struct board_config *board;
static struct services_config services;
static bool watching;

/* ---- files ---- */

static bool fetch_one(const char *option, const char *name) {
    char why[SERVICES_WHY];
    struct plat_file file;
    const char *known;
    if (!name || !conf_is_url(name) || plat_file_open(name, &file, &known) == 0)
        return true; /* not to be fetched, or there already */
    if (!fetch(name, &file, why)) {
        plat_log("%s: %s\n", option, why);
        return false;
    }
    return plat_file_add(name, file.data, file.size);
}

bool machine_fetch(const struct conf *c) {
    bool good = fetch_one("bios", c->bios) && fetch_one("kernel", c->kernel) && fetch_one("initrd", c->initrd);
    for (unsigned i = 0; good && i < c->ndrives; i++)
        good = c->drive[i].disk || fetch_one("drive", c->drive[i].file);
    return good;
}

/* ---- the status page ---- */

static void sample_disks(struct status *s) {
    static const char *const mode[] = {
        [BOARD_DRIVE_OVERLAY] = "overlay", [BOARD_DRIVE_RO] = "ro", [BOARD_DRIVE_RW] = "rw"};
    struct board_disk_info info;
    for (unsigned i = 0; i < board->ndrives && i < STATUS_DISKS && board_disk_info(i, &info); i++)
        s->disk[s->ndisks++] = (struct status_disk){board->drive[i].file, mode[board->drive[i].mode], info.size,
                                                    info.read, info.written, info.requests, info.errors};
}

static void sample_nets(struct status *s) {
    struct plat_card_info info;
    for (unsigned i = 0; s->nnets < STATUS_NETS && plat_card_info(i, &info); i++) {
        struct status_net *n = &s->net[s->nnets++];
        *n = (struct status_net){.link = info.link, .address = info.address, .rx_packets = info.rx_packets,
                                 .rx_bytes = info.rx_bytes, .tx_packets = info.tx_packets, .tx_bytes = info.tx_bytes,
                                 .dropped = info.dropped};
        snprintf(n->name, sizeof n->name, "%s", info.name);
        memcpy(n->mac, info.mac, sizeof n->mac);
    }
}

static void sample(struct status *s) {
    struct plat_host_info host;
    struct engine_code_info code = engine_code_info();
    plat_host_info(&host);
    s->version = PYRITE_VERSION;
    s->cpu = host.cpu;
    s->kernel = board->kernel;
    s->cores = host.cores;
    s->x86_level = host.x86_level;
    s->memory = host.memory;
    s->harts = board->harts;
    s->guest_ram = board->ram_size;
    s->code_used = code.used;
    s->code_limit = host.code_limit + (plat_verbose ? code.used : 0); /* metal says what is left */
    s->blocks = code.blocks;
    s->flushes = code.flushes;
    for (unsigned i = 0; i < board->harts && i < STATUS_HARTS; i++) {
        struct engine_hart_info h = engine_hart_info(i);
        s->hart[i].insns = h.insns;
        s->hart[i].waited_ns = h.waited_ns;
    }
    sample_disks(s);
    sample_nets(s);
}

static void watch(bool on) {
    watching = on;
    engine_watch(on);
}

void machine_net_reset(void) {
    if (watching)
        engine_watch(true);
}

/* ---- services ---- */

static bool set_address(const char *option, const char *text, struct plat_addr *out) {
    uint32_t local = plat_verbose ? 0 : 0x7f000001; /* hosted: the same machine only, unless an address is given */
    if (!text || services_address(text, local, out))
        return true;
    plat_log("%s: must be PORT or ADDRESS:PORT, not %s\n", option, text);
    return false;
}

static bool check_token(const struct conf *c) {
    if (!c->token || console_token_ok(c->token))
        return true;
    plat_log("token: must be %u to %u printable characters without spaces\n", (unsigned)CONSOLE_TOKEN_MIN,
             (unsigned)CONSOLE_TOKEN_MAX);
    return false;
}

bool machine_services(const struct conf *c, struct board_config *b) {
    char why[SERVICES_WHY];
    services = (struct services_config){.token = c->token, .sample = sample, .watch = watch, .timer = engine_timer};
    board = b;
    if (!set_address("telnet", c->telnet, &services.telnet) || !set_address("status", c->status, &services.status) ||
        !check_token(c))
        return false;
    if (services.telnet.port)
        b->console = (struct dev_chars){console_write, console_read, NULL};
    if (services_start(&services, why))
        return true;
    plat_log("%s\n", why);
    return false;
}

void machine_events(uint32_t events) {
    if (events & PLAT_EV_NET)
        plat_sock_poll();
    if (events & (PLAT_EV_NET | PLAT_EV_TIMER))
        services_poll();
    board_events(events);
}
