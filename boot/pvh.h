/* SPDX-License-Identifier: BSD-2-Clause */
/* The PVH door. Called by the kernel on the boot page tables. */
#ifndef PYRITE_BOOT_PVH_H
#define PYRITE_BOOT_PVH_H

#include <stdint.h>

#include "boot/bootinfo.h"

/* Makes a boot_info of what the PVH loader left at this physical address; its first module, an archive, becomes the one
 * file, without a name. NULL: no such structure there. */
struct boot_info *pvh_boot_info(uint64_t start_info, uint64_t kernel_base, uint64_t kernel_size);

#endif
