/* SPDX-License-Identifier: BSD-2-Clause */
/* The signature of a conformance test (riscv-arch-test): what it left in memory, written to a file when it has
 * ended. */
#include <stdio.h>

#include "devices/device.h"
#include "tools/hosted/hosted.h"

bool signature_write(const char *file, const char **why) {
    uint64_t begin, end;
    *why = "the guest is no ELF with begin_signature and end_signature";
    if (!board_symbol("begin_signature", &begin) || !board_symbol("end_signature", &end))
        return false;
    *why = "begin_signature to end_signature is not in RAM, or no whole number of words";
    const uint32_t *p = begin < end && !(begin & 3) && !(end & 3) ? physmem_dma_ptr(begin, end - begin) : NULL;
    if (!p)
        return false;
    *why = "cannot be written";
    FILE *f = fopen(file, "w");
    if (!f)
        return false;
    for (uint64_t i = 0; i < (end - begin) / 4; i++)
        fprintf(f, "%08x\n", p[i]);
    return fclose(f) == 0;
}
