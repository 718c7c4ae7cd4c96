/*
 * Rows in order: the targets are neurons 0, 1, 2, ... of the group, as an all-to-all projection makes them.
 * Potentials and weights then lie side by side, so that a row is read, changed and delivered by vectors. Each
 * neuron has one synapse, and what is computed for it is what group_delta_deliver.c computes, to the bit.
 */
#include "models/math/levels.h"
#include "models/neuron/group_delta.h"

enum { BLOCK = 64, AHEAD = 4 * BLOCK /* weights are fetched so many synapses ahead */, PER_LINE = 8 };

/* What the synapses of a row add to U: their weights times the factor of the row's time. */
static inline __attribute__((always_inline)) void find_gains(
	const struct spk_bundle *b, size_t first, size_t n, double f, double *restrict ret_gain)
{
	const float *restrict f32 = b->f32 + first;
	const double *restrict f64 = b->f64 + first;

	if (b->f64)
		for (size_t k = 0; k < n; k++)
			ret_gain[k] = f64[k] * f;
	else if (b->f32)
		for (size_t k = 0; k < n; k++)
			ret_gain[k] = (double)f32[k] * f;
	else
		for (size_t k = 0; k < n; k++)
			ret_gain[k] = b->shared * f;
}

static inline __attribute__((always_inline)) void change_weights(const struct spk_group_delta_pass *p,
	size_t n, const double *restrict pairs, const double *restrict shift, const double *restrict factor,
	double *restrict weight, double *restrict ret_gain)
{
	for (size_t k = 0; k < n; k++) {
		const double offset = shift ? p->form.offset + p->form.drive * shift[k] : p->form.offset;
		const double sum = offset + (p->form.a * pairs[2 * k] + p->form.b * pairs[2 * k + 1]);
		const double change = factor ? factor[k] * sum : sum;
		const double w = weight[k] + change, raised = w < p->w_min ? p->w_min : w;
		weight[k] = raised > p->w_max ? p->w_max : raised;
		ret_gain[k] = weight[k] * p->f;
	}
}

static inline __attribute__((always_inline)) void add_pairs(
	size_t n, double *restrict pairs, const double *restrict gain, double copy)
{
	for (size_t k = 0; k < n; k++) {
		pairs[2 * k] += gain[k];
		pairs[2 * k + 1] += gain[k] * copy;
	}
}

/* Where the threshold falls in time, it may have been crossed before an inhibitory arrival. */
static inline __attribute__((always_inline)) double to_test(double before, double after)
{
	return after > before ? after : before;
}

/* Add the gains; non-zero where some neuron reaches its threshold. */
static inline __attribute__((always_inline)) uint64_t add_gains(const struct spk_group_delta_pass *p,
	size_t n, const double *restrict gain, const double *restrict theta, double *restrict u,
	double *restrict ret_before)
{
	uint64_t reached = 0;

	for (size_t k = 0; k < n; k++) {
		const double before = u[k], after = before + gain[k];
		u[k] = after;
		ret_before[k] = before;
		reached |= to_test(before, after) >= (theta ? theta[k] * p->f : p->level);
	}
	return reached;
}

/* Bits of those that reach their threshold, at most 64. */
static inline __attribute__((always_inline)) uint64_t find_reached(const struct spk_group_delta_pass *p,
	size_t n, const double *before, const double *after, const double *theta)
{
	uint64_t reached = 0;

	for (size_t k = 0; k < n; k++) {
		const double level = theta ? theta[k] * p->f : p->level;
		reached |= (uint64_t)(to_test(before[k], after[k]) >= level) << k;
	}
	return reached;
}

static void fire_reached(struct spk_group *g, const struct spk_group_delta_pass *p,
	const struct spk_bundle *b, size_t first, uint64_t reached, const double *before)
{
	for (; reached; reached &= reached - 1) {
		const size_t k = (size_t)__builtin_ctzll(reached), neuron = first + k;
		spk_group_delta_arrive(g, neuron, before[k], b->t, p->f,
			b->f64   ? b->f64[neuron]
			: b->f32 ? (double)b->f32[neuron]
				 : b->shared);
	}
}

/* `weight`: of the bundle, where it changes; else NULL. */
static inline __attribute__((always_inline)) void pass_any(struct spk_group *g, const struct spk_bundle *b,
	const struct spk_group_delta_pass *p, double *weight, double *pairs, const double *shift,
	const double *theta, const double *factor)
{
	double gain[BLOCK], before[BLOCK];

	for (size_t first = 0; first < b->n; first += BLOCK) {
		const size_t n = first + BLOCK < b->n ? BLOCK : b->n - first;
		for (size_t k = 0; weight && k < BLOCK; k += PER_LINE)
			__builtin_prefetch(weight + first + AHEAD + k, 1);
		if (weight)
			change_weights(p, n, pairs + 2 * first, shift ? shift + first : NULL,
				factor ? factor + first : NULL, weight + first, gain);
		else
			find_gains(b, first, n, p->f, gain);
		if (pairs)
			add_pairs(n, pairs + 2 * first, gain, p->copy);
		const double *own = theta ? theta + first : NULL;
		if (add_gains(p, n, gain, own, g->u + first, before))
			fire_reached(g, p, b, first, find_reached(p, n, before, g->u + first, own), before);
	}
}

SPK_FOR_EACH_LEVEL void spk_group_delta_pass_order(
	struct spk_group *g, const struct spk_bundle *b, const struct spk_group_delta_pass *p, double *weight)
{
	if (p->theta)
		pass_any(g, b, p, weight, g->free.pair, p->shift, p->theta, p->factor);
	else if (weight && p->factor)
		pass_any(g, b, p, weight, g->free.pair, NULL, NULL, p->factor);
	else if (weight)
		pass_any(g, b, p, weight, g->free.pair, NULL, NULL, NULL);
	else if (g->free.pair)
		pass_any(g, b, p, NULL, g->free.pair, NULL, NULL, NULL);
	else
		pass_any(g, b, p, NULL, NULL, NULL, NULL, NULL);
}
