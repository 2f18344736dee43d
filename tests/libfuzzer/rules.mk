# SPDX-License-Identifier: BSD-2-Clause
# libFuzzer targets: tests/libfuzzer/fuzz_NAME.c is build/fuzz/NAME, with the code it tests over a fake platform
# (fake.c). The compiler is clang, with its sanitizers; warnings are left to the builds by gcc.
FUZZ_CC := clang
FUZZ_CFLAGS := -std=gnu11 -w -g -O1 -I. -Ibuild/gen -fno-strict-aliasing -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_FAKE := tests/libfuzzer/fake.c
FUZZ_DEVICES := $(wildcard devices/*.c) dbt/physmem.c $(FUZZ_FAKE)
FUZZ_SRC_decode := tcg/softfp.c tcg/softfp_cvt.c tcg/ir.c tcg/build.c tcg/verify.c tcg/dump.c $(wildcard dbt/rv64/trans_*.c) \
	$(addprefix dbt/rv64/,translate.c region.c region_fp.c model.c disas.c)
FUZZ_SRC_conf := boot/conf.c dbt/rv64/model.c dbt/log.c $(FUZZ_FAKE)
FUZZ_SRC_loader := boot/elf.c $(FUZZ_DEVICES)
FUZZ_SRC_devices := $(FUZZ_DEVICES)
FUZZ_SRC_netuser := $(FUZZ_DEVICES)
FUZZ_SRC_virtqueue := $(FUZZ_DEVICES)
FUZZ_SRC_parsers := boot/date.c boot/dhcp.c kernel/cpio.c kernel/drivers/acpi.c kernel/mm/extents.c dbt/symbols.c
FUZZ_SRC_services := $(addprefix services/,url.c http.c telnet.c tftp.c)
FUZZ_SRC_bridge := kernel/net/bridge.c
FUZZ_SRC_cards := $(addprefix kernel/,$(addprefix drivers/,e1000_ring.c rtl8168_ring.c vring.c virtio_cap.c) \
	net/address.c)
FUZZ_SRC_gpt := kernel/drivers/gpt.c
FUZZ_SRC_disks := $(addprefix kernel/drivers/,blkq.c vblk.c vring.c ata.c ahci.c nvme.c)
FUZZ_TARGETS := decode conf loader devices virtqueue netuser parsers services bridge cards gpt disks

build/fuzz/obj/%.o: %.c tests/libfuzzer/rules.mk | $(GEN) build/setup-done
	@$(call say,FUZZ-CC,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<
define fuzz_rules
build/fuzz/$(1): $(patsubst %.c,build/fuzz/obj/%.o,tests/libfuzzer/fuzz_$(1).c $(FUZZ_SRC_$(1)))
	@$$(call say,LD,$$@)
	$$(Q)$$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $$@ $$(filter %.o,$$^) -lfdt -lz
.PHONY: fuzz-$(1)
fuzz-$(1): build/fuzz/$(1)
	$$(Q)tests/libfuzzer/run --forever $(1)
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_rules,$(t))))
.PHONY: fuzzers
fuzzers: $(FUZZ_TARGETS:%=build/fuzz/%)
-include $(shell find build/fuzz -name '*.d' 2>/dev/null)
