/* SPDX-License-Identifier: BSD-2-Clause */
/* Serial ATA controllers (AHCI 1.3.1; sections are that text's): each port with a disk is a struct disk. The core
 * touches the machine through struct hw only, space 0 being the controller's registers; kernel/drivers/ahci_pci.c finds
 * and feeds it. */
#ifndef PYRITE_KERNEL_AHCI_H
#define PYRITE_KERNEL_AHCI_H

#include "kernel/drivers/ata.h"
#include "kernel/drivers/disk.h"

enum { AHCI_PORTS = 32, AHCI_IS = 8, AHCI_PORT_BASE = 0x100, AHCI_PORT_SIZE = 0x80 };
enum { AHCI_PXIS = 0x10, AHCI_PXIE = 0x14 }; /* of a port */
/* PxIS: the task file's, host bus fatal and data, interface fatal, overflow, PhyRdy changed, connection changed. */
#define AHCI_ERRORS (1u << 30 | 1u << 29 | 1u << 28 | 1u << 27 | 1u << 24 | 1u << 22 | 1u << 6)

enum ahci_state { AHCI_STOP, AHCI_COMRESET, AHCI_LINK, AHCI_BUSY, AHCI_IDENTIFY, AHCI_RUN, AHCI_DEAD };

struct ahci_port {
    struct disk disk;            /* first */
    struct blkq q;
    struct ahci *hba;
    unsigned number;
    enum ahci_state state;
    uint64_t since, until;       /* the state's; until: it has failed then */
    volatile uint32_t seen;      /* bits of PxIS that the interrupt handler took */
    struct ata_id id;
    bool known;                  /* id holds, the disk is in the list */
    bool ncq, single;            /* single: the command that is out is no queued one */
    uint32_t suspects;           /* slots whose commands are issued one by one, since one of them failed */
    uint8_t *mem, *table[BLK_SLOTS]; /* list, received FIS and identification; a page with FIS and PRDs a slot */
    uint64_t mem_phys, table_phys[BLK_SLOTS];
    unsigned attempts;           /* at bringing it up, since it last ran */
    unsigned fruitless, resets;  /* resets: all; for want of an answer, since a command last ended well */
    unsigned ncq_errors;
    const char *why;             /* DEAD: of what; NULL: nothing is there */
};

struct ahci {
    const struct hw *hw;         /* this and the next are set by who found it */
    uint32_t registers;          /* bytes of them that are mapped */
    uint32_t cap, ports;         /* ports: a bit for each that there is */
    unsigned resets;             /* for a port's sake */
    bool dead;
    struct ahci_port *port[AHCI_PORTS];
};

/* Resets the controller and brings up its ports. NULL, or why it cannot be driven. */
const char *ahci_start(struct ahci *h);
/* struct disk's run and stop. */
uint64_t ahci_run(struct disk *d);
void ahci_stop(struct disk *d);

#endif
