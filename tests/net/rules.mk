# SPDX-License-Identifier: BSD-2-Clause
# tests/net/stack.c with the kernel's network stack and lwIP, under sanitizers; its own platform, so none of hosted's.
NET_STACK_SRC := tests/net/stack.c kernel/net/stack.c kernel/net/sock.c $(LWIP_SRC)
build/hosted-asan/net-stack: $(NET_STACK_SRC) $(wildcard kernel/net/*.h kernel/net/lwip/*.h kernel/net/lwip/*/*.h) \
		kernel/plat.h tests/net/rules.mk
	@$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_hosted-asan) $(LWIP_INCLUDE) $(LDFLAGS_hosted-asan) -o $@ $(filter %.c,$^)
