/* SPDX-License-Identifier: BSD-2-Clause */
/* What network cards write into their rings, and say in configuration space, of any contents: what comes out lies in
 * the buffers, nothing comes back that was not given. And the texts of net= and mac=. */
#include "kernel/drivers/e1000_ring.h"
#include "kernel/drivers/rtl8168_ring.h"
#include "kernel/drivers/virtio_pci.h"
#include "kernel/net/net.h"

#include "tests/libfuzzer/fuzz.h"

static uint8_t desc[65536], buffers[256 * 2048];
static struct fuzz_in *input;

/* The card writes somewhere into the memory that it shares with the driver. */
static void scribble(struct fuzz_in *in, size_t size) {
    for (unsigned n = fuzz_take(in, 1) & 15; n; n--)
        desc[fuzz_take(in, 2) % size] = (uint8_t)fuzz_take(in, 1);
}

static void check(const uint8_t *at, size_t len) {
    FUZZ_CHECK(at >= buffers && len >= 14 && len <= 2048 && at + len <= buffers + sizeof buffers, "%zu bytes", len);
}

static void intel(struct fuzz_in *in) {
    struct e1000_ring r = {.desc = desc, .buffers = buffers, .advanced = fuzz_take(in, 1) & 1};
    uint8_t *at;
    uint16_t len;
    bool good;
    enum e1000_got got;
    e1000_rx_init(&r);
    while (in->p < in->end) {
        scribble(in, 256);
        if ((got = e1000_rx_next(&r, &at, &len, &good)) == E1000_FRAME)
            check(at, len);
        if (got != E1000_NONE)
            e1000_rx_done(&r);
    }
}

static void realtek(struct fuzz_in *in) {
    struct rtl_ring r = {.desc = (void *)desc, .buffers = buffers};
    uint8_t *at;
    uint16_t len;
    enum rtl_got got;
    rtl_rx_init(&r);
    while (in->p < in->end) {
        scribble(in, 256);
        if ((got = rtl_rx_next(&r, &at, &len)) == RTL_FRAME)
            check(at, len);
        if (got != RTL_NONE)
            rtl_rx_done(&r);
    }
}

static void virtio(struct fuzz_in *in) {
    struct vring r;
    uint16_t id;
    uint32_t len;
    memset(desc, 0, sizeof desc);
    vring_init(&r, desc, 8);
    while (in->p < in->end) {
        for (unsigned n = fuzz_take(in, 1) & 7; n && vring_free(&r, &id); n--)
            vring_offer(&r, id, 0, 2048, true);
        for (unsigned n = fuzz_take(in, 1) & 7; n; n--)
            desc[vring_used_at(8) + fuzz_take(in, 1) % 72] = (uint8_t)fuzz_take(in, 1);
        while (vring_take(&r, &id, &len) == VRING_USED)
            FUZZ_CHECK(id < 8 && !r.out[id] && r.nout < 8, "request %u", id);
    }
}

static uint32_t config_read(uint16_t bdf, unsigned off) {
    FUZZ_CHECK(off < 256 && off % 4 == 0, "configuration space at %#x", off);
    (void)bdf;
    return off == 4 ? 1 << 20 : (uint32_t)fuzz_take(input, 4);
}
static void config_write(uint16_t bdf, unsigned off, uint32_t v) { (void)bdf, (void)off, (void)v; }

static void capabilities(struct fuzz_in *in) {
    static const struct pci_access a = {config_read, config_write};
    static const struct pci_dev d;
    struct virtio_pci_region g;
    uint8_t kind = (uint8_t)(1 + fuzz_take(in, 1) % 4);
    input = in;
    if (virtio_pci_find(&a, &d, kind, &g))
        FUZZ_CHECK(g.bar < 6 && g.length && g.offset % 4 == 0, "BAR %u", g.bar);
}

static void texts(struct fuzz_in *in) {
    struct stack_config c = {0};
    const char *why = "";
    uint8_t mac[6];
    char *text = strndup((const char *)in->p, (size_t)(in->end - in->p));
    if (net_parse(text, &c, &why) == NET_STATIC)
        FUZZ_CHECK(c.address && c.mask && (c.address & ~c.mask), "%s", text);
    if (net_parse_mac(text, mac))
        FUZZ_CHECK(!(mac[0] & 1), "%s", text);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const kinds[])(struct fuzz_in *) = {intel, realtek, virtio, capabilities, texts};
    struct fuzz_in in = {data, data + size};
    kinds[fuzz_take(&in, 1) % 5](&in);
    return 0;
}
