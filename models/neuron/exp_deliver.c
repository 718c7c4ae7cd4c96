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

#include "models/math/exp_inline.h"
#include "models/math/levels.h"
#include "models/neuron/exp_group.h"

enum { MOST_ROWS = 512 };
enum { MOST_LINES = 8 }; /* of a row, to be fetched while it waits; the rest of a long one follows in order */

enum { CHUNK = SPK_EXP_CHUNK, LANES = 8 };

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

/* An arrival of 1 pA raises the bound by (from - t slope) gain. */
struct rise {
	double from, slope, gain;
};

static struct rise rise_of(const struct spk_group *g)
{
	return isinf(g->horizon) ? (struct rise){g->law.peak, 0, 1}
				 : (struct rise){g->horizon, 1, g->law.inv_c};
}

/* How much c falls by an arrival of 1 pA: f_syn q. */
static double drag(const struct spk_exp_current *k, double f_m, double f_syn, double q)
{
	return k->confluent ? f_syn * q : k->kappa * f_m;
}

static void set_unit(const struct spk_group *g, double t, const struct spk_exp_factors *f, struct unit *ret)
{
	const struct rise r = rise_of(g);

	*ret = (struct unit){{{.bound = (r.from - t * r.slope) * r.gain,
				      .c = -drag(&g->law.ex, f->f_m, f->f_ex, f->q_ex),
				      .ex = f->f_ex},
		{.c = -drag(&g->law.in, f->f_m, f->f_in, f->q_in), .in = f->f_in}}};
}

/* An arrival at t, after which the bound does not tell. */
static __attribute__((noinline)) void arrive_close(struct spk_group *g, size_t neuron, double t,
	const struct spk_exp_factors *f, const struct spk_exp_cell *jump)
{
	struct spk_exp_cell *cell = &g->cells[neuron];
	struct spk_exp_side *s = &g->side[neuron];

	if (cell->bound == SPK_EXP_CAREFUL) {
		spk_exp_resolve(g, neuron, s, cell, t, 0, 1);
		spk_exp_arrive_carefully(s, cell, t, f, jump);
		return;
	}
	struct spk_exp_cell coming;
	const int has_inputs = g->bulk.n_inputs > 0;
	if (has_inputs) {
		spk_exp_coming(g, neuron, t, 0, &coming);
		spk_exp_add(cell, &coming, -1);
	}
	spk_exp_add(cell, jump, 1);
	spk_exp_look_again(g, neuron, t, f, has_inputs ? &coming : NULL);
}

static struct spk_exp_cell times(const struct spk_exp_cell *u, double w)
{
	return (struct spk_exp_cell){u->bound * w, u->c * w, u->ex * w, u->in * w};
}

static __attribute__((noinline)) void arrive_in_row(
	struct spk_group *g, size_t neuron, const struct row *row, double w)
{
	const struct spk_exp_cell jump = times(&row->unit.of[w < 0], w);

	arrive_close(g, neuron, row->bundle.t, &row->f, &jump);
}

struct spk_exp_cell spk_exp_jump_of(
	const struct spk_group *g, double t, const struct spk_exp_factors *f, double w)
{
	struct unit unit;

	set_unit(g, t, f, &unit);
	return times(&unit.of[w < 0], w);
}

/* The row's events onto neurons below `end`. One loop for each form of weight. An event of weight 0 counts as
 * excitatory. */
static inline __attribute__((always_inline)) void add_events(
	struct spk_group *g, struct row *row, const float *f32, const double *f64, uint32_t end)
{
	const double w_shared = row->bundle.shared, theta = g->law.theta;
	const spk_exp_vector *of = (const spk_exp_vector *)row->unit.of, shared = of[w_shared < 0] * w_shared;
	spk_exp_vector *cells = (spk_exp_vector *)g->cells;
	const uint32_t *target = row->bundle.target;
	const size_t n = row->bundle.n;
	size_t k = row->next;

	for (; k < n && target[k] < end; k++) {
		const double w = f32 ? (double)f32[k] : f64 ? f64[k] : w_shared;
		spk_exp_vector cell = cells[target[k]];
		if (f32 || f64)
			cell += of[w < 0] * w;
		else
			cell += shared;
		if (__builtin_expect(cell[0] >= theta, 0))
			arrive_in_row(g, target[k], row, w);
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
	for (size_t end = SPK_GROUP_REGION; end < g->n; end += SPK_GROUP_REGION)
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

SPK_FOR_EACH_LEVEL static void make_jumps(const struct spk_exp_law *law, struct rise rise, size_t n,
	const double *restrict t, const double *restrict weight, struct spk_exp_cell *restrict ret)
{
	const double r_m = law->rates[0], r_ex = law->rates[1], r_in = law->rates[2], k_ex = law->ex.kappa,
		     k_in = law->in.kappa;

	for (size_t k = 0; k < n; k++) {
		const double w = weight[k], f_m = spk_exp_inline(r_m * t[k]),
			     f = spk_exp_inline((w < 0 ? r_in : r_ex) * t[k]);
		const double amount = f * w, raised = (rise.from - t[k] * rise.slope) * rise.gain * w;
		ret[k].bound = w < 0 ? 0 : raised;
		ret[k].c = -((w < 0 ? k_in : k_ex) * f_m) * w;
		ret[k].ex = w < 0 ? 0 : amount;
		ret[k].in = w < 0 ? amount : 0;
	}
	for (size_t k = 0; (law->ex.confluent || law->in.confluent) && k < n; k++) {
		const struct spk_exp_current *i = weight[k] < 0 ? &law->in : &law->ex;
		const double f = spk_exp_inline(i->rate * t[k]);
		if (i->confluent)
			ret[k].c = -(f * spk_exp_confluent_q(i, law->inv_c, t[k])) * weight[k];
	}
}

void spk_exp_make_jumps(const struct spk_group *g, size_t n, const double *t, const double *weight,
	struct spk_exp_cell ret_jump[SPK_EXP_CHUNK])
{
	double whole_t[CHUNK], whole_weight[CHUNK];
	const size_t whole = (n + LANES - 1) / LANES * LANES;

	/* filled up to whole vectors: what is left over would be computed one by one */
	memcpy(whole_t, t, n * sizeof *t);
	memcpy(whole_weight, weight, n * sizeof *weight);
	for (size_t k = n; k < whole; k++) {
		whole_t[k] = t[n - 1];
		whole_weight[k] = weight[n - 1];
	}
	make_jumps(&g->law, rise_of(g), whole, whole_t, whole_weight, ret_jump);
}

SPK_FOR_EACH_LEVEL static void add_jumps(struct spk_group *g, size_t n, const double *t,
	const uint32_t *target, const struct spk_exp_cell *jump)
{
	const double theta = g->law.theta;
	spk_exp_vector *cells = (spk_exp_vector *)g->cells;

	for (size_t k = 0; k < n; k++) {
		const spk_exp_vector cell = cells[target[k]] + *(const spk_exp_vector *)&jump[k];
		if (__builtin_expect(cell[0] >= theta, 0)) {
			const struct spk_exp_factors f = spk_exp_factors_at(&g->law, t[k]);
			arrive_close(g, target[k], t[k], &f, &jump[k]);
		} else {
			cells[target[k]] = cell;
		}
	}
}

void spk_exp_deliver_each(struct spk_group *g, const struct spk_volley *v)
{
	struct spk_exp_cell jump[CHUNK];

	spk_exp_flush(g);
	for (size_t first = 0; first < v->n; first += CHUNK) {
		const size_t n = v->n - first < CHUNK ? v->n - first : CHUNK;
		spk_exp_make_jumps(g, n, v->t + first, v->weight + first, jump);
		add_jumps(g, n, v->t + first, v->target + first, jump);
	}
}
