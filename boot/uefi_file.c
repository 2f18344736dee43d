/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of the volume that the loader was started from, or of the TFTP server (boot/uefi_pxe.c). Assumes boot services.
 * Names are UTF-8 with '/'; one that begins with '/' counts from the root of the volume, any other from the folder
 * given. Memory of a file that fails is given back. */
#include "boot/uefi.h"

enum { PATH_ROOM = 512, CHUNK = 4 << 20 };

static EFI_FILE_HANDLE root; /* NULL: TFTP */
static char loader_dir[PATH_ROOM];

void *loader_alloc(uint64_t bytes, uint64_t limit) {
    EFI_PHYSICAL_ADDRESS at = limit - 1;
    if (EFI_ERROR(
            BS->AllocatePages(limit ? AllocateMaxAddress : AllocateAnyPages, EfiLoaderData, loader_pages(bytes), &at)))
        return NULL;
    BS->SetMem((void *)at, loader_pages(bytes) * LOADER_PAGE, 0);
    return (void *)at;
}

/* The folder in which the loader's own file lies, from its device path: file path nodes hold the name, with
 * backslashes. */
static void find_loader_dir(EFI_DEVICE_PATH *p) {
    size_t n = 0, cut = 0;
    for (; p && !IsDevicePathEnd(p); p = NextDevicePathNode(p)) {
        if (DevicePathType(p) != MEDIA_DEVICE_PATH || DevicePathSubType(p) != MEDIA_FILEPATH_DP)
            continue;
        const CHAR16 *name = ((FILEPATH_DEVICE_PATH *)p)->PathName;
        for (UINTN i = 0; i < (UINTN)(DevicePathNodeLength(p) - 4) / 2 && name[i] && n + 1 < PATH_ROOM; i++) {
            loader_dir[n] = name[i] == '\\' ? '/' : name[i] < 0x80 ? (char)name[i] : '?';
            if (loader_dir[n++] == '/')
                cut = n - 1;
        }
    }
    loader_dir[cut] = 0;
}

/* The folder of the boot file at the TFTP server. */
static const char *init_pxe(EFI_HANDLE device) {
    const char *why = device ? pxe_init(device) : "the firmware does not say where the loader came from", *name;
    size_t cut = 0;
    if (why)
        return why;
    name = pxe_boot_file();
    for (size_t n = 0; name[n] && n + 1 < PATH_ROOM; n++) {
        loader_dir[n] = name[n];
        cut = name[n] == '/' ? n : cut;
    }
    loader_dir[cut] = 0;
    return NULL;
}

/* The name as the server has it: from its root, with a '/' before it only where the boot file's has one. False: too
 * long. */
static bool tftp_path(char *out, const char *dir, const char *name) {
    size_t n = 0;
    const char *part[] = {*name == '/' ? "" : dir, name};
    if (pxe_boot_file()[0] == '/')
        out[n++] = '/';
    for (unsigned i = 0; i < 2; i++) {
        while (*part[i] == '/')
            part[i]++;
        if (i == 1 && n && out[n - 1] != '/')
            out[n++] = '/';
        for (const char *s = part[i]; *s; s++) {
            if (n + 2 >= PATH_ROOM)
                return false;
            out[n++] = *s;
        }
    }
    out[n] = 0;
    return true;
}

const char *file_init(EFI_HANDLE image) {
    EFI_LOADED_IMAGE *li;
    EFI_FILE_IO_INTERFACE *fs;
    if (EFI_ERROR(BS->HandleProtocol(image, &LoadedImageProtocol, (void **)&li)))
        return "the firmware does not say where the loader came from";
    if (!li->DeviceHandle || EFI_ERROR(BS->HandleProtocol(li->DeviceHandle, &FileSystemProtocol, (void **)&fs)))
        return init_pxe(li->DeviceHandle);
    if (EFI_ERROR(fs->OpenVolume(fs, &root)))
        return "the boot volume cannot be opened";
    find_loader_dir(li->FilePath);
    return NULL;
}

const char *file_loader_dir(void) { return loader_dir; }

/* UTF-8 to UCS-2; what is not in the basic plane, or malformed, becomes '?'. False: too long. */
static bool put_utf16(CHAR16 *out, size_t *n, const char *s) {
    while (*s) {
        uint32_t c = (uint8_t)*s++;
        unsigned more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
        c = more == 2 ? c & 15 : more == 1 ? c & 31 : c;
        for (unsigned i = 0; i < more && ((uint8_t)*s & 0xc0) == 0x80; i++)
            c = c << 6 | ((uint8_t)*s++ & 63);
        if (more == 3 || c > 0xffff)
            c = '?';
        if (*n + 1 >= PATH_ROOM)
            return false;
        out[(*n)++] = (CHAR16)(c == '/' ? '\\' : c);
    }
    return true;
}

static EFI_STATUS open_file(const char *dir, const char *name, EFI_FILE_HANDLE *f) {
    CHAR16 path[PATH_ROOM];
    size_t n = 0;
    bool fits = true;
    path[n++] = '\\';
    if (*name != '/' && *dir) {
        while (*dir == '/')
            dir++;
        fits = put_utf16(path, &n, dir) && put_utf16(path, &n, "/");
    }
    while (*name == '/')
        name++;
    if (!fits || !put_utf16(path, &n, name))
        return EFI_NOT_FOUND;
    path[n] = 0;
    return root->Open(root, f, path, EFI_FILE_MODE_READ, 0);
}

bool file_exists(const char *dir, const char *name) {
    EFI_FILE_HANDLE f;
    char path[PATH_ROOM];
    if (!root)
        return tftp_path(path, dir, name) && pxe_exists(path);
    if (EFI_ERROR(open_file(dir, name, &f)))
        return false;
    f->Close(f);
    return true;
}

static void show_progress(const char *name, uint64_t done, uint64_t size) {
    con_str("\rpyrite: loading ");
    con_str(name);
    con_str("  ");
    con_mib(size);
    con_str("  ");
    con_num(size ? done * 100 / size : 100);
    con_str(" %");
}

/* Reads size bytes; false: *why. A file that ends early has a broken directory entry or medium. */
static bool read_all(EFI_FILE_HANDLE f, const char *name, bool progress, struct loaded *out, const char **why) {
    for (uint64_t done = 0; done < out->size;) {
        UINTN n = out->size - done < CHUNK ? out->size - done : CHUNK;
        if (EFI_ERROR(f->Read(f, &n, (char *)out->data + done))) {
            *why = "read error: the file or the medium is damaged";
            return false;
        }
        if (n == 0) {
            *why = "truncated: it ends before the size in its directory entry";
            return false;
        }
        done += n;
        if (progress)
            show_progress(name, done, out->size);
    }
    if (progress)
        con_str("\n");
    return true;
}

static bool read_file(EFI_FILE_HANDLE f, const char *name, bool progress, struct loaded *out, const char **why) {
    EFI_FILE_INFO *info = LibFileInfo(f);
    if (!info) {
        *why = "its size cannot be read";
        return false;
    }
    bool folder = info->Attribute & EFI_FILE_DIRECTORY;
    out->size = info->FileSize;
    FreePool(info);
    if (folder || out->size == 0) {
        *why = folder ? "is a folder, not a file" : "is empty";
        return false;
    }
    out->data = loader_alloc(out->size, 0);
    if (!out->data) {
        *why = "does not fit into memory";
        return false;
    }
    if (read_all(f, name, progress, out, why))
        return true;
    BS->FreePages((EFI_PHYSICAL_ADDRESS)out->data, loader_pages(out->size));
    return false;
}

static enum file_result load_tftp(const char *dir, const char *name, bool progress, struct loaded *out,
                                  const char **why) {
    char path[PATH_ROOM];
    if (!tftp_path(path, dir, name))
        return FILE_MISSING;
    if (progress) {
        con_str("pyrite: loading by TFTP ");
        con_str(path);
    }
    enum file_result r = pxe_load(path, out, why);
    if (progress && r == FILE_OK) {
        con_str("  ");
        con_mib(out->size);
    }
    if (progress)
        con_str("\n");
    return r;
}

enum file_result file_load(const char *dir, const char *name, bool progress, struct loaded *out, const char **why) {
    EFI_FILE_HANDLE f;
    if (!root)
        return load_tftp(dir, name, progress, out, why);
    EFI_STATUS status = open_file(dir, name, &f);
    if (status == EFI_NOT_FOUND)
        return FILE_MISSING;
    *why = "cannot be opened";
    if (EFI_ERROR(status))
        return FILE_BAD;
    bool ok = read_file(f, name, progress, out, why);
    f->Close(f);
    return ok ? FILE_OK : FILE_BAD;
}
