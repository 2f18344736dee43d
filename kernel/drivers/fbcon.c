/* SPDX-License-Identifier: BSD-2-Clause */
/* A text console on the firmware's linear framebuffer. Characters go to a grid of cells at once and to the screen when
 * fbcon_draw() finds cells that differ from what is shown. Understands UTF-8, the usual control characters and the CSI
 * sequences of ECMA-48 that shells, less and kernels use; skips all others. */
#include "kernel/drivers/drivers.h"

#include <string.h>

#include "font.inc"
#include "kernel/mm/mm.h"
#include "kernel/plat.h"
#include "kernel/x86/paging.h"

enum { GLYPH_W = 8, GLYPH_H = 16, MAX_COLS = 256, MAX_ROWS = 160, MAX_ARGS = 8, GRAY = 7, BRIGHT = 8 };
enum { DRAW_EVERY_NS = 33000000, DRAW_SHARE = 30 }; /* at most one part in 30 of the time */

struct cell {
    uint16_t glyph;
    uint8_t fg, bg;
};
enum state { TEXT, ESC, CSI, STRING, CHARSET };

static struct {
    uint32_t *pixels;
    uint32_t stride, scale, cols, rows;
    bool bgr, dirty, cursor_on, wrap;
    uint32_t x, y, shown_x, shown_y, top, bottom, saved_x, saved_y; /* scroll region [top, bottom) */
    uint8_t fg, bg;
    bool bold, reverse;
    enum state state;
    uint32_t arg[MAX_ARGS], nargs;
    bool private;
    uint32_t utf_code, utf_left;
    uint64_t draw_at; /* not before */
    struct cell want[MAX_ROWS][MAX_COLS], shown[MAX_ROWS][MAX_COLS];
} c;
static plat_lock_t lock; /* inside it the serial port's only */

static uint16_t glyph_of(uint32_t code) {
    uint32_t lo = 0, hi = sizeof font_map / sizeof *font_map;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (font_map[mid].code == code)
            return font_map[mid].glyph;
        if (font_map[mid].code < code)
            lo = mid + 1;
        else
            hi = mid;
    }
    return code == '?' ? 0 : glyph_of('?');
}

static struct cell blank(void) {
    return (struct cell){glyph_of(' '), c.reverse ? c.bg : c.fg, c.reverse ? c.fg : c.bg};
}

static void clear(uint32_t y, uint32_t x0, uint32_t x1) {
    struct cell b = blank();
    for (uint32_t x = x0; x < x1 && x < c.cols; x++)
        c.want[y][x] = b;
}

static void scroll(int32_t n) {
    uint32_t h = c.bottom - c.top, by = (uint32_t)(n < 0 ? -n : n);
    if (by > h)
        by = h;
    if (n > 0)
        memmove(c.want[c.top], c.want[c.top + by], (h - by) * sizeof c.want[0]);
    else
        memmove(c.want[c.top + by], c.want[c.top], (h - by) * sizeof c.want[0]);
    for (uint32_t i = 0; i < by; i++)
        clear(n > 0 ? c.bottom - 1 - i : c.top + i, 0, c.cols);
}

static void line_feed(void) {
    if (c.y + 1 == c.bottom)
        scroll(1);
    else if (c.y + 1 < c.rows)
        c.y++;
}

static void put(uint32_t code) {
    if (c.wrap) {
        c.x = 0;
        line_feed();
    }
    uint8_t fg = c.fg < 8 && c.bold ? c.fg + BRIGHT : c.fg;
    c.want[c.y][c.x] = c.reverse ? (struct cell){glyph_of(code), c.bg, fg} : (struct cell){glyph_of(code), fg, c.bg};
    c.wrap = c.x + 1 == c.cols;
    c.x += !c.wrap;
}

static void move(int64_t x, int64_t y) {
    c.x = (uint32_t)(x < 0 ? 0 : x >= c.cols ? c.cols - 1 : x);
    c.y = (uint32_t)(y < 0 ? 0 : y >= c.rows ? c.rows - 1 : y);
    c.wrap = false;
}

/* SGR: colours beyond the 16 of the palette are taken as bright white or left alone. */
static void set_style(void) {
    for (uint32_t i = 0; i < c.nargs; i++) {
        uint32_t a = c.arg[i];
        if (a == 0) {
            c.fg = GRAY;
            c.bg = 0;
            c.bold = c.reverse = false;
        } else if (a == 1 || a == 22) {
            c.bold = a == 1;
        } else if (a == 7 || a == 27) {
            c.reverse = a == 7;
        } else if ((a >= 30 && a <= 37) || a == 39) {
            c.fg = a == 39 ? GRAY : (uint8_t)(a - 30);
        } else if ((a >= 40 && a <= 47) || a == 49) {
            c.bg = a == 49 ? 0 : (uint8_t)(a - 40);
        } else if (a >= 90 && a <= 97) {
            c.fg = (uint8_t)(a - 90 + BRIGHT);
        } else if (a >= 100 && a <= 107) {
            c.bg = (uint8_t)(a - 100 + BRIGHT);
        } else if (a == 38 || a == 48) {
            i += i + 1 < c.nargs && c.arg[i + 1] == 2 ? 4 : 2;
        }
    }
}

static void erase_line(uint32_t how) {
    clear(c.y, how == 0 ? c.x : 0, how == 1 ? c.x + 1 : c.cols);
}

static void erase_screen(uint32_t how) {
    erase_line(how);
    for (uint32_t y = how == 0 ? c.y + 1 : 0; y < (how == 1 ? c.y : c.rows); y++)
        clear(y, 0, c.cols);
}

static void shift_cells(uint32_t n, bool insert) {
    uint32_t room = c.cols - c.x;
    struct cell *at = &c.want[c.y][c.x];
    n = n < room ? n : room;
    if (insert)
        memmove(at + n, at, (room - n) * sizeof *at);
    else
        memmove(at, at + n, (room - n) * sizeof *at);
    clear(c.y, insert ? c.x : c.cols - n, insert ? c.x + n : c.cols);
}

static void shift_lines(uint32_t n, bool insert) {
    uint32_t top = c.top;
    if (c.y < c.top || c.y >= c.bottom)
        return;
    n = n < c.rows ? n : c.rows;
    c.top = c.y;
    scroll(insert ? -(int32_t)n : (int32_t)n);
    c.top = top;
}

static void set_region(void) {
    uint32_t top = c.arg[0] ? c.arg[0] - 1 : 0, bottom = c.nargs > 1 && c.arg[1] ? c.arg[1] : c.rows;
    if (bottom > c.rows)
        bottom = c.rows;
    if (top + 1 >= bottom)
        return;
    c.top = top;
    c.bottom = bottom;
    move(0, 0);
}

static void csi(char final) {
    uint32_t n = c.arg[0] ? c.arg[0] : 1;
    n = n < 65535 ? n : 65535;
    if (c.private) {
        if ((final == 'h' || final == 'l') && c.arg[0] == 25)
            c.cursor_on = final == 'h';
        return;
    }
    switch (final) {
    case 'A': move(c.x, (int64_t)c.y - n); break;
    case 'B': case 'e': move(c.x, (int64_t)c.y + n); break;
    case 'C': case 'a': move((int64_t)c.x + n, c.y); break;
    case 'D': move((int64_t)c.x - n, c.y); break;
    case 'E': move(0, (int64_t)c.y + n); break;
    case 'F': move(0, (int64_t)c.y - n); break;
    case 'G': case '`': move((int64_t)n - 1, c.y); break;
    case 'd': move(c.x, (int64_t)n - 1); break;
    case 'H': case 'f': move((int64_t)(c.nargs > 1 && c.arg[1] ? c.arg[1] : 1) - 1, (int64_t)n - 1); break;
    case 'J': erase_screen(c.arg[0]); break;
    case 'K': erase_line(c.arg[0]); break;
    case 'X': clear(c.y, c.x, c.x + n); break;
    case '@': shift_cells(n, true); break;
    case 'P': shift_cells(n, false); break;
    case 'L': shift_lines(n, true); break;
    case 'M': shift_lines(n, false); break;
    case 'S': scroll((int32_t)n); break;
    case 'T': scroll(-(int32_t)n); break;
    case 'm': set_style(); break;
    case 'r': set_region(); break;
    case 's': c.saved_x = c.x; c.saved_y = c.y; break;
    case 'u': move(c.saved_x, c.saved_y); break;
    default: break;
    }
}

static void csi_byte(uint8_t b) {
    if (b >= '0' && b <= '9') {
        uint32_t *a = &c.arg[c.nargs - 1];
        *a = *a < 100000 ? *a * 10 + b - '0' : *a;
    } else if (b == ';') {
        if (c.nargs < MAX_ARGS)
            c.arg[c.nargs++] = 0;
    } else if (b >= '<' && b <= '?') {
        c.private = true;
    } else if (b >= 0x40 && b <= 0x7e) {
        c.state = TEXT;
        csi((char)b);
    }
}

static void escape_byte(uint8_t b) {
    c.state = TEXT;
    if (b == '[') {
        c.state = CSI;
        c.nargs = 1;
        memset(c.arg, 0, sizeof c.arg);
        c.private = false;
    } else if (b == ']' || b == 'P' || b == '_' || b == '^') {
        c.state = STRING;
    } else if (b == '(' || b == ')' || b == '#') {
        c.state = CHARSET;
    } else if (b == '7') {
        c.saved_x = c.x;
        c.saved_y = c.y;
    } else if (b == '8') {
        move(c.saved_x, c.saved_y);
    } else if (b == 'M') {
        if (c.y == c.top)
            scroll(-1);
        else
            move(c.x, (int64_t)c.y - 1);
    } else if (b == 'D') {
        line_feed();
    }
}

static void text_byte(uint8_t b) {
    if (c.utf_left && (b & 0xc0) == 0x80) {
        c.utf_code = c.utf_code << 6 | (b & 0x3f);
        if (--c.utf_left == 0)
            put(c.utf_code);
        return;
    }
    c.utf_left = 0;
    if (b >= 0xc0) {
        c.utf_left = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
        c.utf_code = b & (0x3f >> c.utf_left);
    } else if (b >= 0x80) {
        put('?');
    } else if (b >= 0x20 && b != 0x7f) {
        put(b);
    } else if (b == '\n' || b == '\v' || b == '\f') {
        c.wrap = false;
        line_feed();
    } else if (b == '\r') {
        move(0, c.y);
    } else if (b == '\b') {
        move((int64_t)c.x - 1, c.y);
    } else if (b == '\t') {
        move(((int64_t)c.x | 7) + 1, c.y);
    }
}

static void byte(uint8_t b) {
    if (b == 0x1b)
        c.state = ESC;
    else if (b == 0x18 || b == 0x1a)
        c.state = TEXT;
    else if (c.state == TEXT || (c.state == CSI && b < 0x20))
        text_byte(b);
    else if (c.state == ESC)
        escape_byte(b);
    else if (c.state == CSI)
        csi_byte(b);
    else if (c.state == CHARSET || b == 7)
        c.state = TEXT;
}

bool fbcon_present(void) { return c.pixels != NULL; }

void fbcon_write(const char *s, size_t n) {
    if (!c.pixels)
        return;
    plat_lock(&lock);
    for (size_t i = 0; i < n; i++)
        byte((uint8_t)s[i]);
    c.dirty |= n != 0;
    plat_unlock(&lock);
}

static uint32_t colour(uint8_t i) {
    uint32_t on = i & 8 ? 0xff : 0xaa, off = i & 8 ? 0x55 : 0;
    uint32_t r = i & 1 ? on : off, g = i & 2 ? on : off, b = i & 4 ? on : off;
    return c.bgr ? r << 16 | g << 8 | b : b << 16 | g << 8 | r;
}

/* One cell, by lines of 8 * scale pixels, written as pairs: the framebuffer is write-combining memory at best. */
static void draw_cell(uint32_t x, uint32_t y, struct cell cell, bool cursor) {
    uint32_t fg = colour(cursor ? cell.bg : cell.fg), bg = colour(cursor ? cell.fg : cell.bg), s = c.scale;
    uint32_t *row = c.pixels + (uint64_t)y * GLYPH_H * s * c.stride + (uint64_t)x * GLYPH_W * s;
    for (uint32_t gy = 0; gy < GLYPH_H; gy++) {
        uint64_t line[GLYPH_W]; /* room for scale 2 */
        uint8_t bits = font_glyph[cell.glyph][gy];
        for (uint32_t i = 0; i < GLYPH_W / 2; i++, bits = (uint8_t)(bits << 2)) {
            uint64_t left = bits & 0x80 ? fg : bg, right = bits & 0x40 ? fg : bg;
            line[i * s] = s == 1 ? left | right << 32 : left | left << 32;
            if (s == 2)
                line[2 * i + 1] = right | right << 32;
        }
        for (uint32_t i = 0; i < s; i++, row += c.stride)
            for (uint32_t k = 0; k < GLYPH_W / 2 * s; k++)
                __builtin_memcpy(row + 2 * k, &line[k], 8); /* need not be aligned */
    }
}

static void draw_row(uint32_t y) {
    for (uint32_t x = 0; x < c.cols; x++) {
        if (memcmp(&c.shown[y][x], &c.want[y][x], sizeof(struct cell)) != 0) {
            draw_cell(x, y, c.want[y][x], false);
            c.shown[y][x] = c.want[y][x];
        }
    }
}

void fbcon_break_lock(void) { plat_unlock(&lock); }

/* Also called by the timer's interrupt, and without the lock: the draw is looked at again. */
__attribute__((target("general-regs-only"))) uint64_t fbcon_due(void) {
    return c.pixels && c.dirty ? c.draw_at : UINT64_MAX;
}

static void draw(uint64_t start) {
    c.shown[c.shown_y][c.shown_x].glyph = UINT16_MAX; /* the old cursor */
    for (uint32_t y = 0; y < c.rows; y++) {
        draw_row(y);
        serial_poll(); /* a whole screen takes longer than the port's FIFO lasts */
    }
    if (c.cursor_on)
        draw_cell(c.x, c.y, c.want[c.y][c.x], true);
    c.shown_x = c.x;
    c.shown_y = c.y;
    c.dirty = false;
    uint64_t end = plat_clock_ns(), pause = (end - start) * DRAW_SHARE;
    c.draw_at = end + (pause > DRAW_EVERY_NS ? pause : DRAW_EVERY_NS);
}

void fbcon_draw(bool now) {
    uint64_t start = plat_clock_ns();
    if (!c.pixels || !c.dirty || (!now && start < c.draw_at))
        return;
    plat_lock(&lock);
    if (c.dirty)
        draw(start);
    plat_unlock(&lock);
}

void fbcon_init(const struct boot_fb *fb) {
    uint64_t need = (uint64_t)fb->stride * fb->height * 4;
    if (fb->size == 0 || need == 0 || fb->size < need || fb->stride < fb->width || fb->width > 16384 ||
        fb->height > 16384)
        return;
    c.scale = fb->width >= 2560 ? 2 : 1;
    c.cols = fb->width / (GLYPH_W * c.scale);
    c.rows = fb->height / (GLYPH_H * c.scale);
    c.cols = c.cols < MAX_COLS ? c.cols : MAX_COLS;
    c.rows = c.rows < MAX_ROWS ? c.rows : MAX_ROWS;
    if (c.cols < 20 || c.rows < 5)
        return;
    c.stride = fb->stride;
    c.bgr = fb->bgr;
    c.fg = GRAY;
    c.bottom = c.rows;
    c.cursor_on = true;
    for (uint32_t y = 0; y < c.rows; y++)
        clear(y, 0, c.cols);
    memset(c.shown, 0xff, sizeof c.shown);
    c.pixels = vmm_map_phys(fb->base, need, PG_WRITE | PG_WC);
    if (c.pixels)
        memset(c.pixels, 0, need);
}
