/* SPDX-License-Identifier: BSD-2-Clause */
/* Branches, calls, returns, indirect jumps. */
#include "tests/bench/suite/bench.h"

#include <string.h>

/* ---- sort ---- */

static void swap(uint32_t *a, uint32_t *b) {
    uint32_t t = *a;
    *a = *b;
    *b = t;
}

static void quicksort(uint32_t *a, long lo, long hi) {
    while (lo < hi) {
        uint32_t pivot = a[lo + (hi - lo) / 2];
        long i = lo, j = hi;
        while (i <= j) {
            while (a[i] < pivot)
                i++;
            while (a[j] > pivot)
                j--;
            if (i <= j)
                swap(&a[i++], &a[j--]);
        }
        if (j - lo < hi - i) {
            quicksort(a, lo, j);
            lo = i;
        } else {
            quicksort(a, i, hi);
            hi = j;
        }
    }
}

static void sift(uint32_t *a, long at, long n) {
    for (long child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && a[child + 1] > a[child])
            child++;
        if (a[at] >= a[child])
            return;
        swap(&a[at], &a[child]);
    }
}

static void heapsort(uint32_t *a, long n) {
    for (long i = n / 2; i-- > 0;)
        sift(a, i, n);
    for (long i = n; i-- > 1;) {
        swap(&a[0], &a[i]);
        sift(a, 0, i);
    }
}

static long lower_bound(const uint32_t *a, long n, uint32_t key) {
    long lo = 0;
    while (n > 0) {
        long half = n / 2;
        if (a[lo + half] < key) {
            lo += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return lo;
}

uint64_t row_sort(void) {
    enum { N = 100000 };
    uint32_t *from = must_alloc(N * 4), *a = must_alloc(N * 4);
    uint64_t h = 0;
    seed(77);
    for (long i = 0; i < N; i++)
        from[i] = (uint32_t)rnd();
    bench_begin();
    for (long r = scaled(24); r > 0; r--) {
        from[r % N] += 12345;
        memcpy(a, from, N * 4);
        if (r & 1)
            quicksort(a, 0, N - 1);
        else
            heapsort(a, N);
        for (long i = 0; i < 20000; i++)
            h += (uint64_t)lower_bound(a, N, (uint32_t)i * 2654435761u) << (i & 7);
        h = h * 31 + a[r];
    }
    bench_end();
    return h;
}

/* ---- calls: the compiler must not inline, clone or turn calls into loops ---- */

#pragma GCC push_options
#pragma GCC optimize("no-optimize-sibling-calls,no-inline,no-ipa-cp")
NOINLINE static long fib(long n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

NOINLINE static long ackermann(long m, long n) {
    return !m ? n + 1 : ackermann(m - 1, n ? ackermann(m, n - 1) : 1);
}

NOINLINE static long takeuchi(long x, long y, long z) {
    return y >= x ? z : takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

NOINLINE static long queens(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
    long found = 0;
    if (columns == all)
        return 1;
    for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
        uint32_t bit = free & -free;
        found += queens(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return found;
}
#pragma GCC pop_options

uint64_t row_calls(void) {
    uint64_t sum = 0;
    bench_begin();
    for (long r = scaled(40); r > 0; r--)
        sum = sum * 31 + (uint64_t)(fib(27 + r % 2) + ackermann(2, 400 + r) + takeuchi(14, 8, r % 5) +
                                    queens(255, 0, 0, 0));
    bench_end();
    return sum;
}

/* ---- interp: a register machine; its programs are a sieve, a string hash and nested loops ---- */

enum op { LI, ADD, ADDI, SUB, MUL, AND, XOR, SHR, LD, ST, JMP, JLT, JNE, MOV, CALL, RET, HALT };
struct insn {
    uint8_t op, d, a, b;
    int32_t imm;
};

/* d, a and b are registers of 16; memory is 64 KiB of words, addressed modulo its size. */
NOINLINE static uint64_t interpret(const struct insn *code, uint64_t *mem, uint64_t limit) {
    static const void *const label[] = {
        [LI] = &&op_li, [ADD] = &&op_add, [ADDI] = &&op_addi, [SUB] = &&op_sub, [MUL] = &&op_mul, [AND] = &&op_and,
        [XOR] = &&op_xor, [SHR] = &&op_shr, [LD] = &&op_ld, [ST] = &&op_st, [JMP] = &&op_jmp, [JLT] = &&op_jlt,
        [JNE] = &&op_jne, [MOV] = &&op_mov, [CALL] = &&op_call, [RET] = &&op_ret, [HALT] = &&op_halt};
    uint64_t r[16] = {[15] = limit};
    const struct insn *stack[64], *i = code;
    unsigned sp = 0;
#define NEXT(to) \
    do { \
        i = (to); \
        goto *label[i->op]; \
    } while (0)
    goto *label[i->op];
op_li: r[i->d] = (uint64_t)(int64_t)i->imm; NEXT(i + 1);
op_add: r[i->d] = r[i->a] + r[i->b]; NEXT(i + 1);
op_addi: r[i->d] = r[i->a] + (uint64_t)(int64_t)i->imm; NEXT(i + 1);
op_sub: r[i->d] = r[i->a] - r[i->b]; NEXT(i + 1);
op_mul: r[i->d] = r[i->a] * r[i->b]; NEXT(i + 1);
op_and: r[i->d] = r[i->a] & r[i->b]; NEXT(i + 1);
op_xor: r[i->d] = r[i->a] ^ r[i->b]; NEXT(i + 1);
op_shr: r[i->d] = r[i->a] >> (i->imm & 63); NEXT(i + 1);
op_ld: r[i->d] = mem[(r[i->a] + (uint64_t)(int64_t)i->imm) & 8191]; NEXT(i + 1);
op_st: mem[(r[i->a] + (uint64_t)(int64_t)i->imm) & 8191] = r[i->d]; NEXT(i + 1);
op_jmp: NEXT(i + i->imm);
op_jlt: NEXT(r[i->a] < r[i->b] ? i + i->imm : i + 1);
op_jne: NEXT(r[i->a] != r[i->b] ? i + i->imm : i + 1);
op_mov: r[i->d] = r[i->a]; NEXT(i + 1);
op_call: stack[sp++ & 63] = i + 1; NEXT(i + i->imm);
op_ret: NEXT(stack[--sp & 63]);
op_halt: return r[0];
#undef NEXT
}

/* The primes below 8192 counted by a sieve, hashed, and again until r15 rounds are done. r0: the hash. */
static const struct insn program[] = {
    /*  0 */ {LI, 1, 0, 0, 0},
    /*  1 */ {LI, 2, 0, 0, 8192},
    /*  2 */ {LI, 9, 0, 0, 31},
    /*  3 round: clear the memory */ {LI, 3, 0, 0, 0},
    /*  4 */ {LI, 4, 0, 0, 0},
    /*  5 */ {ST, 4, 3, 0, 0},
    /*  6 */ {ADDI, 3, 3, 0, 1},
    /*  7 */ {JLT, 0, 3, 2, -2},
    /*  8 sieve: i */ {LI, 3, 0, 0, 2},
    /*  9 */ {LD, 5, 3, 0, 0},
    /* 10 */ {JNE, 0, 5, 4, 3},
    /* 11 */ {CALL, 0, 0, 0, 13},
    /* 12 */ {ADDI, 0, 0, 0, 1},
    /* 13 */ {ADDI, 3, 3, 0, 1},
    /* 14 */ {JLT, 0, 3, 2, -5},
    /* 15 hash of all words */ {LI, 3, 0, 0, 0},
    /* 16 */ {LD, 5, 3, 0, 0},
    /* 17 */ {MUL, 0, 0, 9, 0},
    /* 18 */ {XOR, 0, 0, 5, 0},
    /* 19 */ {ADDI, 3, 3, 0, 1},
    /* 20 */ {JLT, 0, 3, 2, -4},
    /* 21 */ {ADDI, 1, 1, 0, 1},
    /* 22 */ {JLT, 0, 1, 15, -19},
    /* 23 */ {HALT, 0, 0, 0, 0},
    /* 24 strike(r3): its multiples */ {ADD, 6, 3, 3, 0},
    /* 25 */ {JLT, 0, 6, 2, 2},
    /* 26 */ {RET, 0, 0, 0, 0},
    /* 27 */ {SHR, 7, 6, 0, 1},
    /* 28 */ {AND, 7, 7, 9, 0},
    /* 29 */ {ADDI, 7, 7, 0, 1},
    /* 30 */ {ST, 7, 6, 0, 0},
    /* 31 */ {ADD, 6, 6, 3, 0},
    /* 32 */ {SUB, 8, 6, 3, 0},
    /* 33 */ {MOV, 10, 8, 0, 0},
    /* 34 */ {JMP, 0, 0, 0, -9},
};

uint64_t row_interp(void) {
    uint64_t *mem = must_alloc(8192 * 8);
    bench_begin();
    uint64_t sum = interpret(program, mem, (uint64_t)scaled(200));
    bench_end();
    return sum;
}

/* ---- indirect: tables of functions, chosen at random and as objects do ---- */

struct object {
    uint64_t (*const *methods)(struct object *o, uint64_t x);
    uint64_t state;
};

#define METHOD(name, expression) \
    NOINLINE static uint64_t name(struct object *o, uint64_t x) { return o->state += (expression); }
METHOD(add1, x + 1)
METHOD(twice, x * 2 + 3)
METHOD(shift, x >> 3)
METHOD(mask, x & 0xffff)
METHOD(mixed, x ^ x >> 7)
METHOD(rotated, x << 5 | x >> 59)
METHOD(tripled, x * 3)
METHOD(negated, ~x)
#undef METHOD

typedef uint64_t (*method)(struct object *, uint64_t);
static const method classes[4][4] = {{add1, twice, shift, mask}, {mixed, rotated, tripled, negated},
                                     {shift, tripled, add1, mixed}, {negated, mask, rotated, twice}};

uint64_t row_indirect(void) {
    enum { OBJECTS = 64, ORDER = 128 };
    struct object o[OBJECTS];
    static uint8_t which[ORDER];
    uint64_t x = 1;
    seed(3);
    for (int i = 0; i < OBJECTS; i++)
        o[i] = (struct object){classes[rnd() % 4], (uint64_t)i};
    for (int i = 0; i < ORDER; i++)
        which[i] = (uint8_t)(rnd() % OBJECTS);
    bench_begin();
    for (long r = scaled(300000); r > 0; r--)
        for (int i = 0; i < ORDER; i++) {
            struct object *p = &o[which[i]];
            x += p->methods[i & 3](p, x);
        }
    bench_end();
    return x;
}
