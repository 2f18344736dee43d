/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's locks (sys/lock.h, retargetable). Interrupts are off in the engine, so a lock is only ever contended by
 * another core; all are recursive by core, which serves both kinds. */
#include <stdlib.h>
#include <sys/lock.h>

#include "kernel/plat.h"
#include "kernel/x86/cpu.h"

struct __lock {
    plat_lock_t lock;
    uint32_t owner; /* core + 1; 0: free */
    uint32_t depth;
};

struct __lock __lock___sinit_recursive_mutex;
struct __lock __lock___sfp_recursive_mutex;
struct __lock __lock___atexit_recursive_mutex;
struct __lock __lock___at_quick_exit_mutex;
struct __lock __lock___malloc_recursive_mutex;
struct __lock __lock___env_recursive_mutex;
struct __lock __lock___tz_mutex;
struct __lock __lock___dd_hash_mutex;
struct __lock __lock___arc4random_mutex;

void __retarget_lock_init(_LOCK_T *lock) { *lock = calloc(1, sizeof **lock); }
void __retarget_lock_init_recursive(_LOCK_T *lock) { __retarget_lock_init(lock); }
void __retarget_lock_close(_LOCK_T lock) { free(lock); }
void __retarget_lock_close_recursive(_LOCK_T lock) { free(lock); }

int __retarget_lock_try_acquire_recursive(_LOCK_T lock) {
    uint32_t me = cpu_this()->id + 1;
    if (!lock)
        return 0;
    if (__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) != me) {
        if (__atomic_exchange_n(&lock->lock.v, 1, __ATOMIC_ACQUIRE))
            return 1;
        __atomic_store_n(&lock->owner, me, __ATOMIC_RELAXED);
    }
    lock->depth++;
    return 0;
}

void __retarget_lock_acquire_recursive(_LOCK_T lock) {
    while (__retarget_lock_try_acquire_recursive(lock))
        __builtin_ia32_pause();
}

void __retarget_lock_release_recursive(_LOCK_T lock) {
    if (!lock || --lock->depth)
        return;
    __atomic_store_n(&lock->owner, 0, __ATOMIC_RELAXED);
    plat_unlock(&lock->lock);
}

void __retarget_lock_acquire(_LOCK_T lock) { __retarget_lock_acquire_recursive(lock); }
int __retarget_lock_try_acquire(_LOCK_T lock) { return __retarget_lock_try_acquire_recursive(lock); }
void __retarget_lock_release(_LOCK_T lock) { __retarget_lock_release_recursive(lock); }
