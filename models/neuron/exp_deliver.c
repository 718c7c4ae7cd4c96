/* Arrivals at a lif_exp group: what an event adds to a neuron is the same for a whole row, up to its weight.
 */
#include <math.h>

#include "models/math/levels.h"
#include "models/neuron/exp_group.h"

/* A cell as a vector: bound, c, ex, in. */
typedef double four __attribute__((vector_size(sizeof(struct spk_exp_cell)), may_alias));

/* What excitation (0) and inhibition (1) of 1 pA at one time add to a cell. */
struct unit {
	struct spk_exp_cell of[2];
};

static struct unit unit_at(const struct spk_group *g, double t, const struct spk_exp_factors *f)
{
	const double rise = isinf(g->horizon) ? g->law.peak : (g->horizon - t) * g->law.inv_c;

	return (struct unit){{{.bound = rise, .c = -(f->f_ex * f->q_ex), .ex = f->f_ex},
		{.c = -(f->f_in * f->q_in), .in = f->f_in}}};
}

/* An arrival of weight w after which the bound does not tell. */
static __attribute__((noinline)) void arrive_close(struct spk_group *g, size_t neuron, double t,
	const struct spk_exp_factors *f, const struct unit *unit, double w)
{
	struct spk_exp_cell *cell = &g->cells[neuron];
	struct spk_exp_side *s = &g->side[neuron];
	const struct spk_exp_cell *u = &unit->of[w < 0];
	const int is_careful = cell->bound == SPK_EXP_CAREFUL;

	if (is_careful)
		spk_exp_resolve(g, neuron, s, cell, t, 0, 1);
	cell->c += w * u->c;
	cell->ex += w * u->ex;
	cell->in += w * u->in;
	if (!is_careful) {
		spk_exp_look_again(g, neuron, t, f);
		return;
	}
	s->from = t;
	s->next = (double)NAN;
	if (!(s->ready > t))
		s->now = spk_exp_state_of(cell, f);
}

/* One loop for each form of weight. An event of weight 0 counts as excitatory. */
static inline __attribute__((always_inline)) void deliver_row(struct spk_group *g, const struct spk_bundle *b,
	const struct unit *unit, const struct spk_exp_factors *f, const float *f32, const double *f64)
{
	const four *of = (const four *)unit->of, shared = of[b->shared < 0] * b->shared;
	four *cells = (four *)g->cells;
	const uint32_t *target = b->target;
	const double theta = g->law.theta;
	const size_t n = b->n;

	for (size_t k = 0; k < n; k++) {
		const double w = f32 ? (double)f32[k] : f64 ? f64[k] : b->shared;
		four cell = cells[target[k]];
		if (f32 || f64)
			cell += of[w < 0] * w;
		else
			cell += shared;
		if (__builtin_expect(cell[0] >= theta, 0))
			arrive_close(g, target[k], b->t, f, unit, w);
		else
			cells[target[k]] = cell;
	}
}

SPK_FOR_EACH_LEVEL static void deliver_shared(struct spk_group *g, const struct spk_bundle *b,
	const struct unit *unit, const struct spk_exp_factors *f)
{
	deliver_row(g, b, unit, f, NULL, NULL);
}

SPK_FOR_EACH_LEVEL static void deliver_f32(struct spk_group *g, const struct spk_bundle *b,
	const struct unit *unit, const struct spk_exp_factors *f)
{
	deliver_row(g, b, unit, f, b->f32, NULL);
}

SPK_FOR_EACH_LEVEL static void deliver_f64(struct spk_group *g, const struct spk_bundle *b,
	const struct unit *unit, const struct spk_exp_factors *f)
{
	deliver_row(g, b, unit, f, NULL, b->f64);
}

void spk_exp_deliver(struct spk_group *g, const struct spk_bundle *b)
{
	const struct spk_exp_factors f = spk_exp_factors_at(&g->law, b->t);
	const struct unit unit = unit_at(g, b->t, &f);

	if (b->f64)
		deliver_f64(g, b, &unit, &f);
	else if (b->f32)
		deliver_f32(g, b, &unit, &f);
	else
		deliver_shared(g, b, &unit, &f);
}
