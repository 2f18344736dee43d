# SPDX-License-Identifier: BSD-2-Clause
# The privileged side of RV64 alone, over a fake engine and fake memory (tests/rv64/fake.c):
# build/hosted-asan/rv64-system.
RV64_TEST_SRC := $(wildcard tests/rv64/*.c) tests/unit/run.c tcg/softfp.c tcg/softfp_cvt.c \
	$(wildcard dbt/rv64/csr*.c) $(addprefix dbt/rv64/,trap.c pmp.c walk.c fpu.c hart.c model.c disas.c wrs.c)
build/hosted-asan/rv64-system: $(call obj,hosted-asan,$(RV64_TEST_SRC))
	@$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_hosted-asan) -o $@ $(filter %.o,$^)
progs: build/hosted-asan/rv64-system
