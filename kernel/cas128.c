/* SPDX-License-Identifier: BSD-2-Clause */
/* plat_cas128(), the same on both platforms: CMPXCHG16B where the CPU has it (all but the first x86-64 ones), else
 * under a lock, which keeps these accesses apart from each other, though not from narrower ones of other harts. */
#include "kernel/plat.h"

static __attribute__((target("cx16"))) unsigned __int128 by_cx16(unsigned __int128 *p, unsigned __int128 expect,
                                                                  unsigned __int128 v) {
    return __sync_val_compare_and_swap(p, expect, v);
}

static unsigned __int128 by_lock(unsigned __int128 *p, unsigned __int128 expect, unsigned __int128 v) {
    static plat_lock_t lock;
    plat_lock(&lock);
    unsigned __int128 old = *p;
    if (old == expect)
        *p = v;
    plat_unlock(&lock);
    return old;
}

void plat_cas128(void *p, unsigned __int128 *old, unsigned __int128 v) {
    *old = plat_cpu.cx16 ? by_cx16(p, *old, v) : by_lock(p, *old, v);
}
