/** State of a fast group of lif_exp neurons, and the parts of it: group_exp.c says how it works. */
#ifndef SPK_MODELS_NEURON_EXP_GROUP_H
#define SPK_MODELS_NEURON_EXP_GROUP_H

#include <spikem/group.h>

#include "models/neuron/bulk_input.h"
#include "models/neuron/exp_law.h"

/** Marks in place of a bound. */
#define SPK_EXP_CAREFUL 1e300
#define SPK_EXP_RESTING (-1e300)

/** A careful or resting neuron. */
struct spk_exp_side {
	double ready; /**< end of refractoriness, -HUGE_VAL when it is over */
	double from;  /**< careful: crossings before this time are known */
	double next;  /**< careful: the first one since then in this segment; NAN: not searched for yet */
	struct spk_exp_state now; /**< careful, not refractory: the state at `from` */
	uint32_t first, n;        /**< careful: its input events that are still to come, by time */
};

/** A span of time from a state on. */
struct spk_exp_span {
	double length;
	double share; /**< so much of an inhibitory current remains at least */
};

static inline struct spk_exp_span spk_exp_span_of(const struct spk_exp_law *law, double length)
{
	const double share = 1 - length * law->in.rate;

	return (struct spk_exp_span){length, share > 0 ? share : 0};
}

/** Bound on D over the span from this state on. */
static inline __attribute__((always_inline)) double spk_exp_bound_over(
	const struct spk_exp_law *law, const struct spk_exp_state *now, struct spk_exp_span span)
{
	const double slope = law->inv_c * (now->i_ex + span.share * now->i_in) - law->rate * now->d;

	return slope > 0 ? now->d + span.length * slope : now->d;
}

/** Bound on D from this state on where V_inf < V_th. */
static inline __attribute__((always_inline)) double spk_exp_bound_for_ever(
	const struct spk_exp_law *law, const struct spk_exp_state *now)
{
	return (now->d > 0 ? now->d : 0) + law->peak * now->i_ex;
}

struct spk_exp_resting {
	double ready; /**< as its side says, in one row with the others */
	uint32_t neuron;
};

struct spk_group {
	size_t n;
	struct spk_exp_law law;
	double v_reset;
	struct spk_exp_cell *cells; /**< [n], filled up to whole blocks with resting ones */
	struct spk_exp_side *side;
	unsigned char *is_near; /**< [n] listed in near */
	uint32_t *near, *careful;
	struct spk_exp_resting *resting;
	size_t n_near, n_careful, n_resting;
	double a, b, horizon;
	int is_open; /**< between begin() and finish() */
	struct spk_bulk bulk;
	struct spk_exp_queue *queue; /**< rows that wait for delivery, see exp_deliver.c */
	struct spk_exp_factors at_a, at_b;
	void (*emit)(void *context, uint32_t neuron, double t);
	void *context;
};

/** Look at all neurons when the horizon is reached, else at those that are near. */
void spk_exp_open_segment(struct spk_group *g);
/** List a neuron to be looked at when the next segment begins. */
void spk_exp_list_near(struct spk_group *g, size_t neuron);
/** `now`: the state at `from`, NULL while it is refractory. */
void spk_exp_mark_careful(
	struct spk_group *g, size_t neuron, double ready, double from, const struct spk_exp_state *now);
/**
 * A neuron whose bound does not tell: look at its state at t. All crossings before t are known. `coming`:
 * what the rest of its input events in this segment will add, which is not in the cell yet; NULL: nothing.
 */
void spk_exp_look_again(struct spk_group *g, size_t neuron, double t, const struct spk_exp_factors *f,
	const struct spk_exp_cell *coming);
/** An arrival at a careful neuron whose spikes before t are found; f: factors at t. */
void spk_exp_arrive_carefully(struct spk_exp_side *side, struct spk_exp_cell *cell, double t,
	const struct spk_exp_factors *f, const struct spk_exp_cell *jump);
/**
 * Find the spikes before t (inclusive: up to t) of a careful neuron, or of a copy of it, which emits nothing.
 */
void spk_exp_resolve(const struct spk_group *g, size_t neuron, struct spk_exp_side *side,
	struct spk_exp_cell *cell, double t, int inclusive, int emits);

/** Draw the Poisson input of the segment, once open_segment() has looked at the neurons. */
void spk_exp_add_inputs(struct spk_group *g);
/** Input events of a neuron from t on (`after`: after t): what they add. */
void spk_exp_coming(struct spk_group *g, size_t neuron, double t, int after, struct spk_exp_cell *ret_coming);
/** Give a careful neuron its input events from t on. */
void spk_exp_list_inputs(struct spk_group *g, size_t neuron, double t);
enum { SPK_EXP_CHUNK = 128 };
/** What n <= SPK_EXP_CHUNK events add to their cells. */
void spk_exp_make_jumps(const struct spk_group *g, size_t n, const double *t, const double *weight,
	struct spk_exp_cell ret_jump[SPK_EXP_CHUNK]);
/** What one event adds to its cell; f: factors at t. */
struct spk_exp_cell spk_exp_jump_of(
	const struct spk_group *g, double t, const struct spk_exp_factors *f, double w);
static inline void spk_exp_add(struct spk_exp_cell *cell, const struct spk_exp_cell *jump, double sign)
{
	cell->c += sign * jump->c;
	cell->ex += sign * jump->ex;
	cell->in += sign * jump->in;
}

struct spk_exp_queue *spk_exp_queue_create(void); /* NULL: out of memory; freed by free() */
/** Deliver the rows that wait. */
void spk_exp_flush(struct spk_group *g);
/** Hooks of the group type. */
void spk_exp_deliver(struct spk_group *g, const struct spk_bundle *b);
void spk_exp_deliver_each(struct spk_group *g, const struct spk_volley *v);

#endif
