/* SPDX-License-Identifier: BSD-2-Clause */
/* The text console of the kernel, hosted: what sequences do to the cells and pixels, then random bytes on screens of
 * odd sizes (meant for the sanitizer build). Includes the driver, so that it sees the cells. */
#include <stdio.h>
#include <stdlib.h>

#include "kernel/drivers/fbcon.c"

enum { WIDTH = 200, HEIGHT = 112, STRIDE = 208, ROUNDS = 300, BYTES = 20000 }; /* 25 x 7 cells */

static uint32_t *screen;
static unsigned failed;

void *vmm_map_phys(uint64_t phys, uint64_t size, unsigned flags) {
    (void)flags;
    (void)phys;
    free(screen);
    return screen = malloc(size);
}
void serial_poll(void) {}

static void fresh(uint32_t width, uint32_t height, uint32_t stride) {
    memset(&c, 0, sizeof c);
    fbcon_init(&(struct boot_fb){.base = 1 << 20,
                                 .size = (uint64_t)stride * height * 4,
                                 .width = width,
                                 .height = height,
                                 .stride = stride,
                                 .bgr = 1});
}

static void row_text(uint32_t y, char *to) {
    for (uint32_t x = 0; x < c.cols; x++) {
        to[x] = '?';
        for (char ch = ' '; ch < 127; ch++)
            if (c.want[y][x].glyph == glyph_of((uint32_t)ch))
                to[x] = ch;
    }
    uint32_t n = c.cols;
    while (n && to[n - 1] == ' ')
        n--;
    to[n] = 0;
}

/* Prints `text` on a fresh screen; row `y` must read `want`. */
static void expect(const char *name, const char *text, uint32_t y, const char *want) {
    char got[MAX_COLS + 1];
    fresh(WIDTH, HEIGHT, STRIDE);
    fbcon_write(text, strlen(text));
    row_text(y, got);
    failed += strcmp(got, want) != 0;
    printf("%s fbcon_%s", strcmp(got, want) ? "not ok" : "ok", name);
    printf(strcmp(got, want) ? ": got '%s', want '%s'\n" : "\n", got, want);
}

static void sequences(void) {
    expect("text", "hello\r\nworld", 1, "world");
    expect("wrap_after_the_last_column", "0123456789012345678901234X", 0, "0123456789012345678901234");
    expect("wrapped_goes_on", "0123456789012345678901234X", 1, "X");
    expect("no_wrap_before_newline", "0123456789012345678901234\r\nX", 1, "X");
    expect("scroll", "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8", 0, "2");
    expect("backspace", "abc\b\bX", 0, "aXc");
    expect("tab", "a\tb", 0, "a       b");
    expect("move", "\033[3;5Hx", 2, "    x");
    expect("clear_line", "abcdef\033[3D\033[K", 0, "abc");
    expect("clear_screen", "abc\r\ndef\033[2J", 1, "");
    expect("insert", "abc\033[1G\033[2@", 0, "  abc");
    expect("delete", "abcdef\033[2G\033[2P", 0, "adef");
    expect("insert_line", "1\r\n2\033[1;1H\033[L", 1, "1");
    expect("delete_line", "1\r\n2\r\n3\033[1;1H\033[M", 0, "2");
    expect("region", "1\r\n2\r\n3\033[2;3r\033[3;1H\nX", 0, "1");
    expect("utf8", "\303\244\342\224\200x", 0, "??x");
    expect("utf8_cut", "\342\224x", 0, "x");
    expect("colours_are_eaten", "\033[1;31;48;5;12ma\033[0mb", 0, "ab");
    expect("title_is_eaten", "\033]0;title\007x", 0, "x");
    expect("unknown_is_eaten", "\033[?2004h\033[>c\033(Bx", 0, "x");
    expect("big_numbers", "\033[99999999999;99999999999Hx\033[999999999Aa", 0, "                        a");
}

static uint64_t seed = 1;
static uint32_t next(uint32_t below) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(seed >> 33) % below;
}

/* Random bytes, rich in escapes. The sanitizer judges; here only that the cursor stays on the screen. */
static void random_bytes(void) {
    static const char rich[] = "\033\033\033[[[[;;;0123456789ABCDEFGHJKLMPSTXdfhlmrsu@\n\r\b\t\303\342\360\200";
    bool good = true;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t w = 160 + next(3000), h = 160 + next(600);
        fresh(w, h, w + next(16));
        for (unsigned k = 0; k < BYTES; k++) {
            char ch = next(4) ? rich[next(sizeof rich - 1)] : (char)next(256);
            fbcon_write(&ch, 1);
            good &= c.x < c.cols && c.y < c.rows && c.top < c.bottom && c.bottom <= c.rows;
        }
        if (i % 8 == 0)
            fbcon_draw(true);
    }
    failed += !good;
    printf("%s fbcon_random_bytes\n", good ? "ok" : "not ok");
}

static void pixels(void) {
    fresh(WIDTH, HEIGHT, STRIDE);
    fbcon_write("\033[?25lA", 7);
    fbcon_draw(true);
    bool good = true;
    for (unsigned y = 0; y < GLYPH_H; y++)
        for (unsigned x = 0; x < GLYPH_W; x++)
            good &= (screen[y * STRIDE + x] != 0) == (font_glyph[glyph_of('A')][y] >> (7 - x) & 1);
    good &= fbcon_due() == UINT64_MAX;
    failed += !good;
    printf("%s fbcon_pixels\n", good ? "ok" : "not ok");
}

static void bad_framebuffers(void) {
    static const struct boot_fb bad[] = {
        {.size = 0},
        {.size = 100, .width = 640, .height = 480, .stride = 640},
        {.size = 1 << 30, .width = 640, .height = 480, .stride = 100},
        {.size = 1ull << 40, .width = 100000, .height = 480, .stride = 100000},
        {.size = 1 << 20, .width = 8, .height = 16, .stride = 8},
    };
    bool good = true;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        memset(&c, 0, sizeof c);
        fbcon_init(&bad[i]);
        fbcon_write("x", 1);
        fbcon_draw(true);
        good &= !fbcon_present();
    }
    failed += !good;
    printf("%s fbcon_bad_framebuffers\n", good ? "ok" : "not ok");
}

int main(void) {
    sequences();
    pixels();
    bad_framebuffers();
    random_bytes();
    free(screen);
    return failed != 0;
}
