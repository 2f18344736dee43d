/* SPDX-License-Identifier: BSD-2-Clause */
/* Integer programs with a known answer each: SHA-256 and CRC-32 of texts, sorting, primes, a compressor and back, big
 * numbers, a hash table, a game of life, matrix products. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t rotr(uint32_t v, int n) { return v >> n | v << (32 - n); }

/* FIPS 180-4; its constants are the fractions of roots of primes, computed here by integer roots. */
static uint64_t root_bits(uint32_t prime, int power) {
    unsigned __int128 want = (unsigned __int128)prime << 32 * power; /* floor(prime^(1/power) * 2^32) */
    uint64_t r = 0;
    for (int bit = 35; bit >= 0; bit--) {
        unsigned __int128 t = r | UINT64_C(1) << bit, p = t;
        if (power == 3 && t >> 40 == 0 && t * t > want / t)
            continue;
        p = power == 2 ? t * t : t * t * t;
        if (p <= want)
            r = (uint64_t)t;
    }
    return r;
}

static uint32_t k[64], h0[8];

static void constants(void) {
    for (uint32_t n = 0, p = 2; n < 64; p++) {
        int prime = 1;
        for (uint32_t d = 2; d * d <= p; d++)
            prime &= p % d != 0;
        if (!prime)
            continue;
        k[n] = (uint32_t)root_bits(p, 3);
        if (n < 8)
            h0[n] = (uint32_t)root_bits(p, 2);
        n++;
    }
}

static void sha256_block(uint32_t *h, const uint8_t *p) {
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] + (rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3) +
               (rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(v, h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t t1 =
            v[7] + (rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
        uint32_t t2 =
            (rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 28);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        h[i] += v[i];
}

static void sha256(const char *text) {
    uint8_t block[128] = {0};
    uint32_t h[8];
    size_t n = strlen(text), blocks = n < 56 ? 1 : 2;
    memcpy(h, h0, sizeof h);
    memcpy(block, text, n);
    block[n] = 0x80;
    block[blocks * 64 - 2] = (uint8_t)(n * 8 >> 8);
    block[blocks * 64 - 1] = (uint8_t)(n * 8);
    for (size_t i = 0; i < blocks; i++)
        sha256_block(h, block + 64 * i);
    for (int i = 0; i < 8; i++)
        printf("%08x", h[i]);
    printf(" %s\n", text);
}

static uint32_t crc32(const void *p, size_t n) {
    const uint8_t *b = p;
    uint32_t c = ~0u;
    while (n--) {
        c ^= *b++;
        for (int i = 0; i < 8; i++)
            c = c >> 1 ^ (0xedb88320 & -(c & 1));
    }
    return ~c;
}

static uint64_t seed = 7;
static uint32_t next(void) { return (uint32_t)((seed = seed * 6364136223846793005 + 1442695040888963407) >> 33); }

static void sort(int32_t *v, long low, long high) {
    while (low < high) {
        int32_t pivot = v[(low + high) / 2];
        long i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j) {
                int32_t t = v[i];
                v[i++] = v[j], v[j--] = t;
            }
        }
        sort(v, low, j);
        low = i;
    }
}

static uint8_t text[6000], packed[9000], plain[6000];

/* Runs and back references of at least three bytes; returns the packed length. */
static size_t squeeze(const uint8_t *in, size_t n, uint8_t *out) {
    size_t at = 0, to = 0;
    while (at < n) {
        size_t best = 0, where = 0;
        for (size_t from = at > 255 ? at - 255 : 0; from < at; from++) {
            size_t len = 0;
            while (at + len < n && len < 255 && in[from + len] == in[at + len])
                len++;
            if (len > best)
                best = len, where = at - from;
        }
        if (best < 3)
            best = 1, where = 0;
        out[to++] = (uint8_t)where, out[to++] = where ? (uint8_t)best : in[at];
        at += best;
    }
    return to;
}

static size_t expand(const uint8_t *in, size_t n, uint8_t *out) {
    size_t to = 0;
    for (size_t i = 0; i < n; i += 2)
        if (in[i])
            for (int k = 0; k < in[i + 1]; k++, to++)
                out[to] = out[to - in[i]];
        else
            out[to++] = in[i + 1];
    return to;
}

/* n! in base 10^9. */
static void factorial(unsigned n) {
    uint32_t digit[80] = {1}, used = 1;
    for (unsigned f = 2; f <= n; f++) {
        uint64_t carry = 0;
        for (uint32_t i = 0; i < used; i++) {
            carry += (uint64_t)digit[i] * f;
            digit[i] = (uint32_t)(carry % 1000000000), carry /= 1000000000;
        }
        if (carry)
            digit[used++] = (uint32_t)carry;
    }
    printf("%u", digit[used - 1]);
    for (uint32_t i = used - 1; i-- > 0;)
        printf("%09u", digit[i]);
    printf("\n");
}

int main(void) {
    static int32_t v[5000];
    static uint8_t sieve[20000], life[2][40][40];
    static int64_t a[24][24], b[24][24], c[24][24];
    uint64_t m = 0;
    int primes = 0, alive = 0;

    constants();
    sha256("");
    sha256("abc");
    sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
    printf("%08x\n", crc32("123456789", 9));
    for (int i = 0; i < 5000; i++)
        v[i] = (int32_t)(next() ^ next() << 16);
    sort(v, 0, 4999);
    for (int i = 1; i < 5000; i++)
        m = m * 3 + (uint64_t)v[i] + (v[i - 1] > v[i]) * 999;
    printf("sorted %016lx\n", m);
    for (unsigned i = 2; i < sizeof sieve; i++) {
        primes += !sieve[i];
        for (unsigned j = i * i; !sieve[i] && i < 150 && j < sizeof sieve; j += i)
            sieve[j] = 1;
    }
    printf("primes %d\n", primes);
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = "the quick brown fox jumps over it "[(i * i / 7 + next() % 2) % 34];
    size_t n = squeeze(text, sizeof text, packed), back = expand(packed, n, plain);
    printf("packed %lu crc %08x, back %lu %s\n", n, crc32(packed, n), back,
           memcmp(text, plain, sizeof text) ? "WRONG" : "same");
    factorial(120);
    for (int i = 0; i < 400; i++)
        life[0][next() % 38 + 1][next() % 38 + 1] = 1;
    for (int t = 0; t < 30; t++)
        for (int y = 1; y < 39; y++)
            for (int x = 1; x < 39; x++) {
                int s = -life[t & 1][y][x];
                for (int k = 0; k < 9; k++)
                    s += life[t & 1][y + k / 3 - 1][x + k % 3 - 1];
                life[~t & 1][y][x] = s == 3 || (s == 2 && life[t & 1][y][x]);
            }
    for (int i = 0; i < 1600; i++)
        alive += life[0][i / 40][i % 40];
    printf("alive %d\n", alive);
    for (int i = 0; i < 24 * 24; i++)
        a[i / 24][i % 24] = (int64_t)next() - (1 << 30), b[i / 24][i % 24] = (int64_t)next() * 3;
    for (int i = 0; i < 24; i++)
        for (int j = 0; j < 24; j++)
            for (int k = 0; k < 24; k++)
                c[i][j] += a[i][k] * b[k][j];
    m = 0;
    for (int i = 0; i < 24 * 24; i++)
        m = m * 7 + (uint64_t)c[i / 24][i % 24] / ((uint64_t)(i + 1)) + (uint64_t)(c[i / 24][i % 24] % (i + 3));
    printf("matrix %016lx\n", m);
    return 0;
}
