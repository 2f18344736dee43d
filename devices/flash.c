/* SPDX-License-Identifier: BSD-2-Clause */
/* NOR flash as on QEMU's `virt`: banks of 32 MiB, each two x16 chips of 16 MiB side by side on a 32-bit bus, sectors of
 * 2 x 128 KiB. U-Boot's `cp` asks the flash driver first and works only where there is a flash.
 *
 * Interface: Common Flash Interface (JEDEC JESD68.01, query table) with the Intel/Sharp extended command set (CFI
 * publication 100, ID 0x0001). A command is the low byte of a write, whatever its width; the answers of both chips lie
 * side by side. A sector takes memory from malloc() when it is first programmed; without memory the programming fails
 * in the status register. The contents last until Pyrite ends. No locks, no suspend; the guest cannot execute from
 * it. */
#include "devices/flash.h"

#include <stdlib.h>
#include <string.h>

#include "devices/dev.h"

enum flash_mode { READ_ARRAY, READ_STATUS, READ_ID, READ_QUERY };
enum {
    CMD_PROGRAM_ALT = 0x10, CMD_ERASE = 0x20, CMD_PROGRAM = 0x40, CMD_CLEAR_STATUS = 0x50, CMD_LOCK = 0x60,
    CMD_READ_STATUS = 0x70, CMD_READ_ID = 0x90, CMD_READ_QUERY = 0x98, CMD_CONFIRM = 0xd0, CMD_BUFFER = 0xe8,
    CMD_READ_ARRAY_AMD = 0xf0, CMD_READ_ARRAY = 0xff,
    TAKE_DATA = 1, TAKE_CONFIRM = 2, /* not commands: a buffered program under way */
};
enum {
    SR_PROGRAM_ERROR = 0x10,
    SR_ERASE_ERROR = 0x20,
    SR_READY = 0x80,
    SR_SEQUENCE = SR_PROGRAM_ERROR | SR_ERASE_ERROR
};
enum { WORD = 4, CHIPS = 0x00010001 };

/* The query table of one chip, from word 0x10 on. */
static const uint8_t query[] = {
    'Q', 'R', 'Y', 0x01, 0x00, 0x31, 0x00, 0, 0, 0, 0, /* 0x10: command set 1, its table at 0x31, no alternative */
    0x45, 0x55, 0, 0,                                  /* 0x1b: Vcc 4.5 to 5.5 V, no Vpp */
    0x07, 0x07, 0x0a, 0x00, 0x04, 0x04, 0x04, 0x00,    /* 0x1f: times, as powers of two */
    0x18, 0x02, 0x00, 0x09, 0x00,                      /* 0x27: 2^24 bytes, x8/x16, buffer of 2^9 bytes */
    0x01, 0x7f, 0x00, 0x00, 0x02,                      /* 0x2c: one region: 128 blocks of 0x200 * 256 bytes */
    'P', 'R', 'I', '1', '0', 0, 0, 0, 0, 0, 0, 0, 0,   /* 0x31: no optional features */
};
static const uint8_t ids[] = {0x89, 0x18};

static uint8_t *sector_for_writing(struct flash *f, uint64_t off) {
    uint8_t **s = &f->sector[off / FLASH_SECTOR];
    if (!*s && (*s = malloc(FLASH_SECTOR)))
        memset(*s, 0xff, FLASH_SECTOR);
    return *s;
}

/* Programming turns ones into zeros only. [off, off + n) lies inside a sector. */
static void program(struct flash *f, uint64_t off, const uint8_t *data, unsigned n) {
    uint8_t *s = sector_for_writing(f, off);
    if (!s)
        f->status |= SR_PROGRAM_ERROR;
    for (unsigned i = 0; s && i < n; i++)
        s[off % FLASH_SECTOR + i] &= data[i];
}

static uint64_t read_array(const struct flash *f, uint64_t off, unsigned size) {
    const uint8_t *s = f->sector[off / FLASH_SECTOR];
    uint64_t v = 0;
    if (!s)
        return dev_mask(size);
    memcpy(&v, s + off % FLASH_SECTOR, size);
    return v;
}

/* What a chip answers at word `at`, on both halves of the bus. */
static uint64_t answer(const struct flash *f, uint64_t at) {
    uint8_t byte = 0;
    if (f->mode == READ_STATUS)
        byte = SR_READY | f->status;
    else if (f->mode == READ_ID && at % (FLASH_SECTOR / WORD) < sizeof ids)
        byte = ids[at % (FLASH_SECTOR / WORD)];
    else if (f->mode == READ_QUERY && at - 0x10 < sizeof query)
        byte = query[at - 0x10];
    return (uint64_t)byte * CHIPS;
}

static uint64_t flash_read(void *dev, uint64_t off, unsigned size) {
    const struct flash *f = dev;
    if (off > FLASH_SIZE - size || off % size)
        return 0;
    if (f->mode == READ_ARRAY)
        return read_array(f, off, size);
    uint64_t both = answer(f, off / WORD) | answer(f, off / WORD + 1) << 32;
    return both >> 8 * (off % WORD) & dev_mask(size);
}

static void start(struct flash *f, uint8_t command) {
    f->command = 0;
    f->mode = READ_STATUS;
    switch (command) {
    case CMD_READ_ARRAY: case CMD_READ_ARRAY_AMD: case 0: f->mode = READ_ARRAY; break;
    case CMD_READ_ID: f->mode = READ_ID; break;
    case CMD_READ_QUERY: f->mode = READ_QUERY; break;
    case CMD_READ_STATUS: break;
    case CMD_CLEAR_STATUS: f->status = 0; f->mode = READ_ARRAY; break;
    case CMD_PROGRAM: case CMD_PROGRAM_ALT: case CMD_ERASE: case CMD_LOCK: case CMD_BUFFER: f->command = command; break;
    default:
        f->mode = READ_ARRAY;
        dev_error("flash: unknown command %#x\n", command);
    }
}

static void erase(struct flash *f, uint64_t off, uint8_t confirm) {
    uint8_t *s = f->sector[off / FLASH_SECTOR];
    if (confirm != CMD_CONFIRM)
        f->status |= SR_SEQUENCE;
    else if (s)
        memset(s, 0xff, FLASH_SECTOR);
}

/* The first write after CMD_BUFFER: the number of writes that follow, less one. Not all are 32 bits wide: U-Boot's
 * driver finds 16 bits good enough, here as on QEMU. */
static void begin_buffer(struct flash *f, uint64_t words) {
    f->left = (uint32_t)(words & 0xffff) + 1;
    f->count = 0;
    f->command = TAKE_DATA;
    if (f->left > FLASH_BUFFER / WORD) {
        f->status |= SR_SEQUENCE;
        f->command = 0;
    }
}

/* Data go to the buffer in the order of their addresses, as the command set demands. */
static void take(struct flash *f, uint64_t off, const uint8_t *data, unsigned size) {
    if (f->count == 0)
        f->first = (uint32_t)off;
    if (off != f->first + f->count || size > FLASH_BUFFER - f->count || off / FLASH_SECTOR != f->first / FLASH_SECTOR) {
        f->status |= SR_SEQUENCE;
        f->command = 0;
        return;
    }
    memcpy(f->buffer + f->count, data, size);
    f->count += size;
    if (--f->left == 0)
        f->command = TAKE_CONFIRM;
}

static void flash_write(void *dev, uint64_t off, uint64_t val, unsigned size) {
    struct flash *f = dev;
    uint8_t command = f->command;
    if (off > FLASH_SIZE - size || off % size)
        return;
    switch (command) {
    case 0: start(f, (uint8_t)val); return;
    case CMD_BUFFER: begin_buffer(f, val); return;
    case TAKE_DATA: take(f, off, (const uint8_t *)&val, size); return;
    case TAKE_CONFIRM:
        if ((uint8_t)val == CMD_CONFIRM)
            program(f, f->first, f->buffer, f->count);
        else
            f->status |= SR_SEQUENCE;
        break;
    case CMD_ERASE: erase(f, off, (uint8_t)val); break;
    case CMD_LOCK: break; /* no sector is ever locked */
    default: program(f, off, (const uint8_t *)&val, size); break;
    }
    f->command = 0;
}

const struct mmio_ops flash_ops = {flash_read, flash_write, 1, 8};

void flash_reset(struct flash *f) { f->mode = f->command = f->status = 0; }
