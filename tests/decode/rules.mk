# SPDX-License-Identifier: BSD-2-Clause
# The front end alone, with instruction bytes from its input: tests/decode/run uses it.
DECODE_TEST_SRC := $(wildcard tests/decode/*.c) tcg/ir.c tcg/build.c tcg/verify.c tcg/dump.c \
	dbt/rv64/translate.c $(wildcard dbt/rv64/region*.c) dbt/rv64/model.c dbt/rv64/disas.c tcg/softfp.c tcg/softfp_cvt.c \
	$(wildcard dbt/rv64/trans_*.c)
build/hosted-asan/decode: $(call obj,hosted-asan,$(DECODE_TEST_SRC))
	@$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_hosted-asan) -o $@ $(filter %.o,$^)
progs: build/hosted-asan/decode
