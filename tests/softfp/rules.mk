# SPDX-License-Identifier: BSD-2-Clause
# Floating point against GNU MPFR, which only this program needs: build/hosted-release/fp-proof.
FP_PROOF_SRC := $(wildcard tests/softfp/*.c) tests/tcg/machine.c $(filter-out tools/hosted/main.c,$(HOSTED_SRC))
build/hosted-release/fp-proof: $(call obj,hosted-release,$(FP_PROOF_SRC))
	@$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS_hosted-release) -o $@ $(filter %.o,$^) $(LIBS_HOSTED) -lmpfr -lgmp
progs: build/hosted-release/fp-proof
