/**
 * The general group: neurons of any model, one event at a time through the model's one-neuron hooks.
 *
 * It serves every population that no fast group can: parameters that differ between neurons, injected
 * currents, protocols, rules that read what the model's fast group does not keep.
 * A segment costs what the neurons cost that something happens to, and those that may fire in it.
 */
#ifndef SPK_SIM_GROUP_GENERAL_H
#define SPK_SIM_GROUP_GENERAL_H

#include <spikem/group.h>

extern const struct spk_group_type spk_group_general;

/** Inject a current (pA) into a neuron from time t (a segment's border) on. */
void spk_general_set_current(struct spk_group *group, uint32_t neuron, double t, double pa);
/** Put all neurons into `state` [n * n_states] at time t. */
void spk_general_reset(struct spk_group *group, double t, const double *state);

/**
 * Call visit for each block of memory that the hook `change` may alter, if integrals are kept. Stops at the
 * first result other than SPK_OK and returns it.
 */
int spk_general_visit(
	struct spk_group *group, int (*visit)(void *user, void *place, size_t size), void *user);

/** Parameter block of a neuron, borrowed, and the potential at which u rests without synaptic input. */
const double *spk_general_par(const struct spk_group *group, uint32_t neuron, double *ret_rest);

#endif
