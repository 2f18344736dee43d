/* SPDX-License-Identifier: BSD-2-Clause */
/* Integer arithmetic: chains of dependent operations, and many independent ones. */
#include "tests/bench/suite/bench.h"

static uint32_t crc_table[256];

static uint32_t crc32(uint32_t crc, const uint8_t *p, long n) {
    while (n--)
        crc = crc_table[(crc ^ *p++) & 255] ^ (crc >> 8);
    return crc;
}

static uint64_t xorshifts(long n) {
    uint64_t x = 88172645463325252u, sum = 0;
    for (long i = 0; i < n; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        sum += x;
    }
    return sum;
}

static uint64_t multiplications(long n) {
    uint32_t w = 1;
    uint64_t y = 0;
    for (long i = 0; i < n; i++) {
        w = w * 1664525u + 1013904223u;
        w = w << 9 | w >> 23;
        y += (uint64_t)w * (uint64_t)(i | 1);
        y ^= y >> 31;
    }
    return y;
}

static uint64_t divisions(long n) {
    uint64_t d = 0;
    for (long i = 1; i <= n; i++) {
        d += (0x123456789abcdefu + (uint64_t)i) / (uint64_t)(i | 3);
        d ^= (uint64_t)(i * 77) % (uint64_t)(i % 1000 + 7);
        d += (uint32_t)d / (uint32_t)(i | 1);
    }
    return d;
}

uint64_t row_int_alu(void) {
    static uint8_t text[65536];
    uint32_t crc = ~0u;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
        crc_table[i] = c;
    }
    seed(99);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)rnd();
    bench_begin();
    for (long r = scaled(600); r > 0; r--)
        crc = crc32(crc, text, sizeof text);
    uint64_t sum = crc + xorshifts(scaled(40000000)) + multiplications(scaled(20000000)) + divisions(scaled(6000000));
    bench_end();
    return sum;
}

/* ---- the round function of SHA-256 (FIPS 180-4, 6.2.2) with constants of our own ---- */

static uint32_t ror(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void compress(uint32_t h[8], const uint32_t block[16], const uint32_t k[64]) {
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = block[i];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (ror(a, 7) ^ ror(a, 18) ^ a >> 3) + (ror(b, 17) ^ ror(b, 19) ^ b >> 10);
    }
    for (int i = 0; i < 8; i++)
        s[i] = h[i];
    for (int i = 0; i < 64; i++) {
        uint32_t e = s[4], a = s[0];
        uint32_t t1 = s[7] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + k[i] + w[i];
        uint32_t t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + t1;
        s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        h[i] += s[i];
}

uint64_t row_int_sha(void) {
    uint32_t k[64], block[16], h[8];
    seed(256);
    for (int i = 0; i < 64; i++)
        k[i] = (uint32_t)rnd();
    for (int i = 0; i < 8; i++)
        h[i] = (uint32_t)rnd();
    for (int i = 0; i < 16; i++)
        block[i] = (uint32_t)rnd();
    bench_begin();
    for (long r = scaled(1000000); r > 0; r--) {
        block[r & 15] ^= h[r & 7];
        compress(h, block, k);
    }
    bench_end();
    return fnv(0, h, sizeof h);
}
