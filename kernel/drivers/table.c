/* SPDX-License-Identifier: BSD-2-Clause */
/* The drivers of PCI functions, in the order in which they are asked. */
#include <stddef.h>

#include "kernel/drivers/pci_dev.h"

extern const struct pci_driver nvme_driver, ahci_driver, vblk_driver, virtio_net_driver, e1000_driver, rtl8168_driver;

const struct pci_driver *const pci_drivers[] = {
    &nvme_driver, &ahci_driver, &vblk_driver, &virtio_net_driver, &e1000_driver, &rtl8168_driver, NULL,
};
