/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (FIPS 180-4), of data that come in pieces. */
#ifndef PYRITE_SERVICES_SHA256_H
#define PYRITE_SERVICES_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
    uint32_t h[8];
    uint64_t bytes;
    uint8_t block[64];
};
void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);
void sha256_end(struct sha256 *s, uint8_t out[32]);

#endif
