/* SPDX-License-Identifier: BSD-2-Clause */
/* The loader's messages, on the firmware's console. COM1 gets them too, unless the console already includes a serial
 * line (then each would come twice) or there is no COM1. Assumes boot services. */
#include "boot/uefi.h"

enum { COM1 = 0x3f8, COM_LCR = 3, COM_LSR = 5, COM_SCRATCH = 7, LSR_EMPTY = 0x20 };

static bool com1; /* write to COM1 ourselves */

static void outb(uint16_t port, uint8_t v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }

static uint8_t inb(uint16_t port) {
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static bool com1_there(void) {
    outb(COM1 + COM_SCRATCH, 0x5a);
    if (inb(COM1 + COM_SCRATCH) != 0x5a)
        return false;
    outb(COM1 + COM_SCRATCH, 0xa5);
    return inb(COM1 + COM_SCRATCH) == 0xa5;
}

/* The ConOut variable holds device paths; a UART node (UEFI 10.3.4.11) in them means a serial console. */
static bool console_is_serial(void) {
    static EFI_GUID global = EFI_GLOBAL_VARIABLE;
    static UINT8 path[2048];
    UINTN size = sizeof path;
    if (EFI_ERROR(RT->GetVariable(L"ConOut", &global, NULL, &size, path)))
        return false;
    for (UINTN at = 0; at + 4 <= size;) {
        UINTN len = path[at + 2] | path[at + 3] << 8;
        if (path[at] == MESSAGING_DEVICE_PATH && path[at + 1] == MSG_UART_DP)
            return true;
        if (len < 4)
            break;
        at += len;
    }
    return false;
}

void con_init(void) {
    static const uint8_t setup[][2] = {{COM_LCR, 0x80}, {0, 1}, {1, 0}, {COM_LCR, 3}, {2, 7}, {4, 3}}; /* 115200 8N1 */
    com1 = com1_there() && !console_is_serial();
    for (unsigned i = 0; com1 && i < sizeof setup / sizeof setup[0]; i++)
        outb((uint16_t)(COM1 + setup[i][0]), setup[i][1]);
}

static void com1_put(uint8_t c) {
    for (unsigned spin = 0; spin < 100000 && !(inb(COM1 + COM_LSR) & LSR_EMPTY); spin++)
        ;
    outb(COM1, c);
}

/* Only ASCII reaches the firmware as it is; the rest of a file name becomes '?', one for each character. */
void con_str(const char *s) {
    CHAR16 buf[2] = {0, 0};
    for (; *s; s++) {
        uint8_t c = (uint8_t)*s;
        if ((c & 0xc0) == 0x80)
            continue;
        if (c >= 0x80)
            c = '?';
        if (c == '\n') {
            ST->ConOut->OutputString(ST->ConOut, L"\r\n");
        } else {
            buf[0] = c;
            ST->ConOut->OutputString(ST->ConOut, buf);
        }
        if (com1 && c == '\n')
            com1_put('\r');
        if (com1)
            com1_put(c);
    }
}

void con_num(uint64_t v) {
    char text[21], *p = text + sizeof text;
    *--p = 0;
    do
        *--p = (char)('0' + v % 10);
    while (v /= 10);
    con_str(p);
}

void con_mib(uint64_t bytes) {
    con_num(bytes >> 20);
    con_str(".");
    con_num((bytes >> 10) % 1024 * 10 / 1024);
    con_str(" MiB");
}

void con_fail(const char *what, const char *where, const char *why) {
    UINTN index;
    EFI_INPUT_KEY key;
    con_str("\npyrite: ");
    con_str(what);
    if (where && *where) {
        con_str(": ");
        con_str(where);
    }
    if (why && *why) {
        con_str(": ");
        con_str(why);
    }
    con_str("\npyrite: press a key to return to the firmware\n");
    ST->ConIn->Reset(ST->ConIn, FALSE);
    BS->WaitForEvent(1, &ST->ConIn->WaitForKey, &index);
    ST->ConIn->ReadKeyStroke(ST->ConIn, &key);
}
