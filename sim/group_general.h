/**
 * The general group: neurons of any model, one event at a time through the model's one-neuron hooks.
 *
 * It serves every population that no fast group can: parameters that differ between neurons, currents and
 * resets that the model's fast group does not take, rules that read what it does not keep.
 * A segment costs what the neurons cost that something happens to, and those that may fire in it.
 */
#ifndef SPK_SIM_GROUP_GENERAL_H
#define SPK_SIM_GROUP_GENERAL_H

#include <spikem/group.h>

extern const struct spk_group_type spk_group_general;

/**
 * Call visit for each block of memory that the hook `change` may alter, if integrals are kept. Stops at the
 * first result other than SPK_OK and returns it.
 */
int spk_general_visit(
	struct spk_group *group, int (*visit)(void *user, void *place, size_t size), void *user);

#endif
