/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets of TFTP: reading in octet mode (RFC 1350) with options (RFC 2347), block size (RFC 2348), size of the file
 * (RFC 2349). */
#ifndef PYRITE_SERVICES_TFTP_H
#define PYRITE_SERVICES_TFTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* TFTP_BLOCK: what fits an Ethernet frame; TFTP_BLOCK_PLAIN: without options. */
enum { TFTP_BLOCK = 1468, TFTP_BLOCK_PLAIN = 512, TFTP_PACKET = 4 + TFTP_BLOCK, TFTP_MESSAGE = 96 };
enum tftp_kind { TFTP_DATA = 3, TFTP_ERROR = 5, TFTP_OACK = 6 };

struct tftp_packet {
    enum tftp_kind kind;
    uint16_t number;             /* block; error code */
    const uint8_t *data;         /* DATA: len bytes, in the packet */
    size_t len;
    char message[TFTP_MESSAGE];  /* ERROR: printable, cut */
    bool has_block_size, has_size;
    uint32_t block_size;         /* OACK: 8 to TFTP_BLOCK */
    uint64_t size;               /* OACK */
};
/* False: not a packet that a reader of files gets. */
bool tftp_parse(struct tftp_packet *t, const uint8_t *packet, size_t len);

/* All return the length, 0 if buf is too small. */
size_t tftp_read_request(uint8_t *buf, size_t size, const char *file);
size_t tftp_ack(uint8_t *buf, size_t size, uint16_t block);
size_t tftp_error(uint8_t *buf, size_t size, uint16_t code, const char *message);

#endif
