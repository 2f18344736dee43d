/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs of csmith expect from their header (the package has none): arithmetic that is defined for all operands,
 * and a checksum of the global variables. An operation that C leaves undefined gives its first operand. The same text
 * is compiled for the host and for the guest, so what is given then does not matter as long as it is the same. */
#ifndef PYRITE_TESTS_CSMITH_H
#define PYRITE_TESTS_CSMITH_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SAFE static inline __attribute__((unused))

/* For one signed and one unsigned type of a width: s, u, bits, smallest value. */
#define SAFE_MATH(s, u, bits, min)                                                                                     \
    SAFE s safe_unary_minus_func_##s##_s(s a) { return a == (min) ? a : (s)-a; }                                       \
    SAFE u safe_unary_minus_func_##u##_u(u a) { return (u)-a; }                                                        \
    SAFE s safe_add_func_##s##_s_s(s a, s b) {                                                                         \
        s r;                                                                                                           \
        return __builtin_add_overflow(a, b, &r) ? a : r;                                                               \
    }                                                                                                                  \
    SAFE s safe_sub_func_##s##_s_s(s a, s b) {                                                                         \
        s r;                                                                                                           \
        return __builtin_sub_overflow(a, b, &r) ? a : r;                                                               \
    }                                                                                                                  \
    SAFE s safe_mul_func_##s##_s_s(s a, s b) {                                                                         \
        s r;                                                                                                           \
        return __builtin_mul_overflow(a, b, &r) ? a : r;                                                               \
    }                                                                                                                  \
    SAFE s safe_div_func_##s##_s_s(s a, s b) { return b == 0 || (a == (min) && b == -1) ? a : (s)(a / b); }            \
    SAFE s safe_mod_func_##s##_s_s(s a, s b) { return b == 0 || (a == (min) && b == -1) ? a : (s)(a % b); }            \
    SAFE u safe_add_func_##u##_u_u(u a, u b) { return (u)(a + b); }                                                    \
    SAFE u safe_sub_func_##u##_u_u(u a, u b) { return (u)(a - b); }                                                    \
    SAFE u safe_mul_func_##u##_u_u(u a, u b) { return (u)((uint64_t)a * b); }                                          \
    SAFE u safe_div_func_##u##_u_u(u a, u b) { return b == 0 ? a : (u)(a / b); }                                       \
    SAFE u safe_mod_func_##u##_u_u(u a, u b) { return b == 0 ? a : (u)(a % b); }                                       \
    SAFE s safe_lshift_func_##s##_s_s(s a, int b) { return b < 0 || b >= bits ? a : (s)((u)a << b); }                  \
    SAFE s safe_lshift_func_##s##_s_u(s a, unsigned b) { return b >= bits ? a : (s)((u)a << b); }                      \
    SAFE u safe_lshift_func_##u##_u_s(u a, int b) { return b < 0 || b >= bits ? a : (u)(a << b); }                     \
    SAFE u safe_lshift_func_##u##_u_u(u a, unsigned b) { return b >= bits ? a : (u)(a << b); }                         \
    SAFE s safe_rshift_func_##s##_s_s(s a, int b) { return b < 0 || b >= bits ? a : (s)(a >> b); }                     \
    SAFE s safe_rshift_func_##s##_s_u(s a, unsigned b) { return b >= bits ? a : (s)(a >> b); }                         \
    SAFE u safe_rshift_func_##u##_u_s(u a, int b) { return b < 0 || b >= bits ? a : (u)(a >> b); }                     \
    SAFE u safe_rshift_func_##u##_u_u(u a, unsigned b) { return b >= bits ? a : (u)(a >> b); }

SAFE_MATH(int8_t, uint8_t, 8, INT8_MIN)
SAFE_MATH(int16_t, uint16_t, 16, INT16_MIN)
SAFE_MATH(int32_t, uint32_t, 32, INT32_MIN)
SAFE_MATH(int64_t, uint64_t, 64, INT64_MIN)

/* Results stay where a conversion to any integer type is defined. */
#define SAFE_FLOAT(t, name, op)                                                                                        \
    SAFE t safe_##name##_func_##t##_f_f(t a, t b) {                                                                    \
        t r = a op b;                                                                                                  \
        return r > -120 && r < 120 ? r : (t)1.25;                                                                      \
    }
#define SAFE_FLOATS(t) SAFE_FLOAT(t, add, +) SAFE_FLOAT(t, sub, -) SAFE_FLOAT(t, mul, *) SAFE_FLOAT(t, div, /)
SAFE_FLOATS(float)
SAFE_FLOATS(double)
SAFE int32_t safe_convert_func_float_to_int32_t(float a) { return a > -1e9f && a < 1e9f ? (int32_t)a : 7; }

static uint64_t checksum = 0xcbf29ce484222325;

SAFE void transparent_crc_bytes(const void *p, size_t n, const char *name, int print) {
    const unsigned char *b = p;
    for (size_t i = 0; i < n; i++)
        checksum = (checksum ^ b[i]) * 0x100000001b3;
    if (print)
        printf("%s %016lx\n", name, checksum);
}
SAFE void transparent_crc(uint64_t v, const char *name, int print) { transparent_crc_bytes(&v, sizeof v, name, print); }
SAFE void crc32_gentab(void) {}
static const uint32_t crc32_context = UINT32_MAX;
SAFE void platform_main_begin(void) {}
SAFE void platform_main_end(uint32_t crc, int print) {
    (void)crc, (void)print;
    printf("checksum %016lx\n", checksum);
}

#endif
