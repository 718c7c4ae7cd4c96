/*
 * Arrivals at a lif_exp group.
 *
 * What an event adds to a neuron is the same for a whole row, up to its weight. Rows wait until some have
 * come together or somebody asks for a result: then the exponentials of all are computed as vectors, and a
 * large group takes the events neurons by neurons, so that the state in use stays in the L2 cache. Events of
 * one neuron keep their order, so its bits do not depend on how many rows waited.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/levels.h"
#include "models/neuron/exp_group.h"

enum { MOST_ROWS = 512 };
enum { MOST_LINES = 8 }; /* of a row, to be fetched while it waits; the rest of a long one follows in order */
enum { NEURONS_AT_A_TIME = 1 << 13 }; /* 256 KiB of state */

/* A cell as a vector: bound, c, ex, in. */
typedef double four __attribute__((vector_size(sizeof(struct spk_exp_cell)), may_alias));

/* What excitation (0) and inhibition (1) of 1 pA at one time add to a cell. */
struct unit {
	struct spk_exp_cell of[2];
};

struct row {
	struct unit unit;
	struct spk_exp_factors f;
	struct spk_bundle bundle;
	size_t next; /* the first of its events that wait */
};

struct spk_exp_queue {
	size_t n;
	struct row rows[MOST_ROWS];
	double t[MOST_ROWS];
	struct spk_exp_factors f[MOST_ROWS];
};

struct spk_exp_queue *spk_exp_queue_create(void)
{
	struct spk_exp_queue *q = aligned_alloc(64, (sizeof *q + 63) / 64 * 64);

	if (q)
		q->n = 0;
	return q;
}

static void set_unit(const struct spk_group *g, double t, const struct spk_exp_factors *f, struct unit *ret)
{
	const double rise = isinf(g->horizon) ? g->law.peak : (g->horizon - t) * g->law.inv_c;

	*ret = (struct unit){{{.bound = rise, .c = -(f->f_ex * f->q_ex), .ex = f->f_ex},
		{.c = -(f->f_in * f->q_in), .in = f->f_in}}};
}

/* An arrival of weight w after which the bound does not tell. */
static __attribute__((noinline)) void arrive_close(
	struct spk_group *g, size_t neuron, const struct row *row, double w)
{
	struct spk_exp_cell *cell = &g->cells[neuron];
	struct spk_exp_side *s = &g->side[neuron];
	const double t = row->bundle.t;
	const struct spk_exp_cell *u = &row->unit.of[w < 0];
	const int is_careful = cell->bound == SPK_EXP_CAREFUL;

	if (is_careful)
		spk_exp_resolve(g, neuron, s, cell, t, 0, 1);
	cell->c += w * u->c;
	cell->ex += w * u->ex;
	cell->in += w * u->in;
	if (!is_careful) {
		spk_exp_look_again(g, neuron, t, &row->f);
		return;
	}
	s->from = t;
	s->next = (double)NAN;
	if (!(s->ready > t))
		s->now = spk_exp_state_of(cell, &row->f);
}

/* The row's events onto neurons below `end`. One loop for each form of weight. An event of weight 0 counts as
 * excitatory. */
static inline __attribute__((always_inline)) void add_events(
	struct spk_group *g, struct row *row, const float *f32, const double *f64, uint32_t end)
{
	const double w_shared = row->bundle.shared, theta = g->law.theta;
	const four *of = (const four *)row->unit.of, shared = of[w_shared < 0] * w_shared;
	four *cells = (four *)g->cells;
	const uint32_t *target = row->bundle.target;
	const size_t n = row->bundle.n;
	size_t k = row->next;

	for (; k < n && target[k] < end; k++) {
		const double w = f32 ? (double)f32[k] : f64 ? f64[k] : w_shared;
		four cell = cells[target[k]];
		if (f32 || f64)
			cell += of[w < 0] * w;
		else
			cell += shared;
		if (__builtin_expect(cell[0] >= theta, 0))
			arrive_close(g, target[k], row, w);
		else
			cells[target[k]] = cell;
	}
	row->next = k;
}

SPK_FOR_EACH_LEVEL static void add_rows(struct spk_group *g, uint32_t end)
{
	struct spk_exp_queue *q = g->queue;

	for (size_t k = 0; k < q->n; k++) {
		struct row *row = &q->rows[k];
		if (row->bundle.f64)
			add_events(g, row, NULL, row->bundle.f64, end);
		else if (row->bundle.f32)
			add_events(g, row, row->bundle.f32, NULL, end);
		else
			add_events(g, row, NULL, NULL, end);
	}
}

void spk_exp_flush(struct spk_group *g)
{
	struct spk_exp_queue *q = g->queue;

	if (q->n == 0)
		return;
	spk_exp_factors_each(&g->law, q->n, q->t, q->f);
	for (size_t k = 0; k < q->n; k++) {
		q->rows[k].f = q->f[k];
		set_unit(g, q->t[k], &q->f[k], &q->rows[k].unit);
	}
	for (size_t end = NEURONS_AT_A_TIME; end < g->n; end += NEURONS_AT_A_TIME)
		add_rows(g, (uint32_t)end);
	add_rows(g, UINT32_MAX);
	q->n = 0;
}

static void fetch(const void *from, size_t bytes)
{
	for (size_t k = 0; k < MOST_LINES && 64 * k < bytes + 64; k++)
		__builtin_prefetch((const char *)from + 64 * k);
}

void spk_exp_deliver(struct spk_group *g, const struct spk_bundle *b)
{
	struct spk_exp_queue *q = g->queue;

	fetch(b->target, b->n * sizeof *b->target);
	if (b->f32)
		fetch(b->f32, b->n * sizeof *b->f32);
	q->rows[q->n].bundle = *b;
	q->rows[q->n].next = 0;
	q->t[q->n++] = b->t;
	if (q->n == MOST_ROWS || b->f64)
		spk_exp_flush(g);
}
