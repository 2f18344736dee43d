/* SPDX-License-Identifier: BSD-2-Clause */
/* netdev=user from the guest's side: frames as they come, and packets with headers that are right, towards sockets that
 * answer at random. Every frame for the guest must be well-formed; all sockets are closed at a reset. */
#include "devices/netuser.h"
#include "tests/libfuzzer/fake.h"
#include "tests/libfuzzer/fuzz.h"

static struct netdev *net;
static uint32_t seq, ack;   /* where the connection last heard of is */
static uint16_t peer_port;

static void send(const uint8_t *p, size_t n, bool needs_csum) {
    struct plat_net_hdr h = {.flags = needs_csum};
    net->ops->send(net, &h, p, n);
}

/* A packet with a header that is right. */
static void packet(struct fuzz_in *in, unsigned proto) {
    static const uint32_t to[4] = {NU_GATEWAY, NU_DNS, 0x01020304, UINT32_MAX};
    uint8_t kind = (uint8_t)fuzz_take(in, 1);
    size_t n, all;
    uint8_t *data = fuzz_part(in, fuzz_take(in, 2) % 1600, &n);
    unsigned head = proto == NU_PROTO_TCP ? 20 : 8;
    uint8_t *f = calloc(1, NU_ETH + NU_IP + head + n), *p = f + NU_ETH;
    all = NU_IP + head + n;
    f[12] = 8;
    p[0] = 0x45;
    nu_put16(p + 2, (unsigned)all);
    p[8] = 64, p[9] = (uint8_t)proto;
    nu_put32(p + 12, NU_GUEST);
    nu_put32(p + 16, to[kind & 3]);
    nu_put16(p + 10, nu_sum(p, NU_IP, 0));
    nu_put16(p + NU_IP, kind & 4 ? 22 : 1000 + (kind >> 5));
    nu_put16(p + NU_IP + 2, kind & 4 ? peer_port : kind & 8 ? 53 : 67);
    if (proto == NU_PROTO_TCP) {
        uint8_t flags = (uint8_t)fuzz_take(in, 1);
        nu_put32(p + NU_IP + 4, ack + (int8_t)fuzz_take(in, 1) * !!(flags & 64));
        nu_put32(p + NU_IP + 8, seq + (int8_t)fuzz_take(in, 1) * !!(flags & 64));
        p[NU_IP + 12] = flags & 128 && n >= 8 ? 0x70 : 0x50;
        p[NU_IP + 13] = flags & 63;
        nu_put16(p + NU_IP + 14, (unsigned)fuzz_take(in, 2));
    } else {
        nu_put16(p + NU_IP + 4, (unsigned)(8 + n));
    }
    memcpy(p + NU_IP + head, data, n);
    send(f, NU_ETH + all, true);
    free(f);
    free(data);
}

static void check(const uint8_t *f, size_t n, const struct plat_net_hdr *h) {
    const uint8_t *p = f + NU_ETH, *t = p + NU_IP;
    FUZZ_CHECK(n > NU_ETH + NU_IP, "%zu bytes", n);
    if (nu_get16(f + 12) != 0x0800)
        return;
    FUZZ_CHECK(p[0] == 0x45 && nu_sum(p, NU_IP, 0) == 0 && nu_get16(p + 2) + NU_ETH == n, "header, %zu bytes", n);
    FUZZ_CHECK(n <= NU_ETH + NU_MTU || h->gso_type == PLAT_NET_GSO_TCP4, "%zu bytes", n);
    if (p[9] != NU_PROTO_TCP)
        return;
    if (!h->flags)
        FUZZ_CHECK(nu_sum(t, n - NU_ETH - NU_IP, nu_pseudo(nu_get32(p + 12), nu_get32(p + 16), 6, n - NU_ETH - NU_IP))
                   == 0, "checksum");
    seq = nu_get32(t + 4) + (uint32_t)(n - NU_ETH - NU_IP) - (t[12] >> 4) * 4 + !!(t[13] & 3);
    ack = nu_get32(t + 8);
    peer_port = nu_get16(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t frame[PLAT_NET_MAX_FRAME];
    struct fuzz_in in = {data, data + size};
    struct plat_net_hdr h;
    const char *why;
    size_t n;
    if (!net)
        net = netdev_create("user,hostfwd=tcp::2222-:22,hostfwd=udp::5000-:53", &why);
    fake_reset();
    fake.net = fuzz_take(&in, 2);
    net->takes = (uint32_t)fuzz_take(&in, 1) & (PLAT_NET_CSUM | PLAT_NET_TSO4);
    net->takes &= net->takes & PLAT_NET_CSUM ? 3 : 0;
    seq = ack = peer_port = 0;
    while (in.p < in.end) {
        switch (fuzz_take(&in, 1) % 6) {
        case 0: {
            uint8_t *part = fuzz_part(&in, fuzz_take(&in, 2) % 2000, &n);
            send(part, n, false);
            free(part);
            break;
        }
        case 1: packet(&in, NU_PROTO_TCP); break;
        case 2: packet(&in, NU_PROTO_UDP); break;
        case 3: net->ops->poll(net); break;
        case 4: fake.clock_ns += fuzz_take(&in, 3) << 16; break;
        default:
            for (unsigned i = 0; i < 8 && (n = net->ops->recv(net, &h, frame, sizeof frame)) != 0; i++)
                check(frame, n, &h);
            break;
        }
        net->ops->due(net);
    }
    net->ops->reset(net);
    FUZZ_CHECK(fake.sockets == 0, "%u sockets are left", fake.sockets);
    return 0;
}
