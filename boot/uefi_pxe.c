/* SPDX-License-Identifier: BSD-2-Clause */
/* Files by TFTP, from the server that the firmware's PXE fetched the loader from. Assumes boot services, and that the
 * firmware's PXE is as it was when the loader started: with an IPv4 address. */
#include "boot/uefi.h"

#include "boot/dhcp.h"

enum { TFTP_NOT_FOUND = 1 }; /* RFC 1350 */

static EFI_PXE_BASE_CODE_PROTOCOL *pxe;
static EFI_IP_ADDRESS server;
static char boot_file[256];

/* Of the answers that led here the last one that names a file: PXE reply, proxy's offer, DHCP's own. */
const char *pxe_init(EFI_HANDLE device) {
    static EFI_GUID guid = EFI_PXE_BASE_CODE_PROTOCOL_GUID;
    if (EFI_ERROR(BS->HandleProtocol(device, &guid, (void **)&pxe)) || !pxe->Mode->Started)
        return "the loader was started neither from a file system nor by PXE (for HTTP boot name pyrite.img instead)";
    const EFI_PXE_BASE_CODE_MODE *m = pxe->Mode;
    if (m->UsingIpv6)
        return "network boot is by IPv4 only";
    const EFI_PXE_BASE_CODE_PACKET *answer[] = {&m->PxeReply, &m->ProxyOffer, &m->DhcpAck};
    bool there[] = {m->PxeReplyReceived, m->ProxyOfferReceived, m->DhcpAckReceived};
    for (unsigned i = 0; i < 3; i++)
        if (there[i] && dhcp_boot(answer[i]->Raw, sizeof answer[i]->Raw, server.v4.Addr, boot_file, sizeof boot_file))
            return NULL;
    return "the DHCP answer names no TFTP server and file";
}

const char *pxe_boot_file(void) { return boot_file; }

static EFI_STATUS size_of(const char *path, uint64_t *size) {
    return pxe->Mtftp(pxe, EFI_PXE_BASE_CODE_TFTP_GET_FILE_SIZE, NULL, FALSE, size, NULL, &server, (UINT8 *)path, NULL,
                      FALSE);
}

bool pxe_exists(const char *path) {
    uint64_t size = 0;
    return !EFI_ERROR(size_of(path, &size));
}

enum file_result pxe_load(const char *path, struct loaded *out, const char **why) {
    uint64_t size = 0;
    EFI_STATUS status = size_of(path, &size);
    if (status == EFI_TFTP_ERROR && pxe->Mode->TftpErrorReceived && pxe->Mode->TftpError.ErrorCode == TFTP_NOT_FOUND)
        return FILE_MISSING;
    *why = "TFTP: the server does not give it";
    if (EFI_ERROR(status))
        return FILE_BAD;
    *why = size ? "does not fit into memory" : "is empty";
    out->data = size ? loader_alloc(size, 0) : NULL;
    if (!out->data)
        return FILE_BAD;
    out->size = size;
    if (!EFI_ERROR(pxe->Mtftp(pxe, EFI_PXE_BASE_CODE_TFTP_READ_FILE, out->data, FALSE, &out->size, NULL, &server,
                              (UINT8 *)path, NULL, FALSE)) && out->size == size)
        return FILE_OK;
    *why = "TFTP: the transfer broke off";
    BS->FreePages((EFI_PHYSICAL_ADDRESS)out->data, loader_pages(size));
    return FILE_BAD;
}
