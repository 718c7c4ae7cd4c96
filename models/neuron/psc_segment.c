/* A group at the start of a segment: which neurons may cross the threshold in it. */
#include <math.h>
#include <string.h>

#include "models/math/levels.h"
#include "models/neuron/psc_group.h"

enum { BLOCK = SPK_GROUP_BLOCK };
static const double SEGMENTS_AHEAD = 4; /* where the horizon is finite */

/* What many neurons are looked at with: one time, the span up to the horizon and that of the segment. */
struct view {
	struct spk_psc_law law;
	struct spk_psc_factors at;
	struct spk_psc_span far, close;
};

/* States and bounds of some neurons. */
struct sight {
	double d[BLOCK], i_ex[BLOCK], i_in[BLOCK], a_ex[BLOCK], a_in[BLOCK], far[BLOCK], close[BLOCK];
};

static inline struct spk_psc_state state_seen(const struct sight *s, size_t k)
{
	return (struct spk_psc_state){s->d[k], s->i_ex[k], s->i_in[k], s->a_ex[k], s->a_in[k]};
}

/* Bounds of a block of neurons. Returns one bit for each that does not stay below the threshold. */
static inline __attribute__((always_inline)) uint64_t bound_some(
	double *restrict cells, const struct view *v, int alpha)
{
	const struct view x = *v;
	const size_t size = spk_psc_cell_size(alpha);
	double bound[BLOCK];
	uint64_t above = 0;

	for (size_t k = 0; k < BLOCK; k++) {
		const struct spk_psc_state now = spk_psc_state_of(&cells[size * k], &x.at, alpha);
		const double old = cells[size * k], ahead = spk_psc_bound_over(&x.law, &now, x.far, alpha);
		bound[k] = old == SPK_PSC_RESTING ? old : ahead;
	}
	for (size_t k = 0; k < BLOCK; k++) {
		const uint64_t is_above = bound[k] >= x.law.theta;
		above |= is_above << k;
	}
	for (size_t k = 0; k < BLOCK; k++)
		cells[size * k] = bound[k];
	return above;
}

SPK_FOR_EACH_LEVEL static uint64_t bound_block_exp(double *restrict cells, const struct view *v)
{
	return bound_some(cells, v, 0);
}

SPK_FOR_EACH_LEVEL static uint64_t bound_block_alpha(double *restrict cells, const struct view *v)
{
	return bound_some(cells, v, 1);
}

/* Look at n <= BLOCK neurons. */
static inline __attribute__((always_inline)) void see(const double *restrict cells, size_t n,
	const uint32_t *restrict neurons, const struct view *v, struct sight *restrict ret, int alpha)
{
	const struct view x = *v;
	const size_t size = spk_psc_cell_size(alpha);

	for (size_t k = 0; k < n; k++) {
		const struct spk_psc_state now = spk_psc_state_of(&cells[size * neurons[k]], &x.at, alpha);
		ret->d[k] = now.d;
		ret->i_ex[k] = now.i_ex;
		ret->i_in[k] = now.i_in;
		ret->a_ex[k] = now.a_ex;
		ret->a_in[k] = now.a_in;
		ret->far[k] = spk_psc_bound_over(&x.law, &now, x.far, alpha);
		ret->close[k] = spk_psc_bound_over(&x.law, &now, x.close, alpha);
	}
	for (size_t k = 0; isinf(x.far.length) && k < n; k++) {
		const struct spk_psc_state now = state_seen(ret, k);
		ret->far[k] = spk_psc_bound_for_ever(&x.law, &now, alpha);
	}
}

SPK_FOR_EACH_LEVEL static void see_exp(const double *restrict cells, size_t n,
	const uint32_t *restrict neurons, const struct view *v, struct sight *restrict ret)
{
	see(cells, n, neurons, v, ret, 0);
}

SPK_FOR_EACH_LEVEL static void see_alpha(const double *restrict cells, size_t n,
	const uint32_t *restrict neurons, const struct view *v, struct sight *restrict ret)
{
	see(cells, n, neurons, v, ret, 1);
}

/*
 * Look at n <= BLOCK neurons; those that stay near are listed from g->near[g->n_near] on. The list is filled
 * up to whole vectors: what is left over would be seen one by one.
 */
static void look_at(struct spk_group *g, size_t n, uint32_t neurons[BLOCK], const struct view *v)
{
	const double theta = g->law.theta;
	struct sight s;
	size_t whole = n;

	for (; whole % SPK_PSC_LANES; whole++)
		neurons[whole] = neurons[0];
	(g->law.alpha ? see_alpha : see_exp)(g->cells, whole, neurons, v, &s);
	for (size_t k = 0; k < n; k++) {
		const uint32_t neuron = neurons[k];
		double *bound = spk_psc_cell(g, neuron); /* its first number */
		const int is_far = s.far[k] < theta || *bound == SPK_PSC_RESTING;
		g->is_near[neuron] = (unsigned char)!is_far;
		g->near[g->n_near] = neuron;
		g->n_near += (size_t)!is_far;
		if (is_far) {
			if (*bound != SPK_PSC_RESTING)
				*bound = s.far[k];
			continue;
		}
		*bound = s.close[k];
		if (s.close[k] < theta)
			continue;
		const struct spk_psc_state now = state_seen(&s, k);
		spk_psc_mark_careful(g, neuron, -HUGE_VAL, g->a, &now);
	}
}

static void look_at_all(struct spk_group *g, const struct view *v)
{
	uint32_t neurons[BLOCK];
	size_t n = 0;

	memset(g->is_near, 0, g->n * sizeof *g->is_near);
	g->n_near = 0;
	for (size_t first = 0; first < g->n; first += BLOCK) {
		uint64_t above =
			(g->law.alpha ? bound_block_alpha : bound_block_exp)(spk_psc_cell(g, first), v);
		for (; above; above &= above - 1) {
			neurons[n++] = (uint32_t)first + (uint32_t)__builtin_ctzll(above);
			if (n == BLOCK) {
				look_at(g, n, neurons, v);
				n = 0;
			}
		}
	}
	look_at(g, n, neurons, v);
}

static void look_at_near(struct spk_group *g, const struct view *v)
{
	const size_t n = g->n_near;

	g->n_near = 0;
	for (size_t first = 0; first < n; first += BLOCK) {
		uint32_t neurons[BLOCK]; /* a copy: the list is written anew, at or before this place */
		const size_t some = n - first < BLOCK ? n - first : BLOCK;
		memcpy(neurons, g->near + first, some * sizeof *neurons);
		look_at(g, some, neurons, v);
	}
}

void spk_psc_open_segment(struct spk_group *g)
{
	const double margin = 1e-6; /* the last of the segments must not seem to end behind the horizon */
	const int is_over = g->b > g->horizon;

	if (is_over)
		g->horizon = g->a + (SEGMENTS_AHEAD + margin) * (g->b - g->a);
	const struct view v = {.law = g->law,
		.at = g->at_a,
		.far = spk_psc_span_of(&g->law, g->horizon - g->a),
		.close = spk_psc_span_of(&g->law, g->b - g->a)};
	if (is_over)
		look_at_all(g, &v);
	else
		look_at_near(g, &v);
}
