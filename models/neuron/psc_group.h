/** State of a fast group of lif_exp or lif_alpha neurons, and the parts of it: group_psc.c says how it works.
 */
#ifndef SPK_MODELS_NEURON_PSC_GROUP_H
#define SPK_MODELS_NEURON_PSC_GROUP_H

#include <spikem/group.h>

#include "models/neuron/bulk_input.h"
#include "models/neuron/psc_law.h"

/** Marks in place of a bound. That of a careful neuron tells its place in the list besides, see below. */
#define SPK_PSC_CAREFUL 0x1p1000
#define SPK_PSC_RESTING (-0x1p1000)
#define SPK_PSC_PLACE 0x1p948 /* such steps above SPK_PSC_CAREFUL are exact */

/** A careful neuron. They stand together: so few are careful at a time that their list stays in the cache. */
struct spk_psc_careful {
	double ready;             /**< end of refractoriness, -HUGE_VAL when it is over */
	double from;              /**< crossings before this time are known */
	double next;              /**< the first one since then in this segment; NAN: not searched for yet */
	struct spk_psc_state now; /**< when not refractory: the state at `from` */
	uint32_t first, n;        /**< its input events that are still to come, by time */
	uint32_t neuron;
};

/** A span of time from a state on. */
struct spk_psc_span {
	double length;
	double share; /**< so much of an inhibitory current remains at least */
	double bend;  /**< 1 pA of A_ex adds so much to D at most, mV */
};

static inline struct spk_psc_span spk_psc_span_of(const struct spk_psc_law *law, double length)
{
	const double share = 1 - length * law->in.rate;

	return (struct spk_psc_span){
		length, share > 0 ? share : 0, law->inv_c * law->ex.rate * length * length / 2};
}

/** Bound on D over the span from this state on. */
static inline __attribute__((always_inline)) double spk_psc_bound_over(
	const struct spk_psc_law *law, const struct spk_psc_state *now, struct spk_psc_span span, int alpha)
{
	const double slope = law->inv_c * (now->i_ex + span.share * now->i_in) - law->rate * now->d;
	const double bound = slope > 0 ? now->d + span.length * slope : now->d;

	return alpha ? bound + span.bend * now->a_ex : bound;
}

/** Bound on D from this state on where V_inf < V_th. */
static inline __attribute__((always_inline)) double spk_psc_bound_for_ever(
	const struct spk_psc_law *law, const struct spk_psc_state *now, int alpha)
{
	return (now->d > 0 ? now->d : 0) + law->peak * (alpha ? now->i_ex + now->a_ex : now->i_ex);
}

struct spk_psc_resting {
	double ready; /**< end of refractoriness */
	uint32_t neuron;
};

struct spk_group {
	size_t n;
	struct spk_psc_law law;
	double v_reset;
	double *cells; /**< [n] of spk_psc_cell_size(), filled up to whole blocks with resting ones */
	unsigned char *is_near; /**< [n] listed in near */
	uint32_t *near;
	struct spk_psc_careful *careful;
	struct spk_psc_resting *resting; /**< in the order of the segments in which they fired */
	double longest;                  /**< longest segment so far; HUGE_VAL: `resting` is in no order */
	double *ready;                   /**< [n] end of refractoriness of those that rest */
	size_t n_near, n_careful, n_resting;
	double a, b, horizon;
	int is_open;                 /**< between begin() and finish() */
	struct spk_bulk bulk;        /**< Poisson input, of exponential neurons only */
	struct spk_psc_queue *queue; /**< rows that wait for delivery, see psc_deliver.c */
	struct spk_psc_factors at_a, at_b;
	void (*emit)(void *context, uint32_t neuron, double t);
	void *context;
};

static inline double *spk_psc_cell(const struct spk_group *g, size_t neuron)
{
	return g->cells + neuron * spk_psc_cell_size(g->law.alpha);
}

static inline int spk_psc_is_careful(double bound)
{
	return bound >= SPK_PSC_CAREFUL;
}

/** The entry of a careful neuron. */
static inline struct spk_psc_careful *spk_psc_careful_at(const struct spk_group *g, double bound)
{
	return &g->careful[(size_t)((bound - SPK_PSC_CAREFUL) * (1 / SPK_PSC_PLACE))];
}

/** Look at all neurons when the horizon is reached, else at those that are near. */
void spk_psc_open_segment(struct spk_group *g);
/** List a neuron to be looked at when the next segment begins. */
void spk_psc_list_near(struct spk_group *g, size_t neuron);
/** `now`: the state at `from`, NULL while it is refractory. */
void spk_psc_mark_careful(
	struct spk_group *g, size_t neuron, double ready, double from, const struct spk_psc_state *now);
/**
 * A neuron whose bound does not tell: look at its state at t. All crossings before t are known. `coming`:
 * what the rest of its input events in this segment will add, which is not in the cell yet; NULL: nothing.
 */
void spk_psc_look_again(struct spk_group *g, size_t neuron, double t, const struct spk_psc_factors *f,
	const struct spk_psc_jump *coming);
/** An arrival at a careful neuron whose spikes before t are found; f: factors at t; jump: of a cell's size.
 */
void spk_psc_arrive_carefully(const struct spk_psc_law *law, struct spk_psc_careful *neuron, double *cell,
	double t, const struct spk_psc_factors *f, const double *jump);
/**
 * Find the spikes before t (inclusive: up to t) of a careful neuron, or of a copy of it, which emits nothing.
 */
void spk_psc_resolve(const struct spk_group *g, struct spk_psc_careful *neuron, double *cell, double t,
	int inclusive, int emits);
/** The end of the segment: find all spikes of careful neurons. Those that are not refractory get a bound. */
void spk_psc_close_segment(struct spk_group *g);

/** Draw the Poisson input of the segment, once open_segment() has looked at the neurons. */
void spk_psc_add_inputs(struct spk_group *g);
/** Input events of a neuron from t on (`after`: after t): what they add. */
void spk_psc_coming(struct spk_group *g, size_t neuron, double t, int after, struct spk_psc_jump *ret_coming);
/** Give a careful neuron its input events from t on. */
void spk_psc_list_inputs(struct spk_group *g, struct spk_psc_careful *neuron, double t);
enum { SPK_PSC_CHUNK = 128 };
/** What n <= SPK_PSC_CHUNK events add to exponential neurons. */
void spk_psc_make_jumps(const struct spk_group *g, size_t n, const double *t, const double *weight,
	struct spk_psc_jump ret_jump[SPK_PSC_CHUNK]);
/** What one event adds to an exponential neuron; f: factors at t. */
struct spk_psc_jump spk_psc_jump_of(
	const struct spk_group *g, double t, const struct spk_psc_factors *f, double w);
/** All of a jump but the bound. */
static inline void spk_psc_add(double *cell, const double *jump, double sign, int alpha)
{
	for (size_t k = SPK_PSC_C; k < spk_psc_cell_size(alpha); k++)
		cell[k] += sign * jump[k];
}

struct spk_psc_queue *spk_psc_queue_create(void); /* NULL: out of memory; freed by free() */
/** Deliver the rows that wait. */
void spk_psc_flush(struct spk_group *g);
/** Hooks of the group type. */
void spk_psc_deliver(struct spk_group *g, const struct spk_bundle *b);
void spk_psc_deliver_each(struct spk_group *g, const struct spk_volley *v);
void spk_psc_list_state(struct spk_group *g, struct spk_state *state);
void spk_psc_restore(struct spk_group *g);

#endif
