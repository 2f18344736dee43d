/* SPDX-License-Identifier: BSD-2-Clause */
/* Console device (virtio 1.2, section 5.3) with one port and no features. It shares the terminal with the serial port:
 * output of both is shown; input goes to the serial port while the guest listens there by interrupt, else here, once
 * the guest has written something here (devices/virt.c). So `console=hvc0` is usable, and a driver that only probes
 * this device swallows nothing. */
#include "devices/virtio_devices.h"

enum { RX, TX, MAX_OUTPUT = 1 << 20 /* bytes of one request; no driver comes near it */ };

static void transmit(struct virtio_console *c) {
    struct virtio *v = &c->virtio;
    struct vq_chain ch;
    while (virtio_pop(v, TX, &ch)) {
        if (ch.read_bytes > MAX_OUTPUT) {
            virtio_broken(v, TX, "request of more than 1 MiB of output");
            return;
        }
        for (unsigned i = 0; i < ch.nread; i++)
            c->chars.write(c->chars.arg, ch.seg[i].ptr, ch.seg[i].len);
        if (!c->written)
            plat_kick(0, PLAT_EV_CONSOLE); /* input that came earlier has waited for this */
        c->written = true;
        vq_push(&v->vq[TX], ch.head, 0);
    }
    virtio_pushed(v, TX);
}

bool virtio_console_listening(const struct virtio_console *c) {
    return c->written && virtio_running(&c->virtio) && c->virtio.vq[RX].ready;
}

/* A byte is taken from the terminal only when there is a buffer for it: the next request is looked at first, and its
 * first segments filled. */
void virtio_console_poll(struct virtio_console *c) {
    struct virtio *v = &c->virtio;
    struct vq_chain ch;
    bool pushed = false;
    while (virtio_pop(v, RX, &ch)) {
        size_t n = 0;
        for (struct vq_segment *s = ch.seg + ch.nread; s < ch.seg + ch.nread + ch.nwrite && n == 0; s++) {
            n = s->len ? c->chars.read(c->chars.arg, s->ptr, s->len) : 0;
            physmem_dma_written(s->gpa, n);
        }
        if (n == 0 && ch.write_bytes) {
            vq_unpop(&v->vq[RX]);
            break;
        }
        vq_push(&v->vq[RX], ch.head, (uint32_t)n);
        pushed = true;
    }
    if (pushed)
        virtio_pushed(v, RX);
}

static void notify(struct virtio *v, unsigned q) {
    struct virtio_console *c = (struct virtio_console *)v;
    if (q == TX)
        transmit(c);
    else if (c->written)
        plat_kick(0, PLAT_EV_CONSOLE); /* room for input: the board decides who gets it */
}

static void reset(struct virtio *v) { ((struct virtio_console *)v)->written = false; }

static const struct virtio_ops ops = {VIRTIO_ID_CONSOLE, 2, notify, reset};

void virtio_console_init(struct virtio_console *c, const struct dev_chars *chars) {
    c->virtio.ops = &ops;
    c->chars = *chars;
}
