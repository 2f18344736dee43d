/* SPDX-License-Identifier: BSD-2-Clause */
/* The x86 encoder against nasm: x86-enc DIR
 * For every row of tcg/x86/enc.def, registers, operand sizes, immediates and memory operands (with the special cases
 * of rsp, rbp, r12, r13) are encoded and written as nasm source to DIR; nasm's bytes must be the same. Where nasm has
 * a choice that it makes differently (reg, reg with two opcodes; short forms of rax) the case is left out or checked
 * by its mirror image. The disassembler has to read back each of them. Prints "ok x86-enc" or what differs. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcg/x86/asm.h"

enum { MAX_BYTES = 1 << 22, MAX_LINES = 1 << 19 };
static uint8_t bytes[MAX_BYTES], *end = bytes;
static uint32_t line_at[MAX_LINES];
static unsigned lines;
static FILE *src;
static char said[160]; /* what the disassembler should say of the line */
static unsigned misread;

static const char *const r64[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                  "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
static const char *const r32[] = {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi",
                                  "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"};
static const char *const r16[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di",
                                  "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"};
static const char *const r8[] = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil",
                                 "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"};
static const char *const xmm[] = {"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                                  "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"};
static const char *const cc[] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                 "s", "ns", "p", "np", "l", "ge", "le", "g"};

static unsigned bits(unsigned size, bool w) { return size == X86_SP ? (w ? 64 : 32) : size == X86_SQ ? 64 : size; }

static const char *reg_name(unsigned size, bool w, unsigned r) {
    switch (bits(size, w)) {
    case 8: return r8[r];
    case 16: return r16[r];
    case 32: return r32[r];
    case 64: return r64[r];
    default: return xmm[r];
    }
}

static const char *mem_name(unsigned size, bool w, struct x86_mem m) {
    static char text[80];
    static const char *const word[] = {[8] = "byte ", [16] = "word ", [32] = "dword ", [64] = "qword "};
    const char *s = size == X86_SX ? "" : word[bits(size, w)];
    int n = snprintf(text, sizeof text, "%s[%s", s, r64[m.base]);
    if (m.index >= 0)
        n += snprintf(text + n, sizeof text - (size_t)n, "+%s*%d", r64[m.index], 1 << m.shift);
    snprintf(text + n, sizeof text - (size_t)n, m.disp ? "%+d]" : "]", m.disp);
    return text;
}

static void start(void) {
    line_at[lines++] = (uint32_t)(end - bytes);
    if (lines == MAX_LINES || end > bytes + MAX_BYTES - 64) {
        fprintf(stderr, "x86-enc: too many cases\n");
        exit(2);
    }
}

static void emit(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void emit(const char *fmt, ...) {
    va_list ap;
    size_t n = strlen(said);
    va_start(ap, fmt);
    vsnprintf(said + n, sizeof said - n, fmt, ap);
    va_end(ap);
    fputs(said + n, src);
}

/* What was encoded last, read back. nasm's "strict" and names in capitals are not the disassembler's. */
static void read_back(void) {
    char got[160];
    const uint8_t *p = bytes + line_at[lines - 1];
    unsigned n = x86_disas(got, sizeof got, p, 0);
    for (char *c = said; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c |= 0x20;
    if (said[0] && said[strlen(said) - 1] == ' ')
        said[strlen(said) - 1] = 0;
    if ((n != (unsigned)(end - p) || strcmp(got, said)) && misread++ < 5)
        printf("disassembled as \"%s\", %u bytes; encoded as \"%s\", %u\n", got, n, said, (unsigned)(end - p));
}

/* The text of one instruction; rm: the register or memory operand. */
static void text(const struct x86_enc *e, bool w, unsigned reg, unsigned v, const char *rm, int64_t imm) {
    const char *r = reg_name(e->rsize, w, reg), *vn = reg_name(e->rsize == X86_S0 ? X86_SP : e->rsize, w, v);
    char name[20];
    snprintf(name, sizeof name, "%s", e->name);
    if (!strcmp(name, "seto") || !strcmp(name, "cmovo"))
        strcpy(name + strlen(name) - 1, cc[v]);
    said[0] = 0;
    emit("%s ", name);
    switch (e->form) {
    case X86_RM: case X86_V2: emit("%s, %s", r, rm); break;
    case X86_MR: case X86_V2M: emit("%s, %s", rm, r); break;
    case X86_M: case X86_O: emit("%s", rm); break;
    case X86_V: case X86_VW: emit("%s, %s, %s", r, vn, rm); break;
    case X86_VS: emit("%s, %s, %s", r, rm, vn); break;
    default: break;
    }
    if (e->form == X86_M && e->op == 0xd3)
        emit(", cl");
    if (e->imm) {
        emit(", ");
        /* without a size nasm -O0 takes all of 32 bits */
        fputs(e->imm == 1        ? (e->op == 0xa4 ? "" : "strict byte ")
              : e->imm == 2      ? "strict word "
              : e->imm == 9 && w ? "strict qword "
              : e->op == 0xc7    ? "strict dword "
                                 : "",
              src);
        emit(imm > -1024 && imm < 1024 ? "%lld" : "0x%llx", (long long)imm);
    }
    read_back();
    fputs("\n", src);
}

static bool vex(const struct x86_enc *e) { return e->form >= X86_V; }
static bool has_v(const struct x86_enc *e) {
    return (vex(e) && e->form < X86_V2) || !strcmp(e->name, "seto") || !strcmp(e->name, "cmovo");
}

/* nasm writes reg, reg with the other opcode, or has a shorter form. */
static bool ambiguous(enum x86_id id, bool w, unsigned rm) {
    const struct x86_enc *e = &x86_encs[id];
    bool alu = e->map == 0 && e->op < 0x40;
    if ((alu || id == X86_MOV_RM) && e->form == X86_RM)
        return true;
    if (id == X86_XCHG || id == X86_XCHG8 || id == X86_XCHG16)
        return true;
    if (id == X86_LEA || id == X86_STMXCSR || id == X86_LDMXCSR || id == X86_MOVSD_MR || id == X86_MOVSS_MR ||
        id == X86_MOVAPS_MR)
        return true;
    if (id == X86_MOV_I32 && !w)
        return true;
    return (id == X86_MOV8_I8 || id == X86_MOV16_I16 ||
            (e->imm == 4 && e->form == X86_M && rm == 0 && id != X86_MOV_I32) || (id == X86_TEST8_I8 && rm == 0));
}

static const int64_t imms[] = {5, -3, 100};

static void with_reg(enum x86_id id, bool w, unsigned reg, unsigned v, unsigned rm) {
    const struct x86_enc *e = &x86_encs[id];
    for (unsigned i = 0; i < (e->imm ? 3 : 1); i++) {
        int64_t imm = imms[i];
        if (ambiguous(id, w, rm) || (e->imm == 1 && id != X86_TEST8_I8 && imm < 0 && e->op != 0x83 && e->op != 0x6b))
            continue;
        if (e->imm == 9)
            imm = w ? imm * 0x123456789ab : (imm & 0x7fffffff);
        start();
        end = x86_rr(end, id, w, reg, v, rm, imm);
        text(e, w, reg, v, reg_name(e->msize == X86_S0 ? e->rsize : e->msize, w, rm), imm);
    }
}

static void with_mem(enum x86_id id, bool w, unsigned reg, unsigned v, struct x86_mem m) {
    const struct x86_enc *e = &x86_encs[id];
    if (id == X86_MOVQ_XR || id == X86_MOVQ_RX || (m.index >= 0 && m.shift == 0 && (m.base & 7) == 5))
        return;
    start();
    end = x86_rm(end, id, w, reg, v, m, 77);
    text(e, w, reg, v, mem_name(e->msize, w, m), 77);
}

static void memory(enum x86_id id, bool w, unsigned reg, unsigned v) {
    static const int32_t disps[] = {0, 1, -128, 127, 128, -129, 0x12345678};
    for (unsigned base = 0; base < 16; base++)
        for (unsigned d = 0; d < 7; d++) {
            with_mem(id, w, reg, v, x86_at(base, disps[d]));
            if (base % 4 == reg % 4)
                for (unsigned x = 0; x < 16; x += 5)
                    if (x != 4)
                        with_mem(id, w, reg, v, x86_ix(base, x, x & 3, disps[d]));
        }
}

static void row(enum x86_id id, bool w) {
    const struct x86_enc *e = &x86_encs[id];
    if (e->form == X86_N) {
        start();
        end = x86_rr(end, id, w, 0, 0, 0, 0);
        text(e, w, 0, 0, "", 0);
        return;
    }
    for (unsigned reg = 0; reg < 16; reg++) {
        unsigned v = has_v(e) ? (reg * 7 + 3) & 15 : 0;
        for (unsigned rm = 0; rm < 16; rm++)
            with_reg(id, w, reg, v, rm);
        if (e->form != X86_O && (e->form == X86_M || reg % 8 == 5))
            memory(id, w, reg, v);
        if (e->form == X86_M || e->form == X86_O)
            break;
    }
}

/* ALU reg, reg: the RM rows are the MR rows mirrored; bit 1 of the opcode is the direction (SDM volume 2, B.1.4.8). */
static unsigned mirrored(void) {
    unsigned bad = 0;
    for (unsigned op = 0; op < 9; op++)
        for (unsigned reg = 0; reg < 16; reg++)
            for (unsigned rm = 0; rm < 16; rm++) {
                enum x86_id id = op < 8 ? X86_ADD_RM + 4 * op : X86_MOV_RM;
                uint8_t a[16], b[16];
                uint8_t *ea = x86_rr(a, id, true, reg, 0, rm, 0), *eb = x86_rr(b, id + 1, true, rm, 0, reg, 0);
                b[1] ^= 2;
                b[0] = (uint8_t)((b[0] & 0xf8) | (b[0] & 4) >> 2 | (b[0] & 1) << 2);
                b[2] = (uint8_t)(0xc0 | (b[2] & 7) << 3 | (b[2] >> 3 & 7));
                /* b was op rm, reg with the registers given in exchange: the same instruction */
                bad += ea - a != eb - b || a[1] != b[1];
            }
    return bad;
}

static int compare(const char *dir) {
    char cmd[600], path[300];
    static uint8_t want[MAX_BYTES];
    snprintf(cmd, sizeof cmd, "nasm -O0 -w-all -fbin -o '%s/enc.bin' '%s/enc.asm' 2>'%s/enc.err'", dir, dir, dir);
    if (system(cmd) != 0) {
        printf("not ok x86-enc: nasm refuses: see %s/enc.err\n", dir);
        return 1;
    }
    snprintf(path, sizeof path, "%s/enc.bin", dir);
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(want, 1, sizeof want, f) : 0, ours = (size_t)(end - bytes);
    if (f)
        fclose(f);
    for (unsigned i = 0; i < lines; i++) {
        uint32_t at = line_at[i], next = i + 1 < lines ? line_at[i + 1] : (uint32_t)ours;
        if (next > n || memcmp(bytes + at, want + at, next - at)) {
            printf("not ok x86-enc: line %u of %s/enc.asm differs at byte %u\n", i + 2, dir, at);
            return 1;
        }
    }
    if (n != ours || lines < 1000) {
        printf("not ok x86-enc: %zu bytes, nasm has %zu; %u cases\n", ours, n, lines);
        return 1;
    }
    printf("ok x86-enc: %u cases of %u rows\n", lines, X86_NENC);
    return 0;
}

int main(int argc, char **argv) {
    char path[300];
    const char *dir = argc > 1 ? argv[1] : "/tmp";
    snprintf(path, sizeof path, "%s/enc.asm", dir);
    src = fopen(path, "w");
    if (!src) {
        printf("not ok x86-enc: cannot write %s\n", path);
        return 1;
    }
    fprintf(src, "bits 64\n");
    for (unsigned id = 0; id < X86_NENC; id++) {
        const struct x86_enc *e = &x86_encs[id];
        row(id, false);
        if (e->rsize == X86_SP || e->msize == X86_SP)
            row(id, true);
    }
    fclose(src);
    unsigned bad = mirrored();
    if (bad)
        printf("not ok x86-enc: %u mirrored forms\n", bad);
    if (misread)
        printf("not ok x86-enc: the disassembler misreads %u cases\n", misread);
    return compare(dir) || bad || misread;
}
