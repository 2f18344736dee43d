/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU models: what the profiles demand, what switching an extension on or off brings along, messages, the names that
 * others read (misa, riscv,isa), and the CSRs of an extension that is off. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rv64/fake.h"

static struct rv64_model m;
static char why[RV64_WHY];

static bool parse(const char *text) {
    *why = 0;
    bool ok = rv64_model_parse(&m, text, why, sizeof why);
    CHECK(ok == !*why);
    return ok;
}
static bool says(const char *text, const char *message) { return !parse(text) && !strcmp(why, message); }

static int ext_of(const char *name, size_t len) {
    for (int e = 0; e < RV64_NEXT; e++)
        if (strlen(rv64_ext_names[e]) == len && !memcmp(rv64_ext_names[e], name, len))
            return e;
    return -1;
}

/* Each of these names is on (off). */
static bool all(const char *names, bool on) {
    for (size_t n; *names; names += n + (names[n] == ' ')) {
        n = strcspn(names, " ");
        int e = ext_of(names, n);
        if (e < 0 || rv64_has(&m, (enum rv64_ext)e) != on)
            return false;
    }
    return true;
}

/* ---- profiles ---------------------------------------------------------------------------------------------------- */

/* Exactly these are on. */
static void exactly(const char *names) {
    bool want[RV64_NEXT] = {0};
    for (size_t n; *names; names += n + (names[n] == ' ')) {
        n = strcspn(names, " ");
        int e = ext_of(names, n);
        CHECK(e >= 0);
        if (e >= 0)
            want[e] = true;
    }
    for (int e = 0; e < RV64_NEXT; e++)
        if (rv64_has(&m, (enum rv64_ext)e) != want[e])
            unit_fail(__FILE__, __LINE__, rv64_ext_names[e], !want[e], want[e]);
}

/* "RISC-V Profiles" 1.0, RVA20U64 and RVA20S64 Mandatory; the last two lines are what these names stand for. */
#define RVA20                                                                                                          \
    "i m a f d c zicsr zicntr ziccif ziccrse ziccamoa zicclsm zifencei svbare sv39 svade ssccptr sstvecd sstvala "    \
    "zmmul zaamo zalrsc zca zcd "
UNIT_TEST(model_rva20s64) {
    CHECK(parse("rva20s64"));
    exactly(RVA20 "za128rs");
    CHECK(!strcmp(m.mmu_type, "riscv,sv39"));
}

/* RVA22U64 and RVA22S64 Mandatory; b is zba, zbb and zbs. */
UNIT_TEST(model_rva22s64) {
    CHECK(parse("rva22s64"));
    exactly(
        RVA20
        "za64rs zihpm zihintpause zba zbb zbs b zic64b zicbom zicbop zicboz zfhmin zkt sscounterenw svpbmt svinval");
    CHECK(parse("rva22s64,sstc=on,sv57=on,zks=true") && all("sstc sv57 sv48 zks zksed zksh zbkx", true) &&
          all("zkn zknd", false));
}

/* What is over the profiles is in rv64, too. */
UNIT_TEST(model_rv64_has_everything) {
    CHECK(parse("rv64"));
    for (int e = 0; e < RV64_NEXT; e++)
        if (e != EXT_za128rs && e != EXT_svade) /* za64rs is the stronger, svadu the other scheme */
            CHECK(rv64_has(&m, (enum rv64_ext)e));
    struct rv64_model rv64 = m;
    CHECK(parse("max") && !memcmp(&m, &rv64, sizeof m));
    CHECK(parse(NULL) && !memcmp(&m, &rv64, sizeof m));
    CHECK(parse("rv64,v=off,h=false,mmu=on,pmp=true") && !memcmp(&m, &rv64, sizeof m));
}

/* ---- on and off -------------------------------------------------------------------------------------------------- */

UNIT_TEST(model_off_takes_what_needs_it) {
    CHECK(parse("rv64,f=off") && all("f d zfa zfh zfhmin zfbfmin zcd", false) && all("zicsr zca c zcb", true));
    CHECK(parse("rv64,c=off") && all("c zca zcd zcb zcmop", false) && all("f d", true));
    CHECK(parse("rv64,zcd=off") && all("c zcd", false) && all("zca zcb d", true));
    CHECK(parse("rv64,a=off") && all("a zaamo zalrsc zacas zabha zawrs ziccamoa ziccrse za64rs", false));
    CHECK(parse("rv64,zalrsc=off") && all("a zalrsc zawrs", false) && all("zaamo zacas zabha", true));
    CHECK(parse("rv64,m=off") && all("m zmmul", false));
    CHECK(parse("rv64,m=off,zmmul=on") && all("m", false) && all("zmmul", true));
    CHECK(parse("rv64,b=off") && all("b zba zbb zbs", false) && all("zbc zbkb", true));
    CHECK(parse("rv64,zbb=off") && all("b zbb", false) && all("zba zbs", true));
    CHECK(parse("rv64,zkn=off") && all("zk zkn zknd zkne zknh zbkb zbkc zbkx zks", false) &&
          all("zksed zksh zkr zkt", true));
    CHECK(parse("rv64,zkn=off,zknd=on") && all("zknd", true) && all("zkn zkne", false));
    CHECK(parse("rv64,zkn=off,zks=on") && all("zks zbkb zbkc zbkx zksed", true) && all("zkn zk zknd", false));
    CHECK(parse("rv64,sv39=off") && all("sv39 sv48 sv57 svnapot svpbmt", false) && !m.mmu_type);
    CHECK(parse("rv64,sv57=off") && !strcmp(m.mmu_type, "riscv,sv48"));
    CHECK(parse("rv64,zbb=off,zbb=on") && all("b zbb", true)); /* the last word counts */
}

UNIT_TEST(model_on_brings_what_it_needs) {
    CHECK(parse("rva20s64,zfh=on") && all("zfh zfhmin f", true) && all("zfa", false));
    CHECK(parse("rva20s64,b=on") && all("b zba zbb zbs", true));
    CHECK(parse("rva20s64,zba=on,zbb=on,zbs=on") && all("b", true));
    CHECK(parse("rva20s64,zk=on") && all("zk zkn zkr zkt zbkb zbkc zbkx zknd zkne zknh", true) &&
          all("zks zksed", false));
    CHECK(parse("rva20s64,sscofpmf=on") && all("zihpm", true));
    CHECK(parse("rva20s64,f=off,d=off,c=on") && all("c zca", true) && all("zcd f d", false));
}

UNIT_TEST(model_contradictions) {
    CHECK(says("rv64,d=on,f=off", "d=on needs f, but f=off"));
    CHECK(says("rv64,f=off,d=on", "d=on needs f, but f=off"));
    CHECK(says("rv64,zfh=on,zfhmin=off", "zfh=on needs zfhmin, but zfhmin=off"));
    CHECK(says("rv64,zicsr=off,d=on", "d=on needs zicsr, but zicsr=off"));
    CHECK(says("rv64,c=off,zcb=on", "zcb=on needs zca, which c=off switches off"));
    CHECK(says("rv64,zk=on,zkn=off", "zk=on needs zkn, but zkn=off"));
    CHECK(says("rv64,zk=on,zkne=off", "zk=on needs zkne, but zkne=off"));
    CHECK(says("rv64,b=off,zba=on,zbb=on,zbs=on", "b=off, but all that b stands for is on: zba zbb zbs"));
    CHECK(says("rv64,i=off", "i=off: there is no processor without it"));
    CHECK(says("rv64,v=on", "v=on: there is only v=off"));
}

UNIT_TEST(model_unknown_names) {
    CHECK(says("rv65", "unknown cpu model 'rv65'; known: rv64 rva20s64 rva22s64 max"));
    CHECK(says("", "unknown cpu model ''; known: rv64 rva20s64 rva22s64 max"));
    CHECK(says("rv64,zbb", "'zbb' must be zbb=on or zbb=off"));
    CHECK(says("rv64,zbb=1", "'zbb=1' must be zbb=on or zbb=off"));
    CHECK(!parse("rv64,zbbb=on") && strstr(why, "unknown extension 'zbbb'; known: i m a f d c b "));
    for (int e = 0; e < RV64_NEXT; e++) { /* each is listed: nothing is cut off */
        char word[24] = " ";
        strcat(word, rv64_ext_names[e]);
        CHECK(strstr(why, word) != NULL);
    }
    CHECK(!parse("rv64,") && strstr(why, "unknown extension ''; known: "));
    char small[8];
    CHECK(!rv64_model_parse(&m, "rv65", small, sizeof small) && !strcmp(small, "unknown"));
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* Place of a name in the ISA string: letters, then Z by the letter after it, then Ss and Sv, then Sm (unprivileged
 * spec, "ISA Extension Naming Conventions"); alphabetical where this is the same. */
static int place(const char *name) {
    static const char letters[] = "imafdqlcbkjtpvnh";
    if (!name[1])
        return (int)(strchr(letters, name[0]) - letters);
    if (*name == 'z')
        return 100 + (int)(strchr(letters, name[1]) - letters);
    return name[1] == 'm' ? 300 : 200;
}

UNIT_TEST(model_canonical_order) {
    for (int e = 1; e < RV64_NEXT; e++) {
        const char *a = rv64_ext_names[e - 1], *b = rv64_ext_names[e];
        if (place(a) > place(b) || (place(a) == place(b) && strcmp(a, b) >= 0))
            unit_fail(__FILE__, __LINE__, b, (uint64_t)place(b), (uint64_t)place(a));
    }
}

UNIT_TEST(model_names_for_others) {
    CHECK(parse("rv64") && !strncmp(m.isa, "rv64imafdcb_zic64b_zicbom_", 26) && !strstr(m.isa, "sv39"));
    CHECK_EQ(m.misa, 2ull << 62 | 0x14112f); /* A B C D F I M S U */
    CHECK(parse("rva20s64") && !strncmp(m.isa, "rv64imafdc_ziccamoa_", 20));
    CHECK_EQ(m.misa, 2ull << 62 | 0x14112d);
    CHECK(parse("rv64,f=off,c=off") && !strncmp(m.isa, "rv64imab_", 9) && !strcmp(m.isa_ext[3], "b"));
    CHECK_EQ(m.misa, 2ull << 62 | 0x141103);
}

/* ---- CSRs -------------------------------------------------------------------------------------------------------- */

enum { EXT_base = RV64_NEXT };
static const struct {
    uint16_t num, count, ext;
} csrs[] = {
#define CSR(number, count, name, ext, check, read, write) {number, count, EXT_##ext},
#define CSR_FIELD(number, name, ext, field, mask) {number, 1, EXT_##ext},
#include "dbt/rv64/csr.def"
#undef CSR
#undef CSR_FIELD
};

/* Each access that may be is legal, or not; in M-mode with all enables on. */
static void csrs_of(int ext, bool legal) {
    for (unsigned i = 0; i < sizeof csrs / sizeof *csrs; i++) {
        for (unsigned k = 0; csrs[i].ext == ext && k < csrs[i].count; k++) {
            unsigned num = csrs[i].num + k;
            bool is = num >> 10 == 3 ? csr_readable(num) : csr_writable(num);
            if (is != legal)
                unit_fail(__FILE__, __LINE__, rv64_ext_names[ext], num, legal);
        }
    }
}

UNIT_TEST(model_csrs_need_their_extension) {
    char text[64];
    fake_reset();
    const struct rv64_model *was = r->model;
    r->mstatus |= MSTATUS_FS;
    for (int e = EXT_i + 1; e < RV64_NEXT; e++) {
        csrs_of(e, true);
        snprintf(text, sizeof text, "rv64,%s=off", rv64_ext_names[e]);
        CHECK(parse(text));
        r->model = &m;
        csrs_of(e, false);
        r->model = was;
    }
}
