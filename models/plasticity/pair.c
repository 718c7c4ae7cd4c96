/**
 * Pair-based STDP on one row of synapses: see pair.h.
 *
 * The boundary term makes the gated sum of pairs equal to the integral of x dy over the time in which the
 * gate is open. With x' = -x/tau_plus + S_pre and y' = -y/tau_minus + S_post, integral x dy = SUM_post x -
 * 1/tau_minus integral x y dt      and [x y] = SUM_post x + SUM_pre y - (1/tau_plus + 1/tau_minus) integral x
 * y dt, so with A+ = tau_minus/(tau_plus + tau_minus), A- = tau_plus/(tau_plus + tau_minus) integral x dy =
 * A+ SUM_post x - A- SUM_pre y + A- [x y]_open^close.
 */
#include "models/plasticity/pair.h"

#include <math.h>

#include "models/math/exp_inline.h"
#include "models/math/levels.h"
#include "models/plasticity/history.h"

enum {
	CHUNK = 64, /* synapses at a time */
	OWED = 2 * CHUNK,
	AHEAD = 16 /* views are fetched so many synapses ahead */
};

/* Potentiations that are owed to synapses, in the order in which they happen to each. */
struct owed {
	size_t n;
	size_t synapse[OWED];
	double x[OWED]; /* age of the presynaptic trace, then what is left of it */
};

double spk_pair_scale(const struct spk_rule_call *call)
{
	double range = call->w_max - call->w_min;
	return isfinite(range) ? range : 1.0;
}

/** room^mu for a distance to a bound as a fraction of the range. */
static double strength(double room, double mu)
{
	if (room <= 0.0)
		return 0.0;
	return mu == 1.0 ? room : spk_pow(room, mu);
}

/* Replace each age >= 0 (INFINITY allowed) by exp(-age / tau). The difference makes what is beyond the range
 * 0 and changes nothing else that matters beside 1. Two loops, because a choice in the second would become a
 * branch. */
SPK_FOR_EACH_LEVEL static void decay_all(size_t n, double tau, double *age)
{
	const double rate = -1.0 / tau, least = -SPK_EXP_INLINE_MAX, nothing = spk_exp_inline(least);

	for (size_t k = 0; k < n; k++) {
		const double x = age[k] * rate;
		age[k] = x > least ? x : least;
	}
	for (size_t k = 0; k < n; k++)
		age[k] = spk_exp_inline(age[k]) - nothing;
}

static void apply_owed(const struct spk_rule_call *call, const struct spk_pair *pair, struct owed *owed)
{
	const double gain = pair->gain_plus * call->pre->fast, mu = pair->mu_plus;
	const double w_min = call->w_min, w_max = call->w_max;
	double *weight = call->weight;

	decay_all(owed->n, pair->tau_plus, owed->x);
	for (size_t i = 0; i < owed->n; i++) {
		const double w = weight[owed->synapse[i]];
		double change = gain * owed->x[i];
		if (mu != 0.0)
			change *= strength((w_max - w) / (w_max - w_min), mu);
		weight[owed->synapse[i]] = clip(w + change, w_min, w_max);
	}
	owed->n = 0;
}

/* The spikes for synapse k, of a neuron that has fired often since or has fired after t. */
static __attribute__((noinline)) void owe_from_ring(
	const struct spk_rule_call *call, const struct spk_pair *pair, size_t k, struct owed *owed)
{
	const struct spk_post_view *view = &call->views[call->post[k]];
	uint64_t spike = history_since(view, call->dendritic, call->settled);
	for (; spike < view->n_spikes; spike++) {
		double s = history_at(view, spike)->t + call->dendritic;
		if (s >= call->t)
			break;
		if (owed->n == OWED)
			apply_owed(call, pair, owed);
		owed->synapse[owed->n] = k;
		owed->x[owed->n++] = s - call->pre->t;
	}
}

/* What synapses [first, last) are owed. How many spikes came since the last arrival cannot be predicted, so
 * up to two are taken without a branch. */
static inline void settle_some(
	const struct spk_rule_call *call, const struct spk_pair *pair, size_t first, size_t last)
{
	const double t = call->t, since = call->settled, d = call->dendritic, t_pre = call->pre->t;
	const struct spk_post_view *views = call->views;
	const uint32_t *post = call->post;
	const size_t n = call->n;
	struct owed owed;

	owed.n = 0;
	for (size_t k = first; k < last; k++) {
		const double *t_last = views[post[k]].t_last;
		const double s0 = t_last[0] + d, s1 = t_last[1] + d, s2 = t_last[2] + d;
		size_t m = owed.n;
		__builtin_prefetch(&views[post[k + AHEAD < n ? k + AHEAD : n - 1]]);
		if (__builtin_expect(m > OWED - 3, 0)) {
			apply_owed(call, pair, &owed);
			m = 0;
		}
		if (__builtin_expect(s2 >= since || s0 >= t, 0)) {
			if (t_last[3] + d >= since || s0 >= t) {
				owe_from_ring(call, pair, k, &owed);
				continue;
			}
			owed.synapse[m] = k;
			owed.x[m++] = s2 - t_pre;
		}
		owed.synapse[m] = k;
		owed.x[m] = s1 - t_pre;
		m += s1 >= since;
		owed.synapse[m] = k;
		owed.x[m] = s0 - t_pre;
		owed.n = m + (s0 >= since);
	}
	apply_owed(call, pair, &owed);
}

/* The arrival at synapses [first, last), at most CHUNK. */
static inline void arrive_some(
	const struct spk_rule_call *call, const struct spk_pair *pair, size_t first, size_t last)
{
	const double gain = pair->gain_minus, mu = pair->mu_minus, w_min = call->w_min, w_max = call->w_max;
	double y[CHUNK], fast[CHUNK], *weight = call->weight + first;
	const size_t n = last - first;

	for (size_t k = 0; k < n; k++) {
		const struct spk_post_view *view = &call->views[call->post[first + k]];
		y[k] = call->t - history_newest(view, call->dendritic, call->t, &fast[k]);
	}
	decay_all(n, pair->tau_minus, y);
	for (size_t k = 0; k < n; k++) {
		const double w = weight[k];
		double change = gain * (fast[k] * y[k]);
		if (mu != 0.0)
			change *= strength((w - w_min) / (w_max - w_min), mu);
		weight[k] = clip(w - change, w_min, w_max);
	}
}

void spk_pair_settle(const struct spk_rule_call *call, const struct spk_pair *pair)
{
	if (call->open && call->pre->fast > 0.0)
		settle_some(call, pair, 0, call->n);
}

void spk_pair_arrive(const struct spk_rule_call *call, const struct spk_pair *pair)
{
	for (size_t first = 0; call->open && first < call->n; first += CHUNK)
		arrive_some(call, pair, first, first + CHUNK < call->n ? first + CHUNK : call->n);
}

void spk_pair_settle_and_arrive(const struct spk_rule_call *call, const struct spk_pair *pair)
{
	for (size_t first = 0; call->open && first < call->n; first += CHUNK) {
		const size_t last = first + CHUNK < call->n ? first + CHUNK : call->n;
		if (call->pre->fast > 0.0)
			settle_some(call, pair, first, last);
		arrive_some(call, pair, first, last);
	}
}

void spk_pair_boundary(const struct spk_rule_call *call, const struct spk_pair *pair, int edge)
{
	double x = decayed(call->pre->fast, call->pre->t, call->t, pair->tau_plus);
	if (x <= 0.0)
		return;
	for (size_t k = 0; k < call->n; k++) {
		const struct spk_post_view *view = &call->views[call->post[k]];
		double y = history_fast(view, call->dendritic, call->t, pair->tau_minus);
		call->weight[k] = clip_weight(call, call->weight[k] - edge * pair->gain_minus * x * y);
	}
}
