/* SPDX-License-Identifier: BSD-2-Clause */
/* What newlib asks of the system below it: a heap, a console on descriptors 0 to 2, and a struct _reent for each core.
 * There is no file system; everything else fails with the errno that says so. */
#include <errno.h>
#include <reent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "kernel/mm/mm.h"
#include "kernel/plat.h"
#include "kernel/x86/cpu.h"

struct _reent *__getreent(void);
void __stack_chk_fail(void);

struct _reent *__getreent(void) { return cpu_this()->reent; }

/* The libraries of Debian that are linked in were built with a stack protector. */
_Noreturn void __stack_chk_fail(void) { plat_panic("stack smashed, seen at %p", __builtin_return_address(0)); }

void *sbrk(ptrdiff_t incr) {
    void *p = heap_sbrk(incr);
    if (p == (void *)-1)
        errno = ENOMEM;
    return p;
}

_READ_WRITE_RETURN_TYPE write(int fd, const void *buf, size_t n) {
    if (fd != 1 && fd != 2) {
        errno = EBADF;
        return -1;
    }
    klog_write(buf, (unsigned)n);
    return (_READ_WRITE_RETURN_TYPE)n;
}

_READ_WRITE_RETURN_TYPE read(int fd, void *buf, size_t n) {
    (void)buf;
    (void)n;
    errno = EBADF;
    return fd == 0 ? 0 : -1;
}

int close(int fd) {
    (void)fd;
    return 0;
}

int fstat(int fd, struct stat *st) {
    *st = (struct stat){.st_mode = S_IFCHR, .st_blksize = 1024};
    if (fd >= 0 && fd <= 2)
        return 0;
    errno = EBADF;
    return -1;
}

int isatty(int fd) { return fd >= 0 && fd <= 2; }

off_t lseek(int fd, off_t off, int whence) {
    (void)fd;
    (void)off;
    (void)whence;
    errno = ESPIPE;
    return -1;
}

int kill(pid_t pid, int sig) {
    (void)pid;
    plat_panic("signal %d raised by the C library", sig);
}

pid_t getpid(void) { return 1; }

void _exit(int status) { plat_exit(status); }
