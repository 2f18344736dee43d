# SPDX-License-Identifier: BSD-2-Clause
# Pyrite's build. Everything made goes to build/; the modes are directories (build/hosted-release/, ...), and a change
# of flags rebuilds what it touches, so `make clean` is never needed. V=1 shows the commands. `make help` lists the
# targets. tests/*/rules.mk are read when they are there.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

Q := $(if $(V),,@)
say = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),:,printf '  %-7s %s\n' '$(1)' '$(2)')
ifeq ($(origin CC),default)
CC := gcc
endif
NASM ?= nasm
OBJCOPY ?= objcopy
PYTHON := python3
export SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),1700000000)

# ---- sources (wildcards: the folder listing is the list) -----------------------------------------------------------

# Of kernel/, but the same on both platforms.
BOTH_SRC := kernel/machine.c kernel/machine_net.c kernel/cas128.c
GENERIC_SRC := $(wildcard tcg/*.c tcg/x86/*.c tcg/interp/*.c dbt/*.c dbt/rv64/*.c devices/*.c services/*.c) \
	boot/conf.c $(BOTH_SRC)
HOSTED_SRC := $(GENERIC_SRC) $(wildcard tools/hosted/*.c tools/hosted/*.asm)
# lwIP is fetched: its files are listed, not found.
LWIP_SRC := $(addprefix build/lwip/src/,$(patsubst %,core/%.c,def dns inet_chksum init ip mem memp netif pbuf sys \
	tcp tcp_in tcp_out timeouts udp) $(patsubst %,core/ipv4/%.c,acd dhcp etharp icmp ip4 ip4_addr ip4_frag) \
	netif/ethernet.c)
METAL_SRC := $(GENERIC_SRC) $(filter-out $(BOTH_SRC),$(wildcard kernel/*.c kernel/*/*.c kernel/*/*.asm)) \
	$(LWIP_SRC) $(wildcard boot/pvh.c boot/pvh.asm boot/date.c boot/dhcp.c) \
	$(filter-out tests/unit/main.c,$(wildcard tests/unit/*.c))
# What of the kernel needs no hardware is tested hosted as well.
KERNEL_PURE := boot/pvh.c boot/date.c boot/dhcp.c kernel/clock.c kernel/cpio.c kernel/mm/extents.c \
	kernel/drivers/acpi.c kernel/drivers/pci.c kernel/drivers/blkq.c \
	kernel/net/bridge.c kernel/net/address.c kernel/drivers/vring.c kernel/drivers/virtio_cap.c \
	kernel/drivers/gpt.c kernel/drivers/e1000_ring.c kernel/drivers/rtl8168_ring.c \
	kernel/drivers/vblk.c kernel/drivers/ata.c kernel/drivers/ahci.c \
	kernel/drivers/nvme.c kernel/drivers/sectors.c
UNIT_SRC := $(wildcard tests/unit/*.c) $(KERNEL_PURE)
# tests/DIR/main_NAME.c is a hosted program, build/hosted-MODE/NAME, linked with the engine and the other C of its
# folder.
PROG_SRC := $(wildcard tests/*/main_*.c)
PROGS := $(patsubst main_%.c,%,$(notdir $(PROG_SRC)))

obj = $(patsubst %.c,build/$(1)/%.o,$(filter %.c,$(2))) $(patsubst %.asm,build/$(1)/%.asm.o,$(filter %.asm,$(2)))

# Packages: checked once here, so that every target works on a fresh machine; `make run` and `make test` check each
# time.
build/setup-done: tools/setup
	$(Q)tools/setup
	@mkdir -p $(@D) && touch $@

# ---- generated sources ---------------------------------------------------------------------------------------------

DECODES := $(wildcard dbt/rv64/*.decode)
GEN := $(patsubst dbt/rv64/%.decode,build/gen/%.inc,$(DECODES))

build/gen/%.inc: dbt/rv64/%.decode tools/decodegen | build/setup-done
	@$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/decodegen $< $@

FONT := /usr/share/consolefonts/Uni2-Fixed16.psf.gz
build/gen/font.inc: tools/mkfont | build/setup-done
	@$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/mkfont $(FONT) $@
GEN += build/gen/font.inc

# ---- flags ---------------------------------------------------------------------------------------------------------

CFLAGS_ALL := -std=gnu11 -Wall -Wextra -Werror -g -I. -Ibuild/gen -ffile-prefix-map=$(CURDIR)=. -fno-strict-aliasing
NASMFLAGS := -felf64 -I. -Werror

# What translates is most of what runs while a guest starts: inlining it pays. (At -O3 the warning is raised for tables
# of which only the part in use is cleared.)
ENGINE_FLAGS_hosted-release := -O3 -Wno-maybe-uninitialized
ENGINE_FLAGS_metal-release := -O3 -Wno-maybe-uninitialized
CFLAGS_hosted-release := $(CFLAGS_ALL) -O2
CFLAGS_hosted-debug := $(CFLAGS_ALL) -O1 -DPYRITE_DEBUG
CFLAGS_hosted-asan := $(CFLAGS_ALL) -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS_hosted-release := -rdynamic
LDFLAGS_hosted-debug := -rdynamic
CFLAGS_hosted-tsan := $(CFLAGS_ALL) -O1 -fno-omit-frame-pointer -fsanitize=thread -Wno-error=tsan -Wno-tsan
LDFLAGS_hosted-tsan := -rdynamic -fsanitize=thread
LDFLAGS_hosted-asan := -rdynamic -fsanitize=address,undefined
LIBS_HOSTED := -lfdt -lz -lpthread -lm

METAL_HEADERS := build/metal-include/stamp build/lwip/stamp
LWIP_INCLUDE := -isystem build/lwip/src/include -Ikernel/net/lwip
NEWLIB := build/newlib/x86_64-elf
GCC_INCLUDE = $(shell $(CC) -print-file-name=include)
# -fbuiltin: the library is there; without it each memcpy() of four bytes is a call.
CFLAGS_metal-release = $(CFLAGS_ALL) -O2 -ffreestanding -fbuiltin -fpie -mno-red-zone -fno-stack-protector \
	-fno-omit-frame-pointer -fcf-protection=none -D__DYNAMIC_REENT__ -nostdinc -isystem $(NEWLIB)/include -isystem $(GCC_INCLUDE) \
	-isystem build/metal-include $(LWIP_INCLUDE)

# ---- modes ---------------------------------------------------------------------------------------------------------

MODES := hosted-release hosted-debug hosted-asan hosted-tsan metal-release

# A stamp that changes when the command line does; objects depend on it.
define mode_rules
build/$(1)/flags: FORCE | build/setup-done
	@mkdir -p $$(@D)
	@printf '%s\n' '$$(CC) $$(CFLAGS_$(1)) $$(ENGINE_FLAGS_$(1)) $$(LDFLAGS_$(1)) $$(NASM) $$(NASMFLAGS)' | \
		cmp -s - $$@ || \
		printf '%s\n' '$$(CC) $$(CFLAGS_$(1)) $$(ENGINE_FLAGS_$(1)) $$(LDFLAGS_$(1)) $$(NASM) $$(NASMFLAGS)' >$$@
build/$(1)/%.o: %.c build/$(1)/flags | $(GEN) $(if $(filter metal%,$(1)),$(METAL_HEADERS))
	@$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CFLAGS_$(1)) $$(if $$(filter tcg/% dbt/%,$$*),$$(ENGINE_FLAGS_$(1))) $$(CFLAGS_$$*) \
		-MMD -MP -c -o $$@ $$<
build/$(1)/%.asm.o: %.asm build/$(1)/flags
	@$$(call say,NASM,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(NASM) $$(NASMFLAGS) -MD $$(@:.o=.d) -MP -o $$@ $$<
endef
$(foreach m,$(MODES),$(eval $(call mode_rules,$(m))))
FORCE:
.SECONDARY:

define hosted_rules
build/$(1)/pyrite-hosted: $(call obj,$(1),$(HOSTED_SRC))
	@$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS_$(1)) -o $$@ $$(filter %.o,$$^) $$(LIBS_HOSTED)
build/$(1)/unit: $(call obj,$(1),$(UNIT_SRC) $(filter-out tools/hosted/main.c,$(HOSTED_SRC)))
	@$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS_$(1)) -o $$@ $$(filter %.o,$$^) $$(LIBS_HOSTED)
endef
$(foreach m,$(filter hosted-%,$(MODES)),$(eval $(call hosted_rules,$(m))))

define prog_rules
build/$(1)/$(patsubst main_%.c,%,$(notdir $(2))): $(call obj,$(1),$(2) \
		$(filter-out $(dir $(2))main_%.c,$(wildcard $(dir $(2))*.c)) $(filter-out tools/hosted/main.c,$(HOSTED_SRC)))
	@$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(LDFLAGS_$(1)) -o $$@ $$(filter %.o,$$^) $$(LIBS_HOSTED)
endef
$(foreach m,$(filter hosted-%,$(MODES)),$(foreach p,$(PROG_SRC),$(eval $(call prog_rules,$(m),$(p)))))

build/pyrite-hosted: build/hosted-release/pyrite-hosted
	@ln -sfn hosted-release/pyrite-hosted $@

# ---- metal: newlib, the kernel, the loader, the image ----------------------------------------------------------------

build/newlib/stamp: tools/build-newlib | build/setup-done
	@$(call say,NEWLIB,build/newlib (once))
	$(Q)tools/build-newlib build/newlib
	@touch $@

# Of /usr/include the kernel may see only the headers of the two libraries that it links.
build/metal-include/stamp: | build/newlib/stamp
	@mkdir -p $(@D)
	$(Q)for h in fdt.h libfdt.h libfdt_env.h zlib.h zconf.h; do \
		f=$$(ls /usr/include/$$h /usr/include/*/$$h 2>/dev/null | head -n 1); \
		[ -n "$$f" ] || { echo "no $$h: run tools/setup" >&2; exit 1; }; cp "$$f" $(@D)/ || exit 1; done
	@touch $@

METAL_LIBS = $(NEWLIB)/lib/libc.a $(NEWLIB)/lib/libm.a $(shell $(CC) -print-file-name=libfdt.a) \
	$(shell $(CC) -print-file-name=libz.a) $(shell $(CC) -print-libgcc-file-name)
# Twice, so that the kernel carries its own symbol table: the first link has none (tools/symbols, linker/kernel.ld).
LD_METAL := ld --no-relax -nostdlib -static --build-id=none -z max-page-size=4096 -z noexecstack -T linker/kernel.ld
build/metal-release/pyrite.elf: $(call obj,metal-release,$(METAL_SRC)) linker/kernel.ld tools/symbols
	@$(call say,LD,$@)
	$(Q)$(LD_METAL) -o $(@D)/first.elf $(filter %.o,$^) --start-group $(METAL_LIBS) --end-group
	$(Q)tools/symbols nm $(OBJCOPY) $(@D)/first.elf $(@D)/symbols.bin.o
	$(Q)$(LD_METAL) -o $@ $(filter %.o,$^) $(@D)/symbols.bin.o --start-group $(METAL_LIBS) --end-group

# The loader: gnu-efi, with the kernel inside. Its objects have their own flags and folder.
EFI_SRC := boot/uefi.c boot/uefi_con.c boot/uefi_file.c boot/uefi_pxe.c boot/uefi_machine.c boot/elf.c boot/conf.c \
	boot/date.c boot/dhcp.c boot/payload.asm
EFI_OBJ := $(call obj,uefi,$(EFI_SRC))
CFLAGS_uefi := $(CFLAGS_ALL) -O2 -ffreestanding -fpic -fshort-wchar -fno-stack-protector -mno-red-zone -maccumulate-outgoing-args \
	-fcf-protection=none -mgeneral-regs-only -DGNU_EFI_USE_MS_ABI -DEFI_FUNCTION_WRAPPER -isystem /usr/include/efi \
	-isystem /usr/include/efi/x86_64
LDFLAGS_uefi := -nostdlib -znocombreloc -shared -Bsymbolic --no-undefined --build-id=none -z noexecstack \
	-T /usr/lib/elf_x86_64_efi.lds
$(eval $(call mode_rules,uefi))
build/uefi/kernel.elf: build/metal-release/pyrite.elf
	$(Q)$(OBJCOPY) --strip-all $< $@
build/uefi/boot/payload.asm.o: NASMFLAGS += -DPAYLOAD='"build/uefi/kernel.elf"'
build/uefi/boot/payload.asm.o: build/uefi/kernel.elf
build/uefi/BOOTX64.EFI: $(EFI_OBJ)
	@$(call say,LD,$@)
	$(Q)ld $(LDFLAGS_uefi) -o $(@:.EFI=.so) /usr/lib/crt0-efi-x86_64.o $(EFI_OBJ) -L/usr/lib -lefi -lgnuefi
	$(Q)$(OBJCOPY) -j .text -j .sdata -j .data -j .dynamic -j .dynsym -j .rel -j .rela -j '.rel.*' -j '.rela.*' -j .rodata \
		-j .reloc --target=efi-app-x86_64 --subsystem=10 $(@:.EFI=.so) $@

build/lwip/stamp: tools/fetch-lwip tools/apt-private.sh | build/setup-done
	$(Q)tools/fetch-lwip
$(LWIP_SRC): build/lwip/stamp ;

# ---- the guest ------------------------------------------------------------------------------------------------------

GUEST_MODULES := virtio_mmio virtio_blk virtio_net virtio-rng crc32c_generic ext4
build/guest/stamp: tools/fetch-guest tools/apt-private.sh | build/setup-done
	$(Q)tools/fetch-guest $(GUEST_MODULES)
build/guest/initrd: tools/mkinitrd tools/guest/init tools/guest/autotest build/guest/stamp
	@$(call say,INITRD,$@)
	$(Q)tools/mkinitrd $@ --busybox build/guest/parts/busybox --modules build/guest/parts/modules $(GUEST_MODULES) \
		--file /init=tools/guest/init --file /autotest=tools/guest/autotest
build/firmware/stamp: tools/fetch-firmware tools/apt-private.sh | build/setup-done
	$(Q)tools/fetch-firmware
# The root file system installs itself on Pyrite, and is made once: neither a new Pyrite nor a new kernel makes it old.
build/rootfs/debian.img: tools/fetch-rootfs tools/apt-private.sh | build/setup-done build/pyrite-hosted build/guest/initrd
	$(Q)tools/fetch-rootfs && touch $@
build/qemu10/qemu-riscv64: tools/fetch-qemu10 tools/apt-private.sh | build/setup-done
	$(Q)tools/fetch-qemu10 && touch $@
build/qemu10-x86/qemu-system-x86_64: tools/fetch-qemu10 tools/apt-private.sh | build/setup-done
	$(Q)tools/fetch-qemu10 x86 && touch $@
build/busybox/busybox: tools/fetch-busybox tools/apt-private.sh | build/setup-done
	$(Q)tools/fetch-busybox && touch $@
build/gcc/cc1: tools/fetch-gcc tools/apt-private.sh | build/setup-done
	$(Q)tools/fetch-gcc && touch $@
build/binutils/objdump: tools/fetch-binutils tools/apt-private.sh | build/setup-done
	$(Q)tools/fetch-binutils && touch $@

# ---- the image ------------------------------------------------------------------------------------------------------

build/NOTICES.TXT: tools/notices LICENSE build/guest/stamp build/lwip/stamp
	$(Q)tools/notices >$@
# The times on the image are those of the commit, so a new commit makes it anew.
build/epoch: FORCE
	@mkdir -p $(@D)
	@echo '$(SOURCE_DATE_EPOCH)' | cmp -s - $@ || echo '$(SOURCE_DATE_EPOCH)' >$@
IMAGE_DEPS := tools/mkimage build/epoch build/uefi/BOOTX64.EFI boot/pyrite.conf build/guest/stamp build/guest/initrd \
	build/NOTICES.TXT
IMAGE_FILES := EFI/BOOT/BOOTX64.EFI=build/uefi/BOOTX64.EFI pyrite.conf=boot/pyrite.conf NOTICES.TXT=build/NOTICES.TXT \
	guest/Image=build/guest/Image guest/initrd=build/guest/initrd guest/fw_dynamic.bin=build/guest/fw_dynamic.bin
build/pyrite.img: $(IMAGE_DEPS)
	@$(call say,IMAGE,$@)
	$(Q)tools/mkimage $@ $(IMAGE_FILES)
build/pyrite.iso: $(IMAGE_DEPS)
	@$(call say,ISO,$@)
	$(Q)tools/mkimage --iso $@ $(IMAGE_FILES)

# ---- targets -------------------------------------------------------------------------------------------------------

.PHONY: all run run-hosted test test-long test-matrix bench fuzz image iso help hosted hosted-debug hosted-asan hosted-tsan unit metal progs guest firmware rootfs qemu10 binutils newgcc clean FORCE

## run: the image in QEMU under OVMF, its console in this terminal (installs and fetches what is missing)
run:
	$(Q)tools/setup
	$(Q)+$(MAKE) --no-print-directory build/pyrite.img
	$(Q)tools/run
## run-hosted: the same guest on the hosted engine
run-hosted:
	$(Q)tools/setup
	$(Q)+$(MAKE) --no-print-directory build/pyrite-hosted build/guest/initrd
	$(Q)tools/run --hosted
## test: every test; the last line is "N passed, N failed"
test:
	$(Q)tools/setup
	$(Q)+tests/run
## test-long: what is too long for make test (hours under software emulation); results in docs/hardware.md
test-long:
	$(Q)tools/setup
	$(Q)+tests/run --long
## test-matrix: Debian on {NVMe, SATA, virtio disk} x {e1000, e1000e, virtio-net}, and from a USB stick (part of test-long)
test-matrix:
	$(Q)tools/setup
	$(Q)+tests/run --long long-matrix
## image: the disk image for a USB stick or a VM, build/pyrite.img
image: build/pyrite.img
## iso: the same as a CD image for UEFI (a VM, Ventoy), build/pyrite.iso
iso: build/pyrite.iso
# The names that others script against.
build/pyrite-kernel.elf: build/metal-release/pyrite.elf
	@cp $< $@
build/pyrite.efi: build/uefi/BOOTX64.EFI
	@cp $< $@
## all: the image, the loader, the kernel (PVH) and the hosted program
all: image hosted build/pyrite-kernel.elf build/pyrite.efi
## fuzz: random programs on x86, interp and QEMU 10, without end (or SECONDS=600); what fails goes to build/fuzz-diff/found
fuzz: build/pyrite-hosted build/hosted-asan/decode qemu10
	$(Q)tests/fuzz/run --time $(or $(SECONDS),0)
## fuzz-TARGET: libFuzzer without end; TARGET: decode conf loader devices virtqueue parsers services gpt (tests/libfuzzer)
## fuzzers: the programs for that, build/fuzz/TARGET
## bench: Pyrite hosted, QEMU 10, native code in turn: table, JSON, SVG (BENCH='--rounds 5 --only calls'; tests/bench/compare --help)
bench:
	$(Q)tools/setup
	$(Q)+$(MAKE) --no-print-directory build/pyrite-hosted build/guest/stamp build/qemu10/qemu-riscv64 build/busybox/busybox
	$(Q)tests/bench/compare $(BENCH)
## hosted: the engine as a Linux program, build/pyrite-hosted
hosted: build/pyrite-hosted
## hosted-debug: the same with the verifier after every pass, build/hosted-debug/pyrite-hosted
hosted-debug: build/hosted-debug/pyrite-hosted
## hosted-asan: the same with AddressSanitizer and UBSan, build/hosted-asan/pyrite-hosted
hosted-asan: build/hosted-asan/pyrite-hosted
## hosted-tsan: the same with ThreadSanitizer, build/hosted-tsan/pyrite-hosted
hosted-tsan: build/hosted-tsan/pyrite-hosted
## unit: build and run the unit tests hosted (release)
unit: build/hosted-release/unit
	$(Q)build/hosted-release/unit
## progs: the test programs of tests/*/main_NAME.c, build/hosted-release/NAME
progs: $(PROGS:%=build/hosted-release/%)
## metal: the kernel, build/metal-release/pyrite.elf (QEMU -kernel takes it as it is)
metal: build/metal-release/pyrite.elf
## guest: Debian 13 kernel, OpenSBI and initramfs of the guest, build/guest/
guest: build/guest/initrd
## firmware: Debian's OpenSBI 1.1, 1.6 and U-Boot for the tests, build/firmware/
firmware: build/firmware/stamp
## rootfs: a Debian 13 root file system with systemd and gcc, build/rootfs/debian.img (150 MB fetched, 1 GiB on the disk, minutes)
rootfs: build/rootfs/debian.img
## qemu10: QEMU 10 to compare with, build/qemu10/
qemu10: build/qemu10/qemu-riscv64
## binutils: RISC-V as, ld, objdump 2.44 that know the newer extensions, build/binutils/
binutils: build/binutils/objdump
## newgcc: RISC-V cc1 of GCC 14, which generates the newer extensions, build/gcc/
newgcc: build/gcc/cc1
## clean: remove build/ (never needed: a change of flags or headers rebuilds by itself)
clean:
	rm -rf build
## help: this list
help:
	@awk -F': ' '/^## /{sub(/^## /,""); n=$$1; sub(/^[^:]*: /,""); printf "  make %-14s %s\n", n, $$0}' $(firstword $(MAKEFILE_LIST))

-include $(wildcard tests/*/rules.mk)
-include $(foreach m,$(MODES) uefi,$(shell find build/$(m) -name '*.d' 2>/dev/null))
