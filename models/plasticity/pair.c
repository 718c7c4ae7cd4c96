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
#include "models/plasticity/pair_row.h"

#include <math.h>

#include "models/plasticity/history.h"

/* Two doubles, and two truth values of comparisons: a choice of them is never made a branch. */
typedef double two __attribute__((vector_size(16)));
typedef long long two_masks __attribute__((vector_size(16)));

/* Age of a presynaptic trace, in time constants, up to which its factor is used. */
static const double OLD_TAUS = 300;

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

static struct spk_pair_row make_row(const struct spk_rule_call *call, const struct spk_pair *pair)
{
	const double d = call->dendritic, age = call->reference - call->pre->t;
	const double x = call->pre->fast > 0 ? call->pre->fast * spk_exp(-(age + d) / pair->tau_plus) : 0;

	return (struct spk_pair_row){.up = pair->gain_plus * x,
		.down = pair->gain_minus * spk_exp((call->reference - (call->t - d)) / pair->tau_minus),
		.since = call->settled,
		.t = call->t,
		.dendritic = d};
}

static inline double raise(
	const struct spk_rule_call *call, const struct spk_pair *pair, double w, double change)
{
	if (pair->mu_plus != 0.0)
		change *= strength((call->w_max - w) / (call->w_max - call->w_min), pair->mu_plus);
	return clip(w + change, call->w_min, call->w_max);
}

static inline double lower(
	const struct spk_rule_call *call, const struct spk_pair *pair, double w, double change)
{
	if (pair->mu_minus != 0.0)
		change *= strength((w - call->w_min) / (call->w_max - call->w_min), pair->mu_minus);
	return clip(w - change, call->w_min, call->w_max);
}

/* What synapse k is owed, from the ring: after many spikes or with spikes on their way. The same factors. */
static __attribute__((noinline)) double settle_from_ring(const struct spk_rule_call *call,
	const struct spk_pair *pair, const struct spk_pair_row *r, size_t k, double w)
{
	const struct spk_post_ring *ring = &call->rings[call->post[k]];

	for (uint64_t i = history_since(ring, r->dendritic, r->since); i < ring->n_spikes; i++) {
		const struct spk_post_spike *spike = history_at(ring, i);
		double up, down;
		if (spike->t + r->dendritic >= r->t)
			break;
		spk_pair_factors(pair, spike, spike->t - call->reference, &up, &down);
		w = raise(call, pair, w, r->up * up);
	}
	return w;
}

/* The postsynaptic trace at the arrival where the newest spike has not reached the synapse, as `down`. */
static __attribute__((noinline)) double down_from_ring(
	const struct spk_rule_call *call, const struct spk_pair *pair, const struct spk_pair_row *r, size_t k)
{
	const struct spk_post_ring *ring = &call->rings[call->post[k]];
	const uint64_t next = history_since(ring, r->dendritic, r->t);
	double up, down;

	if (next == ring->n_spikes - ring->n_held)
		return 0;
	const struct spk_post_spike *spike = history_at(ring, next - 1);
	spk_pair_factors(pair, spike, spike->t - call->reference, &up, &down);
	return r->down * down;
}

/* The same, for a presynaptic trace so old that its factor would leave the range of doubles. */
static void settle_old(const struct spk_rule_call *call, const struct spk_pair *pair)
{
	const struct spk_pre_trace *pre = call->pre;

	for (size_t k = 0; k < call->n; k++) {
		const struct spk_post_ring *ring = &call->rings[call->post[k]];
		uint64_t i = history_since(ring, call->dendritic, call->settled);
		for (; i < ring->n_spikes; i++) {
			const double s = history_at(ring, i)->t + call->dendritic;
			if (s >= call->t)
				break;
			const double x = decayed(pre->fast, pre->t, s, pair->tau_plus);
			call->weight[k] = raise(call, pair, call->weight[k], pair->gain_plus * x);
		}
	}
}

/* What the last spikes add, 0 where they came before `since`: newest in *ret_late. */
static inline void owe(
	const struct spk_post_view *view, const struct spk_pair_row *r, two *ret_late, two *ret_early)
{
	const two late = {view->t_last[0], view->t_last[1]}, early = {view->t_last[2], view->t_last[3]};
	const two up_late = {view->up[0], view->up[1]}, up_early = {view->up[2], view->down};
	const two_masks is_late = late + r->dendritic >= r->since,
			is_early = early + r->dendritic >= r->since;

	*ret_late = (two)((two_masks)(up_late * r->up) & is_late);
	*ret_early = (two)((two_masks)(up_early * r->up) & is_early);
}

/*
 * One synapse. How many spikes came since the last arrival cannot be predicted, so that of the last three
 * each is counted or not without a branch; a fourth, or one that has not reached the synapse, is rare.
 */
static inline __attribute__((always_inline)) double step(const struct spk_rule_call *call,
	const struct spk_pair *given, const struct spk_pair_row *r, size_t k, int settles, int arrives,
	int is_additive)
{
	const struct spk_pair pair =
		is_additive ? (struct spk_pair){0} : *given; /* only its exponents matter */
	const double w_min = call->w_min, w_max = call->w_max, d = r->dendritic;
	const struct spk_post_view *view = &call->views[call->post[k]];
	const double s0 = view->t_last[0] + d, s1 = view->t_last[1] + d, s2 = view->t_last[2] + d;
	double w = call->weight[k], down = r->down * view->down;

	if (__builtin_expect((view->t_last[3] + d >= r->since) | (s0 >= r->t), 0)) {
		if (settles)
			w = settle_from_ring(call, given, r, k, w);
		if (s0 >= r->t)
			down = down_from_ring(call, given, r, k);
	} else if (settles && is_additive) {
		two late, early;
		owe(view, r, &late, &early);
		w = clip(w + early[0], w_min, w_max);
		w = clip(w + late[1], w_min, w_max);
		w = clip(w + late[0], w_min, w_max);
	} else if (settles) {
		w = s2 >= r->since ? raise(call, &pair, w, r->up * view->up[2]) : w;
		w = s1 >= r->since ? raise(call, &pair, w, r->up * view->up[1]) : w;
		w = s0 >= r->since ? raise(call, &pair, w, r->up * view->up[0]) : w;
	}
	if (arrives)
		w = is_additive ? clip(w - down, w_min, w_max) : lower(call, &pair, w, down);
	return w;
}

static inline __attribute__((always_inline)) void pass(const struct spk_rule_call *call,
	const struct spk_pair *pair, int settles, int arrives, int is_additive)
{
	const struct spk_pair_row r = make_row(call, pair);
	const struct spk_post_view *views = call->views;
	const uint32_t *post = call->post;
	const size_t n = call->n;

	for (size_t k = 0; k < n; k++) {
		__builtin_prefetch(&views[post[k + SPK_PAIR_AHEAD < n ? k + SPK_PAIR_AHEAD : n - 1]]);
		call->weight[k] = step(call, pair, &r, k, settles, arrives, is_additive);
	}
}

/* The commonest case: several synapses at a time where the processor can, and the others one by one. */
static void pass_additive(const struct spk_rule_call *call, const struct spk_pair *pair)
{
	const struct spk_pair_row r = make_row(call, pair);
	const size_t wide = spk_pair_can_wide() ? call->n / SPK_PAIR_WIDE * SPK_PAIR_WIDE : 0;

	for (size_t first = 0; first < wide; first += SPK_PAIR_WIDE) {
		unsigned left = spk_pair_additive_wide(call, &r, first);
		for (; left; left &= left - 1) {
			const size_t k = first + (size_t)__builtin_ctz(left);
			call->weight[k] = step(call, pair, &r, k, 1, 1, 1);
		}
	}
	for (size_t k = wide; k < call->n; k++)
		call->weight[k] = step(call, pair, &r, k, 1, 1, 1);
}

static void run(const struct spk_rule_call *call, const struct spk_pair *pair, int settles, int arrives)
{
	const int is_additive = pair->mu_plus == 0.0 && pair->mu_minus == 0.0;

	if (!call->open)
		return;
	settles = settles && call->pre->fast > 0.0;
	if (settles && call->reference - call->pre->t > OLD_TAUS * pair->tau_plus) {
		settle_old(call, pair);
		settles = 0;
	}
	if (settles && arrives && is_additive)
		pass_additive(call, pair);
	else if (settles && arrives)
		pass(call, pair, 1, 1, 0);
	else if (settles)
		pass(call, pair, 1, 0, is_additive);
	else if (arrives)
		pass(call, pair, 0, 1, is_additive);
}

void spk_pair_settle(const struct spk_rule_call *call, const struct spk_pair *pair)
{
	run(call, pair, 1, 0);
}

void spk_pair_arrive(const struct spk_rule_call *call, const struct spk_pair *pair)
{
	run(call, pair, 0, 1);
}

void spk_pair_settle_and_arrive(const struct spk_rule_call *call, const struct spk_pair *pair)
{
	run(call, pair, 1, 1);
}

void spk_pair_factors(const struct spk_pair *pair, const struct spk_post_spike *spike, double since_ms,
	double *ret_up, double *ret_down)
{
	*ret_up = spk_exp(fmin(-since_ms / pair->tau_plus, 2 * OLD_TAUS));
	*ret_down = spike->fast * spk_exp(since_ms / pair->tau_minus);
}

void spk_pair_boundary(const struct spk_rule_call *call, const struct spk_pair *pair, int edge)
{
	double x = decayed(call->pre->fast, call->pre->t, call->t, pair->tau_plus);
	if (x <= 0.0)
		return;
	for (size_t k = 0; k < call->n; k++) {
		const struct spk_post_ring *ring = &call->rings[call->post[k]];
		double y = history_fast(ring, call->dendritic, call->t, pair->tau_minus);
		call->weight[k] = clip_weight(call, call->weight[k] - edge * pair->gain_minus * x * y);
	}
}
