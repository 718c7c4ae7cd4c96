/**
 * One lif_delta neuron in scaled coordinates, event by event: what the fast group does with the few neurons
 * that may cross the threshold. U = (V_m - V_inf) f(t) with f(t) = exp(t / tau), see group_delta.c. Inlined.
 */
#ifndef SPK_MODELS_NEURON_DELTA_NEURON_H
#define SPK_MODELS_NEURON_DELTA_NEURON_H

#include <math.h>

#include "models/math/det.h"
#include "models/neuron/bulk_input.h"

/** Arrivals so shortly before the end of refractoriness count: the rounding that lif.c allows. */
#define SPK_DELTA_READY_MS 1e-11

/** Shared by all neurons of the group. */
struct spk_delta_law {
	double tau, t_ref;
	double theta; /**< V_th - V_inf */
	double reset; /**< V_reset - V_inf */
	double a;     /**< start of the segment: no crossing is earlier */
	void (*emit)(void *context, uint32_t neuron, double t);
	void *context;
};

struct spk_delta_neuron {
	double u;          /**< scaled potential after the arrivals of t_test */
	double t_test;     /**< last arrival, the threshold not yet tested; -INFINITY when tested */
	double level;      /**< theta f(t_test) */
	double ready;      /**< end of refractoriness */
	uint32_t first, n; /**< its input events that are still to come, by time */
};

static inline double spk_delta_factor(const struct spk_delta_law *law, double t)
{
	return spk_exp(t / law->tau);
}

/** Reset at t. `emits`: tell the owner; 0 on copies, which only look. */
static inline void spk_delta_fire(
	const struct spk_delta_law *law, struct spk_delta_neuron *s, size_t neuron, double t, int emits)
{
	if (emits)
		law->emit(law->context, (uint32_t)neuron, t);
	s->ready = t + law->t_ref;
	s->u = law->reset * spk_delta_factor(law, s->ready);
	s->t_test = -HUGE_VAL;
	s->level = HUGE_VAL;
}

/** Find the spikes before t (or, inclusive, up to t); f: the factor at t. */
static inline void spk_delta_resolve(const struct spk_delta_law *law, struct spk_delta_neuron *s,
	size_t neuron, double t, double f, int inclusive, int emits)
{
	for (;;) {
		const double tested = s->t_test;
		if (s->u >= s->level && (tested < t || (inclusive && tested <= t))) {
			spk_delta_fire(law, s, neuron, tested, emits);
			continue;
		}
		if (!(law->theta < 0) || !(s->u < 0) || s->u < law->theta * f)
			return;
		const double from = fmax(fmax(tested, s->ready), law->a);
		const double crossing = fmax(from, law->tau * spk_log(s->u / law->theta));
		if (!(crossing < t || (inclusive && crossing <= t)))
			return;
		spk_delta_fire(law, s, neuron, crossing, emits);
	}
}

/** An arrival of weight w at t; f: the factor at t. Lost while refractory. */
static inline void spk_delta_arrive(const struct spk_delta_law *law, struct spk_delta_neuron *s,
	size_t neuron, double t, double f, double w, int emits)
{
	spk_delta_resolve(law, s, neuron, t, f, 0, emits);
	if (t < s->ready - SPK_DELTA_READY_MS)
		return;
	s->u += w * f;
	s->t_test = t;
	s->level = law->theta * f;
}

/** Input events before t (network arrivals of the same time come first), or up to t. */
static inline void spk_delta_catch_up(const struct spk_delta_law *law, const struct spk_bulk_event *events,
	struct spk_delta_neuron *s, size_t neuron, double t, int inclusive, int emits)
{
	for (; s->n > 0; s->first++, s->n--) {
		const struct spk_bulk_event *e = &events[s->first];
		if (!(e->t < t || (inclusive && e->t <= t)))
			return;
		spk_delta_arrive(law, s, neuron, e->t, e->f, e->w, emits);
	}
}

#endif
