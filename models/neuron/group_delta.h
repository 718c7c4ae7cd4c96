/** The parts of the fast group of lif_delta neurons: group_delta.c fires, group_delta_deliver.c takes
 * arrivals and reads potentials, group_delta_order.c those of rows in order, group_delta_current.c takes
 * injected currents and resets.
 */
#ifndef SPK_MODELS_NEURON_GROUP_DELTA_H
#define SPK_MODELS_NEURON_GROUP_DELTA_H

#include "models/neuron/bulk_input.h"
#include "models/neuron/delta_neuron.h"
#include "models/neuron/delta_u.h"
#include "models/neuron/resting.h"

/** Marks in place of the potential, see group_delta.c. */
#define SPK_GROUP_DELTA_CAREFUL 1e300
#define SPK_GROUP_DELTA_RESTING (-1e300)

struct spk_group {
	size_t n, n_states;
	struct spk_delta_law law;
	double v_inf; /**< without injected currents */
	double V_th;
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
	/* injected currents: NULL where none can come */
	double resistance; /**< mV/pA */
	double *current;   /**< [n] pA */
	double *shift;     /**< [n] of V_inf by the current, mV */
	double *theta;     /**< [n] V_th - V_inf */
	size_t n_shifted;  /**< so many currents are not 0; without any, all neurons share law */
	size_t n_falling;  /**< shifted neurons that their drive alone makes fire: theta <= 0 */
};

/** The law of one neuron: the shared one, or, under a current of its own, made in `own`. */
static inline const struct spk_delta_law *spk_group_delta_law(
	const struct spk_group *group, size_t neuron, struct spk_delta_law *own)
{
	if (!group->n_shifted)
		return &group->law;
	*own = group->law;
	own->theta = group->theta[neuron];
	own->reset -= group->shift[neuron];
	return own;
}

/** Thresholds of their own, or NULL: all share that of law. */
static inline const double *spk_group_delta_thetas(const struct spk_group *group)
{
	return group->n_shifted ? group->theta : NULL;
}

/** Neurons may cross the threshold between arrivals. */
static inline int spk_group_delta_falls(const struct spk_group *group)
{
	return !(group->law.theta > 0) || group->n_falling;
}

/** What the synapses of a row share. */
struct spk_group_delta_pass {
	struct spk_delta_u_form form; /**< where the weights change */
	double f, copy, level, w_min, w_max;
	const double *shift;  /**< of V_inf, where the form sees it; NULL: nowhere */
	const double *theta;  /**< thresholds of their own, or NULL */
	const double *factor; /**< of the changes of each neuron's weights; NULL: 1 for all */
};

/** Deliver a bundle in order. `weight`: its f64, where it changes by the form; else NULL. */
void spk_group_delta_pass_order(struct spk_group *group, const struct spk_bundle *bundle,
	const struct spk_group_delta_pass *pass, double *weight);

/** Wake all neurons whose refractoriness ends up to t. */
void spk_group_delta_wake(struct spk_group *group, double t);
/** An arrival whose test did not rule out a crossing; `before`: U without it. */
void spk_group_delta_arrive(
	struct spk_group *group, size_t neuron, double before, double t, double f, double w);

/** Room for currents. 0 when memory runs out. */
int spk_group_delta_init_currents(struct spk_group *group);
/** theta of a neuron whose V_inf a current shifts by so many mV. */
double spk_group_delta_theta(const struct spk_group *group, double shift);

/** Hooks of struct spk_group_type. */
void spk_group_delta_set_current(struct spk_group *group, uint32_t neuron, double t, double pa);
void spk_group_delta_reset(struct spk_group *group, double t, const double *state);
void spk_group_delta_list_state(struct spk_group *group, struct spk_state *state);
void spk_group_delta_restore(struct spk_group *group);
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
