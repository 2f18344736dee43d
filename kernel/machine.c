/* SPDX-License-Identifier: BSD-2-Clause */
/* The composition: checks a configuration, puts engine and board together, runs, resets, ends. */
#include "kernel/machine.h"

#include <stdio.h>
#include <string.h>

#include "dbt/direct.h"
#include "dbt/engine.h"
#include "dbt/log.h"
#include "dbt/rv64/cpu.h"
#include "dbt/symbols.h"
#include "devices/device.h"
#include "kernel/machine_net.h"

enum { STATUS_USAGE = 126 };
static const uint64_t MIB = 1 << 20;

static bool usage(const char *option, const char *what) {
    plat_log("%s: %s\n", option, what);
    return false;
}

static bool check_log(const struct conf *c) {
    char err[256];
    if (c->d && !log_set(c->d, err, sizeof err))
        return usage("d", err);
    if (c->dfilter && !log_set_filter(c->dfilter))
        return usage("dfilter", "must be FIRST..LAST or FIRST+SIZE");
    return true;
}

static bool load_symbols(const struct conf *c) {
    struct plat_file f;
    const char *why = "";
    char text[200];
    if (!c->symbols || (plat_file_open(c->symbols, &f, &why) == 0 && symbols_load(f.data, f.size, &why)))
        return true;
    snprintf(text, sizeof text, "%s: %s", c->symbols, why);
    return usage("symbols", text);
}

static bool make_ram(const struct conf *c, const struct plat_host_info *host, struct board_config *b) {
    char text[160];
    uint64_t avail;
    b->ram_size = (c->m ? c->m : host->guest_ram) & ~(2 * MIB - 1);
    if (b->ram_size < 2 * MIB)
        return usage("m", "must be at least 2 MiB");
    if (plat_ram_alloc(b->ram_size, &b->ram, &avail))
        return true;
    snprintf(text, sizeof text, "%llu MiB of guest memory is more than this machine has (%llu MiB free)",
             (unsigned long long)(b->ram_size / MIB), (unsigned long long)(avail / MIB));
    return usage("m", text);
}

static void set_drives(const struct conf *c, struct board_config *b) {
    static const enum board_drive_mode mode[] = {
        [CONF_OVERLAY] = BOARD_DRIVE_OVERLAY, [CONF_RO] = BOARD_DRIVE_RO, [CONF_RW] = BOARD_DRIVE_RW};
    for (b->ndrives = 0; b->ndrives < c->ndrives; b->ndrives++) {
        b->drive[b->ndrives].file = c->drive[b->ndrives].file;
        b->drive[b->ndrives].disk = c->drive[b->ndrives].disk;
        b->drive[b->ndrives].mode = mode[c->drive[b->ndrives].mode];
    }
}

static void banner(const struct conf *c, const struct plat_host_info *host, const struct board_config *b) {
    uint64_t code = c->codecache && c->codecache < host->code_limit ? c->codecache : host->code_limit;
    plat_log("guest: %u hart%s, %llu MiB RAM, %s; code cache up to %llu MiB\n", b->harts, b->harts > 1 ? "s" : "",
             (unsigned long long)(b->ram_size / MIB), b->isa, (unsigned long long)(code / MIB));
}

/* memory=: roots only where the host has them, and then the guest is offered what they can map. Hosted, a fault costs
 * more than it saves in most programs, so auto is soft there (docs/performance.md). */
static bool choose_memory(const struct conf *c, struct rv64_model *model, struct engine_config *e) {
    const char *why = "";
    bool x86 = !c->backend || !strcmp(c->backend, "x86");
    bool wanted = c->memory && !strcmp(c->memory, "direct");
    if (c->memory && !strcmp(c->memory, "soft"))
        return true;
    if (e->harts > 1) {
        if (wanted)
            plat_log("memory: direct has one hart only so far: soft with smp=%u\n", e->harts);
        return true;
    }
    if (wanted && !x86)
        return usage("memory", "direct needs the x86 back end");
    if (!x86 || (!wanted && !plat_direct_pays))
        return true;
    e->mmu = plat_mmu_start(&why);
    if (e->mmu == PLAT_MMU_NONE)
        return wanted ? usage("memory", why) : true;
    rv64_model_limit(model, EXT_sv39);
    direct_start(e->mmu);
    return true;
}

/* Everything that can be wrong with the configuration. */
static bool create(const struct conf *c, struct board_config *b, struct engine_config *e) {
    const char *why = "";
    struct plat_host_info host;
    static struct rv64_model model;
    char unknown[RV64_WHY];
    plat_host_info(&host);
    if (!check_log(c) || !load_symbols(c))
        return false;
    if (!rv64_model_parse(&model, c->cpu, unknown, sizeof unknown))
        return usage("cpu", unknown);
    if (c->smp > plat_max_harts())
        return usage("smp", plat_max_harts() == 1 ? "more than one hart is not supported on the bare PC yet"
                                                  : "at most 128 harts");
    *e = (struct engine_config){.harts = c->smp ? c->smp : 1, .backend = c->backend ? c->backend : "x86",
                                .cpu_model = &model, .code_limit = c->codecache, .hot = c->hot,
                                .scribble = c->test && !strcmp(c->test, "scribble"), .board_events = machine_events};
    if (!choose_memory(c, &model, e))
        return false;
    *b = (struct board_config){.harts = e->harts, .isa = model.isa, .isa_ext = model.isa_ext,
                               .mmu_type = model.mmu_type, .bios = c->bios, .kernel = c->kernel,
                               .initrd = c->initrd, .append = c->append};
    b->netdev = c->netdev;
    b->mac = c->mac;
    b->legacy_virtio = c->global && strstr(c->global, "=true");
    set_drives(c, b);
    if (!machine_fetch(c) || !machine_services(c, b))
        return false;
    if (!make_ram(c, &host, b))
        return false;
    plat_host_info(&host); /* guest RAM is taken: what is left is for code */
    if (c->codecache > host.code_limit) {
        snprintf(unknown, sizeof unknown, "%llu MiB are more than the %llu MiB that code memory can have here",
                 (unsigned long long)(c->codecache / MIB), (unsigned long long)(host.code_limit / MIB));
        return usage("codecache", unknown);
    }
    if (plat_verbose)
        banner(c, &host, b);
    if (c->timeout)
        e->deadline_ns = plat_clock_ns() + (uint64_t)c->timeout * 1000000000u;
    return engine_init(e, &why) ? true : usage("backend", why);
}

static void put_line(const char *line) { plat_log("%s\n", line); }

int machine_run(const struct conf *c) {
    static struct board_config board;
    static struct engine_config engine;
    struct board_entry entry;
    const char *why = "";
    if (c->cpu && !strcmp(c->cpu, "help")) {
        rv64_model_help(put_line);
        return 0;
    }
    if (!create(c, &board, &engine))
        return STATUS_USAGE;
    if (!board_create(&board, &why)) {
        plat_log("%s\n", why);
        return STATUS_USAGE;
    }
    for (;;) {
        if (!board_load(&board, &entry, &why)) {
            plat_log("%s\n", why);
            return STATUS_USAGE;
        }
        engine_reset(entry.pc, entry.fdt, entry.dynamic);
        machine_net_reset();
        int status = engine_run();
        if (status >= 0) {
            if (plat_log_on(LOG_stats | LOG_profile))
                engine_stats(put_line);
            return status;
        }
        if (c->no_reboot)
            return 0;
        board_reset();
    }
}
