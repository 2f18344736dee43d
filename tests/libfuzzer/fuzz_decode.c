/* SPDX-License-Identifier: BSD-2-Clause */
/* The front end over any bytes, on any cpu model: the ops pass the verifier, the sizes are within their limits, and
 * decoder, tables and disassembler agree about the first instruction: which row, how long, legal or not. The engine's
 * part is at the end. */
#include "dbt/helper.h"
#include "dbt/rv64/cpu.h"
#include "dbt/rv64/decode.h"
#include "dbt/tb.h"
#include "tests/decode/rows.h"
#include "tests/libfuzzer/fuzz.h"

static uint16_t code[GUEST_PAGE_SIZE];
static struct tcg_ctx *tcg;
static struct rv64_model full, model;
static struct rv64_cpu hart = {.model = &model};
static struct vcpu cpu = {.arch = &hart};

static void init(void) {
    static const struct tcg_helper helpers[] = {
#define HELPER(name, ret, nargs, flags) {#name, nargs, flags, ret},
#include "dbt/helper.def"
#undef HELPER
    };
    char why[256];
    FUZZ_CHECK(rv64_model_parse(&full, NULL, why, sizeof why), "%s", why);
    tcg_set_helpers(helpers, NHELPERS);
    tcg = tcg_ctx_new();
    rv64_init_tcg(tcg);
}

static bool first_is_illegal(void) {
    unsigned n = 0;
    TCG_FOREACH (tcg, op) {
        n += op->opc == TCG_OP_insn_start;
        if (n == 1 && op->opc == TCG_OP_call && op->imm[0] == HELPER_illegal)
            return true;
    }
    return false;
}

/* The disassembler names the row, and knows the length. */
static void check_text(uint32_t bits, const struct decode_row *r) {
    char text[96];
    memset(text, 'x', sizeof text);
    unsigned len = rv64_disas(text, sizeof text, bits, 0x1000);
    FUZZ_CHECK(len == ((bits & 3) == 3 ? 4 : 2) && memchr(text, 0, sizeof text), "%#x", bits);
    if (r)
        FUZZ_CHECK(!strncmp(text, r->name, strlen(r->name)), "%#x: %s, not %s", bits, text, r->name);
    else
        FUZZ_CHECK(text[0] == '.', "%#x: %s", bits, text);
    for (size_t n = 0; n < 8; n++) {
        char *small = malloc(n + 1);
        rv64_disas(small, n, bits, 0x1000);
        free(small);
    }
}

static void check_first(uint32_t bits, bool all_fp) {
    bool legal;
    const char *twice;
    const struct decode_row *r = rows_find(&model, bits, &legal, &twice);
    struct decode_fields f = {0};
    FUZZ_CHECK(!twice, "%#x matches %s and %s", bits, r->name, twice);
    check_text(bits, r);
    if (legal) {
        r->fields(&f, bits);
        legal = f.rm != 5 && f.rm != 6;
    }
    bool is = !first_is_illegal();
    /* Without FS every use of the FPU is illegal, whatever the tables say. */
    FUZZ_CHECK(is == legal || (legal && !all_fp), "%#x (%s): decoder %s, tables %s", bits, r ? r->name : "no row",
               is ? "legal" : "illegal", legal ? "legal" : "illegal");
}

static void check_block(const struct guest_block *b) {
    uint32_t covered = 0;
    unsigned n = 0;
    const char *bad = tcg->overflow ? "the op buffer ran over" : tcg_verify(tcg);
    FUZZ_CHECK(!bad, "%s", bad);
    FUZZ_CHECK(b->size && b->size <= TB_MAX_BYTES && b->ninsns && b->ninsns <= b->max_insns &&
                   b->start_off + b->size <= GUEST_PAGE_SIZE + 2, "size %u, %u instructions", b->size, b->ninsns);
    TCG_FOREACH (tcg, op) {
        if (op->opc != TCG_OP_insn_start)
            continue;
        FUZZ_CHECK((uint32_t)op->imm[0] == b->start_off + covered, "instruction %u at %#x", n, (unsigned)op->imm[0]);
        covered += (uint32_t)op->imm[2];
        n++;
    }
    FUZZ_CHECK(covered == b->size && n == b->ninsns, "%u of %u bytes, %u of %u instructions", covered, b->size, n,
               b->ninsns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_in in = {data, data + size};
    if (!tcg)
        init();
    unsigned how = (unsigned)fuzz_take(&in, 1), off = (unsigned)fuzz_take(&in, 2) % GUEST_PAGE_SIZE & ~1u;
    uint64_t flags = how & 1 ? TBF_FS | TBF_FS_DIRTY : fuzz_take(&in, 2) & (2 * TBF_COUNT - 1);
    model = full;
    for (unsigned i = 0; i < (how >> 1 & 3); i++) {
        unsigned e = (unsigned)fuzz_take(&in, 1) % RV64_NEXT;
        model.ext[e / 64] &= ~((uint64_t)1 << (e & 63));
    }
    size_t left = (size_t)(in.end - in.p), room = sizeof code - off, n = left < room ? left : room;
    memset(code, 0, sizeof code);
    memcpy((uint8_t *)code + off, in.p, n);
    struct guest_block b = {
        .tcg = tcg, .cpu = &cpu, .start_off = off, .flags = flags, .max_insns = TB_MAX_INSNS, .pc = 0x1000 + off};
    tcg_begin(tcg, 1, off);
    if (!rv64_gen_intermediate_code(&b))
        return 0;
    check_block(&b);
    check_first(code[off / 2] | (uint32_t)code[off / 2 + 1] << 16, how & 1);
    return 0;
}

/* ---- what the engine would do ---- */

uint32_t plat_log_mask = UINT32_MAX; /* -d unimp and in_asm format their text, too */

void plat_log(const char *fmt, ...) {
    char line[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
}

void *plat_alloc(size_t size) { return calloc(1, size); }

_Noreturn void plat_panic(const char *fmt, ...) {
    fprintf(stderr, "%s\n", fmt);
    abort();
}

/* Two pages are there; beyond them nothing is. */
bool tb_fetch16(struct guest_block *b, uint32_t off, bool raise, uint16_t *out) {
    (void)b, (void)raise;
    if (off / 2 >= sizeof code / sizeof *code)
        return false;
    *out = code[off / 2];
    return true;
}
