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

/** Currents of inputs or of the protocol reach the population, or the protocol resets it. */
int spk_member_is_driven(const struct spk_scenario *sc, size_t population);
/**
 * What rules and readouts ask of the potentials of a population: bits of enum spk_rule_needs. Neurons that an
 * experiment drives keep u without being asked.
 */
unsigned spk_member_reads(const struct spk_scenario *sc, size_t population);
/**
 * The group of a population. A fast one serves equal neurons, and keeps what is read of their potentials if
 * it can; its parameters may still make it decline. What is recorded has no say: observing changes nothing.
 */
const struct spk_group_type *spk_member_type(const struct spk_scenario *sc, size_t population);
/** All values are constant. */
int spk_values_are_constant(const struct spk_value *values, size_t n);
/** The population, one of neurons, will have the states u and u_bar; the network must be fully described. */
int spk_population_keeps_u(const struct spk_scenario *sc, size_t population);

/** Parameter number `field` of neuron k of the member, as drawn: that of its unit. */
double spk_member_param(const struct spk_member *m, uint64_t seed, size_t field, uint64_t k);
/**
 * Parameter blocks of a member's neurons, with derived values; malloc'ed. *ret_stride: doubles from one
 * neuron to the next, 0: all share one block. Errors: SPK_E_NOMEM, those of the model's derive().
 */
int spk_member_params(const struct spk_member *m, uint64_t seed, double **ret_par, size_t *ret_stride,
	struct spk_error *err);
/** The input has this population among its targets. */
int spk_input_targets(const struct spk_input *input, size_t population);
/**
 * The member's group draws the events of this Poisson input, which has the member among its targets; else a
 * stream does. The same in every partition.
 */
int spk_input_is_drawn_by_group(const struct spk_scenario *sc, uint32_t input, const struct spk_member *m);
/** Rate (Hz) at which a Poisson input reaches neuron k of a target while nothing is scheduled. */
double spk_input_rate(const struct spk_scenario *sc, uint32_t input, const struct spk_member *m, uint64_t k);

/** Index k of a selection is chosen; a selection without ranges chooses all. */
int spk_selection_has(const struct spk_selection *selection, uint64_t k);

#endif
