/* SPDX-License-Identifier: BSD-2-Clause */
/* What lwIP asks of its compiler and platform. */
#ifndef PYRITE_KERNEL_NET_LWIP_CC_H
#define PYRITE_KERNEL_NET_LWIP_CC_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* newlib has no SSIZE_MAX; lwIP would define ssize_t itself then. */
#ifndef SSIZE_MAX
#define SSIZE_MAX __LONG_MAX__
#endif

uint32_t net_random(void);
_Noreturn void net_assert(const char *what, const char *file, int line);
void *net_malloc(size_t size);
void *net_calloc(size_t count, size_t size);
void net_free(void *p);

#define LWIP_RAND() net_random()
#define LWIP_PLATFORM_ASSERT(what) net_assert(what, __FILE__, __LINE__)
#define LWIP_PLATFORM_DIAG(what) ((void)0)

#endif
