/* SPDX-License-Identifier: BSD-2-Clause */
/* C11 atomics of 8 to 64 bits: results of every operation, and that neighbours in the same word keep their bytes. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

static uint64_t seed = 0x853c49e6748fea9b, mix;
static uint64_t next(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}
static void take(uint64_t v) { mix = (mix << 5 | mix >> 59) ^ v; }

#define EXERCISE(name, type)                                                                                           \
    __attribute__((noinline)) static void name(void) {                                                                 \
        static _Atomic type v[16];                                                                                     \
        for (int i = 0; i < 400; i++) {                                                                                \
            _Atomic type *p = &v[next() % 16];                                                                         \
            type a = (type)next(), want = (type)next();                                                                \
            take((uint64_t)atomic_fetch_add(p, a));                                                                    \
            take((uint64_t)atomic_fetch_sub_explicit(&v[i % 16], (type)(a * 3), memory_order_relaxed));                \
            take((uint64_t)atomic_fetch_and_explicit(p, (type)(a | 0xf), memory_order_acquire));                       \
            take((uint64_t)atomic_fetch_or_explicit(p, (type)(a & 0x70), memory_order_release));                       \
            take((uint64_t)atomic_fetch_xor(&v[(i + 1) % 16], a));                                                     \
            if (i % 3)                                                                                                 \
                want = atomic_load_explicit(p, memory_order_acquire);                                                  \
            bool done = atomic_compare_exchange_strong(p, &want, (type)(a + 1));                                       \
            take(done);                                                                                                \
            take((uint64_t)want);                                                                                      \
            while (!atomic_compare_exchange_weak_explicit(p, &want, (type)(want ^ a), memory_order_acq_rel,            \
                                                          memory_order_relaxed))                                       \
                ;                                                                                                      \
            take((uint64_t)atomic_exchange_explicit(&v[(i + 2) % 16], want, memory_order_acq_rel));                    \
            atomic_store_explicit(&v[(i + 3) % 16], a, i & 1 ? memory_order_release : memory_order_seq_cst);           \
            __atomic_fetch_nand((type *)p, a, __ATOMIC_SEQ_CST);                                                       \
            for (int j = 0; j < 16; j++)                                                                               \
                take((uint64_t)atomic_load(&v[j]));                                                                    \
        }                                                                                                              \
        printf(#type " %016lx\n", mix);                                                                                \
    }

EXERCISE(bytes, uint8_t)
EXERCISE(signed_bytes, int8_t)
EXERCISE(halves, uint16_t)
EXERCISE(signed_halves, int16_t)
EXERCISE(words, uint32_t)
EXERCISE(signed_words, int32_t)
EXERCISE(doubles, uint64_t)

static atomic_flag flag = ATOMIC_FLAG_INIT;

int main(void) {
    bytes();
    signed_bytes();
    halves();
    signed_halves();
    words();
    signed_words();
    doubles();
    take(atomic_flag_test_and_set(&flag));
    take(atomic_flag_test_and_set(&flag));
    atomic_flag_clear(&flag);
    take(atomic_flag_test_and_set(&flag));
    atomic_thread_fence(memory_order_seq_cst);
    atomic_signal_fence(memory_order_seq_cst);
    printf("flag %016lx\n", mix);
    return 0;
}
