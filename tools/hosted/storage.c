/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and block storage of the hosted platform. Files are read whole into memory, so that one that shrinks under us
 * is no fault. Block requests are done at once. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/hosted/hosted.h"

static char program_dir[PATH_MAX];

void hosted_set_program(const char *argv0) {
    (void)argv0;
    ssize_t n = readlink("/proc/self/exe", program_dir, sizeof program_dir - 1);
    program_dir[n > 0 ? n : 0] = 0;
    char *slash = strrchr(program_dir, '/');
    if (slash)
        *slash = 0;
}

/* Where the packaged firmware may lie, in order: what `make` fetched beside the program, the Debian package. */
static int open_packaged(const char *name) {
    static const char *const dirs[] = {"/guest/", "/../guest/", NULL};
    char path[PATH_MAX + 64];
    for (unsigned i = 0; dirs[i]; i++) {
        snprintf(path, sizeof path, "%s%s%s", program_dir, dirs[i], name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            return fd;
    }
    snprintf(path, sizeof path, "/usr/lib/riscv64-linux-gnu/opensbi/generic/%s", name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static int fail(const char **why, int err) {
    *why = strerror(err);
    return err;
}

/* ---- files in memory that were given a name ---- */

static struct added {
    const char *name;
    struct plat_file file;
} added[16];
static unsigned nadded;

bool plat_file_add(const char *name, const void *data, uint64_t size) {
    if (nadded == sizeof added / sizeof *added)
        return false;
    added[nadded++] = (struct added){name, {data, size}};
    return true;
}

static const struct plat_file *find_added(const char *name) {
    for (unsigned i = 0; i < nadded; i++)
        if (!strcmp(added[i].name, name))
            return &added[i].file;
    return NULL;
}

int plat_file_open(const char *name, struct plat_file *out, const char **why) {
    struct stat st;
    const struct plat_file *in_memory = find_added(name);
    if (in_memory) {
        *out = *in_memory;
        return 0;
    }
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer does not hold us */
    int err = errno;
    if (fd < 0 && err == ENOENT && !strcmp(name, "fw_dynamic.bin"))
        fd = open_packaged(name);
    if (fd < 0)
        return fail(why, err);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return fail(why, S_ISDIR(st.st_mode) ? EISDIR : EINVAL);
    }
    size_t size = (size_t)st.st_size, got = 0;
    uint8_t *data = plat_alloc(size + 1);
    if (data)
        madvise(data, size + 1, MADV_POPULATE_WRITE); /* all at once; if it fails, page by page */
    for (ssize_t n = 1; data && got < size && n > 0; got += (size_t)(n > 0 ? n : 0))
        n = read(fd, data + got, size - got);
    close(fd);
    if (!data)
        return fail(why, ENOMEM);
    if (got != size)
        return fail(why, EIO);
    *out = (struct plat_file){data, size};
    return 0;
}

struct plat_block {
    int fd;
    bool writable;
    const uint8_t *data; /* in memory: not NULL, and no descriptor */
};

static int open_added(const struct plat_file *file, bool writable, struct plat_block **out, uint64_t *size,
                      const char **why) {
    struct plat_block *b = writable ? NULL : malloc(sizeof *b);
    if (!b) {
        *why = writable ? "files of the network are in memory and cannot be written (leave out rw)" : "no memory";
        return writable ? EROFS : ENOMEM;
    }
    *b = (struct plat_block){-1, false, file->data};
    *size = file->size & ~(uint64_t)511;
    *out = b;
    return 0;
}

int plat_block_open(const char *name, bool writable, struct plat_block **out, uint64_t *size, const char **why) {
    struct stat st;
    const struct plat_file *in_memory = find_added(name);
    if (in_memory)
        return open_added(in_memory, writable, out, size, why);
    /* a pipe without a writer does not hold us */
    int fd = open(name, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail(why, errno);
    if (fstat(fd, &st) != 0 || !(S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))) {
        close(fd);
        *why = S_ISDIR(st.st_mode) ? "Is a directory" : "not a file nor a disk";
        return EINVAL;
    }
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0) {
        close(fd);
        return fail(why, EINVAL);
    }
    if (flock(fd, (writable ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
        close(fd);
        *why = "in use by another program";
        return EBUSY;
    }
    struct plat_block *b = malloc(sizeof *b);
    if (!b) {
        close(fd);
        return fail(why, ENOMEM);
    }
    *b = (struct plat_block){fd, writable, NULL};
    *out = b;
    *size = (uint64_t)end;
    return 0;
}

static int transfer(struct plat_block *b, const struct plat_block_req *r) {
    if (r->op == PLAT_BLOCK_FLUSH)
        return b->writable && fdatasync(b->fd) != 0 ? errno : 0;
    if (r->op == PLAT_BLOCK_WRITE && !b->writable)
        return EROFS;
    if (b->data && r->op == PLAT_BLOCK_READ)
        memcpy(r->buf, b->data + r->off, r->len);
    if (b->data)
        return 0;
    for (size_t done = 0; done < r->len;) {
        uint8_t *p = (uint8_t *)r->buf + done;
        off_t at = (off_t)(r->off + done);
        ssize_t n = r->op == PLAT_BLOCK_READ ? pread(b->fd, p, r->len - done, at) : pwrite(b->fd, p, r->len - done, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        done += (size_t)n;
    }
    return 0;
}

int plat_disk_open(const char *name, bool writable, struct plat_block **out, uint64_t *size, const char **why) {
    (void)name, (void)writable, (void)out, (void)size;
    *why = "The disks of the machine are the bare PC's only (a block device is a file here: drive=file=/dev/...)";
    return ENODEV;
}

uint32_t plat_block_sector(const struct plat_block *b) {
    (void)b;
    return 512;
}

void plat_block_submit(struct plat_block *b, struct plat_block_req *req) { req->done(req, transfer(b, req)); }
void plat_block_poll(void) {}
