# SPDX-License-Identifier: BSD-2-Clause
# The front end alone, with instruction bytes from the command line: tests/decode/run uses it.
DECODE_TEST_SRC := $(wildcard tests/decode/*.c) tcg/ir.c tcg/build.c tcg/verify.c tcg/dump.c \
	dbt/rv64/translate.c dbt/rv64/disas.c $(wildcard dbt/rv64/trans_*.c)
build/hosted-debug/decode: $(call obj,hosted-debug,$(DECODE_TEST_SRC))
	@$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_hosted-debug) -o $@ $(filter %.o,$^)
progs: build/hosted-debug/decode
