/**
 * One lif_escape neuron in scaled coordinates: what the fast group does at the rare events.
 *
 * U = (V_m - V_inf) f(t) with f(t) = exp(t / tau) is constant between arrivals, see group_delta.c. Spikes are
 * drawn by thinning (Lewis and Shedler 1979; Ogata 1981): while V_m - V_inf stays below a bound, candidates
 * come as a Poisson process with the hazard at the bound as its rate, and one at time T is a spike with
 * probability hazard(T) / rate. Only the next candidate is kept. A Poisson process has no memory, so whenever
 * V_m reaches the bound, or a candidate is rejected, a new bound and a new candidate may be drawn from then
 * on. All this depends on the arrivals alone, not on when somebody looks: the events of a neuron are its
 * arrivals, the crossings of the bound (at arrivals, or in closed form where V_m rises towards V_inf), its
 * candidates and the ends of its refractory times. Inlined.
 */
#ifndef SPK_MODELS_NEURON_ESCAPE_NEURON_H
#define SPK_MODELS_NEURON_ESCAPE_NEURON_H

#include <math.h>

#include <spikem/rng.h>

#include "models/math/det.h"
#include "models/math/philox.h"

/** Above this many Delta_u over V_th the hazard no longer grows; the neuron fires at once in any case. */
#define SPK_ESCAPE_MAX_EXPONENT 300.0
/** A new bound lies so many Delta_u above V_m: fewer crossings of the bound against fewer candidates. */
#define SPK_ESCAPE_HEADROOM 1.5
/** Candidates per membrane time constant at the lowest bound. */
#define SPK_ESCAPE_QUIET 0.25
/** Scaled potential of refractory neurons: no arrival and no bound comes near it. */
#define SPK_ESCAPE_RESTING (-1e300)

/** Shared by all neurons of the group. Potentials relative to V_inf, mV. */
struct spk_escape_law {
	double tau, t_ref;       /**< ms */
	double threshold, reset; /**< V_th, V_reset */
	double rho_0;            /**< 1/ms */
	double width;            /**< Delta_u */
	double lowest;           /**< lowest bound; INFINITY without hazard */
	struct spk_rng first;    /**< stream of neuron 0 */
	void (*emit)(void *context, uint32_t neuron, double t);
	void *context;
};

struct spk_escape_neuron {
	double u;      /**< scaled potential, or RESTING */
	double bound;  /**< V_m - V_inf stays below, mV */
	double next;   /**< next candidate; while refractory: from when on arrivals count */
	double since;  /**< when the bound was set; while refractory: its end */
	double height; /**< of the candidate, as a share of the rate at the bound */
	uint64_t draw; /**< random blocks used so far */
};

static inline double spk_escape_factor(const struct spk_escape_law *law, double t)
{
	return spk_exp(t / law->tau);
}

/** Logarithm of hazard / rho_0. */
static inline double spk_escape_exponent(const struct spk_escape_law *law, double d)
{
	return fmin((d - law->threshold) / law->width, SPK_ESCAPE_MAX_EXPONENT);
}

/** From t on, where V_m - V_inf = d: a bound and the first candidate below it. */
static inline void spk_escape_renew(
	const struct spk_escape_law *law, struct spk_escape_neuron *s, size_t neuron, double t, double d)
{
	struct spk_rng rng = law->first;
	uint32_t words[4];

	s->bound = fmax(d + SPK_ESCAPE_HEADROOM * law->width, law->lowest);
	const double exponent = spk_escape_exponent(law, s->bound);
	if (exponent == SPK_ESCAPE_MAX_EXPONENT)
		s->bound = HUGE_VAL;
	rng.id += neuron;
	spk_rng_block(&rng, s->draw++, words);
	s->since = t;
	s->next = t - spk_log(spk_unit_of_bits((uint64_t)words[1] << 32 | words[0])) /
			      (law->rho_0 * spk_exp(exponent));
	s->height = spk_unit_of_bits((uint64_t)words[3] << 32 | words[2]);
}

/** When V_m, rising towards V_inf, reaches the bound if nothing arrives. */
static inline double spk_escape_crossing(const struct spk_escape_law *law, const struct spk_escape_neuron *s)
{
	if (!(s->bound < 0) || !(s->u < 0))
		return HUGE_VAL;
	return fmax(s->since, law->tau * spk_log(s->u / s->bound));
}

static inline void spk_escape_fire(
	const struct spk_escape_law *law, struct spk_escape_neuron *s, size_t neuron, double t, int emits)
{
	const double ready_ms = 1e-11; /* less refractoriness is none, as in lif.c */

	if (emits)
		law->emit(law->context, (uint32_t)neuron, t);
	s->u = SPK_ESCAPE_RESTING;
	s->since = t + law->t_ref;
	s->next = s->since - ready_ms;
}

/** The candidate: a spike, or V_m is known and the bound is set anew. */
static inline void spk_escape_try(
	const struct spk_escape_law *law, struct spk_escape_neuron *s, size_t neuron, int emits)
{
	const double t = s->next, d = s->u / spk_escape_factor(law, t);
	const double share = spk_exp(spk_escape_exponent(law, d) - spk_escape_exponent(law, s->bound));

	if (s->height < share)
		spk_escape_fire(law, s, neuron, t, emits);
	else
		spk_escape_renew(law, s, neuron, t, d);
}

/** All events of the neuron but arrivals before t (or, inclusive, up to t). emits: 0 on copies, which only
 * look. */
static inline void spk_escape_resolve(const struct spk_escape_law *law, struct spk_escape_neuron *s,
	size_t neuron, double t, int inclusive, int emits)
{
	for (;;) {
		const int is_resting = s->u == SPK_ESCAPE_RESTING;
		const double crossing = is_resting ? HUGE_VAL : spk_escape_crossing(law, s);
		const double next = fmin(crossing, s->next);
		if (!(next < t || (inclusive && next <= t)))
			return;
		if (is_resting) {
			s->u = law->reset * spk_escape_factor(law, s->since);
			spk_escape_renew(law, s, neuron, s->since, law->reset);
		} else if (crossing < s->next) {
			spk_escape_renew(law, s, neuron, crossing, s->bound);
		} else {
			spk_escape_try(law, s, neuron, emits);
		}
	}
}

/** An arrival of weight w at t; f: the factor at t. Lost while refractory. */
static inline void spk_escape_arrive(const struct spk_escape_law *law, struct spk_escape_neuron *s,
	size_t neuron, double t, double f, double w)
{
	spk_escape_resolve(law, s, neuron, t, 0, 1);
	if (s->u == SPK_ESCAPE_RESTING)
		return;
	s->u += w * f;
	if (s->u / f > s->bound)
		spk_escape_renew(law, s, neuron, t, s->u / f);
}

#endif
