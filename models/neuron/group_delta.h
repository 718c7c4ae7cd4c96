/** The parts of the fast group of lif_delta neurons: group_delta.c fires, group_delta_deliver.c
 * takes arrivals and reads potentials.
 */
#ifndef SPK_MODELS_NEURON_GROUP_DELTA_H
#define SPK_MODELS_NEURON_GROUP_DELTA_H

#include "models/neuron/bulk_input.h"
#include "models/neuron/delta_neuron.h"
#include "models/neuron/delta_u.h"
#include "models/neuron/resting.h"

struct spk_group {
	size_t n;
	struct spk_delta_law law;
	double v_inf;
	double *u;                     /**< [n] scaled potentials, or marks */
	struct spk_delta_neuron *side; /**< [n] valid for careful and resting neurons */
	uint32_t *careful;
	size_t n_careful;
	struct spk_resting resting;
	uint64_t *waking; /**< [n_blocks] bits of the neurons whose refractoriness ends in the segment */
	struct spk_bulk bulk;
	double *late; /**< [n] inhibitory input of the segment, scaled */
	double b, f_a;
	int is_first;
	struct spk_delta_u free; /**< potentials without reset, where they are kept */
};

/** Wake all neurons whose refractoriness ends up to t. */
void spk_group_delta_wake(struct spk_group *group, double t);
/** An arrival whose test did not rule out a crossing; `before`: U without it. */
void spk_group_delta_arrive(
	struct spk_group *group, size_t neuron, double before, double t, double f, double w);

/** Hooks of struct spk_group_type. */
void spk_group_delta_deliver(struct spk_group *group, const struct spk_bundle *bundle);
unsigned spk_group_delta_can_keep(const double *par);
void spk_group_delta_read_u(struct spk_group *group, double t, size_t n, const uint32_t *target,
	double *ret_u, double *ret_u_bar, double *ret_slope);
void spk_group_delta_deliver_form(struct spk_group *group, const struct spk_form_bundle *bundle);
int spk_group_delta_keep_change(struct spk_group *group, double tau_ms);
void spk_group_delta_gate_change(struct spk_group *group, double t, int open);
const struct spk_post_change *spk_group_delta_change(
	struct spk_group *group, double t, size_t n, const uint32_t *target);

#endif
