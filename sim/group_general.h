/**
 * The general group: neurons of any model, one event at a time through the model's one-neuron hooks.
 *
 * It serves every population that no fast group can: parameters that differ between neurons, injected
 * currents, rules and readouts that read the reset-free potential u, or the wish to keep it (`keep_u`).
 */
#ifndef SPK_SIM_GROUP_GENERAL_H
#define SPK_SIM_GROUP_GENERAL_H

#include <spikem/group.h>

extern const struct spk_group_type spk_group_general;

/** Inject a current (pA) into a neuron from time t (a segment's border) on. */
void spk_general_set_current(struct spk_group *group, uint32_t neuron, double t, double pa);
/** Put all neurons into `state` [n * n_states] at time t. */
void spk_general_reset(struct spk_group *group, double t, const double *state);
/** u, u_bar and du/dt of n targets at time t, before the arrivals of this instant. */
void spk_general_read_u(struct spk_group *group, double t, size_t n, const uint32_t *target, double *ret_u,
	double *ret_u_bar, double *ret_slope);
/** Keep the running integrals with this time constant (ms). Errors: SPK_E_INVALID for a second constant. */
int spk_general_keep_change(struct spk_group *group, double tau_ms, struct spk_error *err);
/** The gate opens (integrals restart at 0, t0 = t) or closes at time t. */
void spk_general_set_gate(struct spk_group *group, double t, int open);
/** The integrals [n neurons of the group] with those of `target` brought up to time t. */
const struct spk_post_change *spk_general_change(
	struct spk_group *group, double t, size_t n, const uint32_t *target);

/**
 * Call visit for each block of memory that spk_general_change may alter, if integrals are kept. Stops at the
 * first result other than SPK_OK and returns it.
 */
int spk_general_visit(
	struct spk_group *group, int (*visit)(void *user, void *place, size_t size), void *user);

/** Parameter block of a neuron, borrowed, and the potential at which u rests without synaptic input. */
const double *spk_general_par(const struct spk_group *group, uint32_t neuron, double *ret_rest);

#endif
