/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PYRITE_KERNEL_VERSION_H
#define PYRITE_KERNEL_VERSION_H

#define PYRITE_VERSION "0.1"

#endif
