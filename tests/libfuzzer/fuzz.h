/* SPDX-License-Identifier: BSD-2-Clause */
/* What the libFuzzer targets share: the input as a stream, a check that the fuzzer sees fail. A target keeps nothing
 * from one input to the next, so that the file that libFuzzer leaves behind shows the failure alone. */
#ifndef PYRITE_TESTS_LIBFUZZER_FUZZ_H
#define PYRITE_TESTS_LIBFUZZER_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_CHECK(x, ...)                                                                                             \
    do {                                                                                                               \
        if (!(x)) {                                                                                                    \
            fprintf(stderr, "%s:%d: %s does not hold: ", __FILE__, __LINE__, #x);                                      \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fputc('\n', stderr);                                                                                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

struct fuzz_in {
    const uint8_t *p, *end;
};

/* The next n bytes (at most 8) as a little-endian number; zeroes after the end. */
static inline uint64_t fuzz_take(struct fuzz_in *in, unsigned n) {
    uint64_t v = 0;
    for (unsigned i = 0; i < n && in->p < in->end; i++)
        v |= (uint64_t)*in->p++ << 8 * i;
    return v;
}

/* The next part of the input, n bytes or what is left; *got says how many. Its copy is as large as it is, so that the
 * sanitizer sees a read beyond. The caller frees it. */
static inline void *fuzz_part(struct fuzz_in *in, size_t n, size_t *got) {
    size_t left = (size_t)(in->end - in->p);
    *got = n < left ? n : left;
    uint8_t *copy = malloc(*got ? *got : 1);
    if (!copy)
        abort();
    memcpy(copy, in->p, *got);
    in->p += *got;
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
