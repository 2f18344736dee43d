/* SPDX-License-Identifier: BSD-2-Clause */
/* The program that the forkexec row executes. */
int main(void) { return 0; }
