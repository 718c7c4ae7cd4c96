/** Making the members of a partition: groups, sources, input streams, samplers. */
#ifndef SPK_SIM_MEMBER_H
#define SPK_SIM_MEMBER_H

#include "sim/partition.h"

/** Create all members and streams of p. `first_id`: [n_populations] global ids. */
int spk_members_create(struct spk_partition *p, const uint32_t *first_id, struct spk_error *err);
void spk_members_free(struct spk_partition *p);
int spk_samplers_create(struct spk_partition *p, struct spk_error *err);
void spk_samplers_free(struct spk_partition *p);

/** Start the sources and streams at time 0. */
void spk_members_start(struct spk_partition *p);

/** The population, one of neurons, will have the states u and u_bar; the network must be fully described. */
int spk_population_keeps_u(const struct spk_scenario *sc, size_t population);

/** Index k of a selection is chosen; a selection without ranges chooses all. */
int spk_selection_has(const struct spk_selection *selection, uint64_t k);

#endif
