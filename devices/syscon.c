/* SPDX-License-Identifier: BSD-2-Clause */
/* SiFive's test finisher: a write of 0x5555 ends with success, 0x3333 | code << 16 with failure, 0x7777 resets. The
 * device tree names it as the syscon of syscon-poweroff and syscon-reboot too. */
#include "devices/syscon.h"

#include "dbt/irq.h"
#include "devices/dev.h"

int syscon_status(uint64_t n) { return n == 0 || n > 123 ? 1 : (int)n; }

static uint64_t syscon_read(void *dev, uint64_t off, unsigned size) {
    (void)dev, (void)off, (void)size;
    return 0;
}

static void syscon_write(void *dev, uint64_t off, uint64_t val, unsigned size) {
    (void)dev, (void)size;
    unsigned what = val & 0xffff, code = (uint32_t)val >> 16;
    if (off == 0 && what == SYSCON_PASS)
        machine_request_exit(0);
    else if (off == 0 && what == SYSCON_FAIL)
        machine_request_exit(syscon_status(code));
    else if (off == 0 && what == SYSCON_RESET)
        machine_request_reset();
    else
        dev_error("test finisher: write of %#llx at %#llx\n", (unsigned long long)val, (unsigned long long)off);
}

const struct mmio_ops syscon_ops = {syscon_read, syscon_write, 2, 4};
