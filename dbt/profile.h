/* SPDX-License-Identifier: BSD-2-Clause */
/* The hottest blocks, by sampling (-d profile). Off, it costs nothing. */
#ifndef PYRITE_DBT_PROFILE_H
#define PYRITE_DBT_PROFILE_H

#include "dbt/engine.h"

/* On the hart's own thread or core, before it runs: samples from now on. Nothing where the platform has no sampler. */
void profile_start(struct vcpu *cpu);
/* Counts what was sampled so far. Before blocks' ids are given out anew, too. */
void profile_drain(struct vcpu *cpu);
void profile_drain_all(void);
void profile_show(stats_put *put);

#endif
