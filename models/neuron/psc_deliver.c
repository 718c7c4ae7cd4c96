/*
 * Arrivals at a group of neurons with postsynaptic currents.
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
#include "models/math/touch.h"
#include "models/neuron/psc_group.h"

enum { MOST_ROWS = 512 };

enum { CHUNK = SPK_PSC_CHUNK, LANES = 8, HALVES = SPK_PSC_MAX_CELL / 4 };

/* What excitation (0) and inhibition (1) of 1 pA at one time add to a cell. */
struct unit {
	_Alignas(64) double of[2][SPK_PSC_MAX_CELL];
};

struct row {
	struct spk_bundle bundle;
	size_t next; /* the first of its events that wait */
};

struct spk_psc_queue {
	size_t n;
	struct row rows[MOST_ROWS];
	double t[MOST_ROWS];
	struct spk_psc_factors f[MOST_ROWS]; /* at the rows' times */
	struct unit units[MOST_ROWS];
};

struct spk_psc_queue *spk_psc_queue_create(void)
{
	struct spk_psc_queue *q = aligned_alloc(64, (sizeof *q + 63) / 64 * 64);

	if (q)
		memset(q, 0, sizeof *q);
	return q;
}

/* An arrival of 1 pA at an exponential neuron raises the bound by (from - t slope) gain. */
struct rise {
	double from, slope, gain;
};

static struct rise rise_of(const struct spk_group *g)
{
	return isinf(g->horizon) ? (struct rise){g->law.peak, 0, 1}
				 : (struct rise){g->horizon, 1, g->law.inv_c};
}

/* How much c falls by an arrival of 1 pA at an exponential neuron: f_syn q. */
static double drag(const struct spk_psc_current *k, double f_m, double f_syn, double q)
{
	return k->confluent ? f_syn * q : k->kappa * f_m;
}

/* The other numbers of the unit are 0 and stay so. */
static void set_unit_exp(
	const struct spk_group *g, double t, const struct spk_psc_factors *f, struct unit *ret)
{
	const struct rise r = rise_of(g);

	ret->of[0][SPK_PSC_BOUND] = (r.from - t * r.slope) * r.gain;
	ret->of[0][SPK_PSC_C] = -drag(&g->law.ex, f->f_m, f->f_ex, f->q_ex);
	ret->of[0][SPK_PSC_EX] = f->f_ex;
	ret->of[1][SPK_PSC_C] = -drag(&g->law.in, f->f_m, f->f_in, f->q_in);
	ret->of[1][SPK_PSC_IN] = f->f_in;
}

static void set_unit_alpha(
	const struct spk_group *g, double t, const struct spk_psc_factors *f, struct unit *ret)
{
	const double rise = isinf(g->horizon) ? g->law.peak : spk_psc_span_of(&g->law, g->horizon - t).bend;
	const double a_ex = M_E * f->f_ex, i_ex = -(a_ex * f->rt_ex);
	const double a_in = M_E * f->f_in, i_in = -(a_in * f->rt_in);

	*ret = (struct unit){{{M_E * rise, -(i_ex * f->q_ex + a_ex * f->p_ex), i_ex, a_ex},
		{0, -(i_in * f->q_in + a_in * f->p_in), 0, 0, i_in, a_in}}};
}

/* An arrival at t, after which the bound does not tell. */
static __attribute__((noinline)) void arrive_close(
	struct spk_group *g, size_t neuron, double t, const struct spk_psc_factors *f, const double *jump)
{
	double *cell = spk_psc_cell(g, neuron);

	if (spk_psc_is_careful(cell[SPK_PSC_BOUND])) {
		struct spk_psc_careful *s = spk_psc_careful_at(g, cell[SPK_PSC_BOUND]);
		spk_psc_resolve(g, s, cell, t, 0, 1);
		spk_psc_arrive_carefully(&g->law, s, cell, t, f, jump);
		return;
	}
	struct spk_psc_jump coming;
	const int has_inputs = g->bulk.n_inputs > 0;
	if (has_inputs) {
		spk_psc_coming(g, neuron, t, 0, &coming);
		spk_psc_add(cell, coming.x, -1, 0);
	}
	spk_psc_add(cell, jump, 1, g->law.alpha);
	spk_psc_look_again(g, neuron, t, f, has_inputs ? &coming : NULL);
}

static void scale_unit(const struct unit *unit, double w, double ret_jump[SPK_PSC_MAX_CELL])
{
	for (int k = 0; k < SPK_PSC_MAX_CELL; k++)
		ret_jump[k] = unit->of[w < 0][k] * w;
}

static __attribute__((noinline)) void arrive_in_row(struct spk_group *g, size_t neuron, size_t row, double w)
{
	const struct spk_psc_queue *q = g->queue;
	double jump[SPK_PSC_MAX_CELL];

	scale_unit(&q->units[row], w, jump);
	arrive_close(g, neuron, q->t[row], &q->f[row], jump);
}

struct spk_psc_jump spk_psc_jump_of(
	const struct spk_group *g, double t, const struct spk_psc_factors *f, double w)
{
	struct unit unit = {{{0}}};
	double jump[SPK_PSC_MAX_CELL];
	struct spk_psc_jump ret;

	set_unit_exp(g, t, f, &unit);
	scale_unit(&unit, w, jump);
	memcpy(ret.x, jump, sizeof ret.x);
	return ret;
}

/* What the events of a row need. */
struct adding {
	struct spk_group *g;
	size_t row;
	spk_psc_vector *cells;
	const uint32_t *target;
	const float *f32;
	const double *f64;
	double shared, theta;
	const spk_psc_vector *of; /* the row's unit */
	spk_psc_vector by_shared[HALVES];
	int alpha;
};

/* Event k of the row. An event of weight 0 counts as excitatory. */
static inline __attribute__((always_inline)) void add_event(const struct adding *a, size_t k)
{
	const int is_mixed = a->f32 || a->f64, has_second = a->alpha && (is_mixed || a->shared < 0);
	const double w = a->f32 ? (double)a->f32[k] : a->f64 ? a->f64[k] : a->shared;
	const spk_psc_vector *unit = a->of + HALVES * (w < 0);
	spk_psc_vector *cell = &a->cells[(a->alpha ? HALVES : 1) * (size_t)a->target[k]];
	spk_psc_vector first = cell[0];

	if (is_mixed)
		first += unit[0] * w;
	else
		first += a->by_shared[0];
	if (__builtin_expect(first[0] >= a->theta, 0)) {
		arrive_in_row(a->g, a->target[k], a->row, w);
		return;
	}
	cell[0] = first;
	if (has_second && is_mixed)
		cell[1] += unit[1] * w;
	else if (has_second)
		cell[1] += a->by_shared[1];
}

/* The row's events onto neurons below `end`. One loop for each form of weight. */
static inline __attribute__((always_inline)) void add_events(
	struct spk_group *g, size_t number, const float *f32, const double *f64, uint32_t end, int alpha)
{
	enum { AT_ONCE = 8 }; /* targets ascend by regions: one comparison for so many events */
	struct row *row = &g->queue->rows[number];
	const spk_psc_vector *of = (const spk_psc_vector *)g->queue->units[number].of;
	const double w = row->bundle.shared;
	const struct adding a = {.g = g,
		.row = number,
		.cells = (spk_psc_vector *)g->cells,
		.target = row->bundle.target,
		.f32 = f32,
		.f64 = f64,
		.shared = w,
		.theta = g->law.theta,
		.of = of,
		.by_shared = {of[HALVES * (w < 0)] * w, of[HALVES * (w < 0) + 1] * w},
		.alpha = alpha};
	const size_t n = row->bundle.n;
	size_t k = row->next;

	for (; k + AT_ONCE <= n && a.target[k + AT_ONCE - 1] < end; k += AT_ONCE)
#pragma GCC unroll 8
		for (size_t i = 0; i < AT_ONCE; i++)
			add_event(&a, k + i);
	for (; k < n && a.target[k] < end; k++)
		add_event(&a, k);
	row->next = k;
}

static inline __attribute__((always_inline)) void add_row(
	struct spk_group *g, size_t row, uint32_t end, int alpha)
{
	const struct spk_bundle *b = &g->queue->rows[row].bundle;

	if (b->f64)
		add_events(g, row, NULL, b->f64, end, alpha);
	else if (b->f32)
		add_events(g, row, b->f32, NULL, end, alpha);
	else
		add_events(g, row, NULL, NULL, end, alpha);
}

SPK_FOR_EACH_LEVEL static void add_rows_exp(struct spk_group *g, uint32_t end)
{
	for (size_t k = 0; k < g->queue->n; k++)
		add_row(g, k, end, 0);
}

SPK_FOR_EACH_LEVEL static void add_rows_alpha(struct spk_group *g, uint32_t end)
{
	for (size_t k = 0; k < g->queue->n; k++)
		add_row(g, k, end, 1);
}

/* The start of each row, which lies elsewhere in memory; the rest of a long one follows in order. */
static void touch_rows(const struct spk_psc_queue *q)
{
	enum { MOST = 128 };

	for (size_t k = 0; k < q->n; k++) {
		const struct spk_bundle *b = &q->rows[k].bundle;
		const size_t n = b->n < MOST ? b->n : MOST;
		spk_touch(b->target, n * sizeof *b->target);
		if (b->f32)
			spk_touch(b->f32, n * sizeof *b->f32);
	}
}

void spk_psc_flush(struct spk_group *g)
{
	struct spk_psc_queue *q = g->queue;

	if (q->n == 0)
		return;
	touch_rows(q);
	spk_psc_factors_each(&g->law, q->n, q->t, q->f);
	for (size_t k = 0; k < q->n; k++)
		(g->law.alpha ? set_unit_alpha : set_unit_exp)(g, q->t[k], &q->f[k], &q->units[k]);
	void (*add_rows)(struct spk_group *, uint32_t) = g->law.alpha ? add_rows_alpha : add_rows_exp;
	for (size_t end = SPK_GROUP_REGION; end < g->n; end += SPK_GROUP_REGION)
		add_rows(g, (uint32_t)end);
	add_rows(g, UINT32_MAX);
	q->n = 0;
}

void spk_psc_deliver(struct spk_group *g, const struct spk_bundle *b)
{
	struct spk_psc_queue *q = g->queue;

	q->rows[q->n].bundle = *b;
	q->rows[q->n].next = 0;
	q->t[q->n++] = b->t;
	if (q->n == MOST_ROWS || b->f64)
		spk_psc_flush(g);
}

SPK_FOR_EACH_LEVEL static void make_jumps_exp(const struct spk_psc_law *law, struct rise rise, size_t n,
	const double *restrict t, const double *restrict weight, struct spk_psc_jump *restrict ret)
{
	const double r_m = law->rates[0], r_ex = law->rates[1], r_in = law->rates[2], k_ex = law->ex.kappa,
		     k_in = law->in.kappa;

	for (size_t k = 0; k < n; k++) {
		const double w = weight[k], f_m = spk_exp_inline(r_m * t[k]),
			     f = spk_exp_inline((w < 0 ? r_in : r_ex) * t[k]);
		const double amount = f * w, raised = (rise.from - t[k] * rise.slope) * rise.gain * w;
		ret[k].x[SPK_PSC_BOUND] = w < 0 ? 0 : raised;
		ret[k].x[SPK_PSC_C] = -((w < 0 ? k_in : k_ex) * f_m) * w;
		ret[k].x[SPK_PSC_EX] = w < 0 ? 0 : amount;
		ret[k].x[SPK_PSC_IN] = w < 0 ? amount : 0;
	}
	for (size_t k = 0; (law->ex.confluent || law->in.confluent) && k < n; k++) {
		const struct spk_psc_current *i = weight[k] < 0 ? &law->in : &law->ex;
		const double f = spk_exp_inline(i->rate * t[k]);
		if (i->confluent)
			ret[k].x[SPK_PSC_C] = -(f * spk_psc_confluent_q(i, law->inv_c, t[k])) * weight[k];
	}
}

void spk_psc_make_jumps(const struct spk_group *g, size_t n, const double *t, const double *weight,
	struct spk_psc_jump ret_jump[SPK_PSC_CHUNK])
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
	make_jumps_exp(&g->law, rise_of(g), whole, whole_t, whole_weight, ret_jump);
}

static void make_jumps_alpha(const struct spk_group *g, size_t n, const double *t, const double *weight,
	double (*ret)[SPK_PSC_ALPHA_CELL])
{
	struct spk_psc_factors f[CHUNK];

	spk_psc_factors_each(&g->law, n, t, f);
	for (size_t k = 0; k < n; k++) {
		struct unit unit;
		set_unit_alpha(g, t[k], &f[k], &unit);
		scale_unit(&unit, weight[k], ret[k]);
	}
}

static inline __attribute__((always_inline)) void add_jumps(
	struct spk_group *g, size_t n, const double *t, const uint32_t *target, const double *jump, int alpha)
{
	const double theta = g->law.theta;
	const size_t size = spk_psc_cell_size(alpha), halves = size / 4;
	spk_psc_vector *cells = (spk_psc_vector *)g->cells;
	const spk_psc_vector *jumps = (const spk_psc_vector *)jump;

	for (size_t k = 0; k < n; k++) {
		spk_psc_vector *cell = &cells[halves * target[k]];
		const spk_psc_vector first = cell[0] + jumps[halves * k];
		if (__builtin_expect(first[0] >= theta, 0)) {
			const struct spk_psc_factors f = spk_psc_factors_at(&g->law, t[k]);
			arrive_close(g, target[k], t[k], &f, &jump[size * k]);
			continue;
		}
		cell[0] = first;
		if (alpha)
			cell[1] += jumps[halves * k + 1];
	}
}

SPK_FOR_EACH_LEVEL static void add_jumps_exp(
	struct spk_group *g, size_t n, const double *t, const uint32_t *target, const double *jump)
{
	add_jumps(g, n, t, target, jump, 0);
}

SPK_FOR_EACH_LEVEL static void add_jumps_alpha(
	struct spk_group *g, size_t n, const double *t, const uint32_t *target, const double *jump)
{
	add_jumps(g, n, t, target, jump, 1);
}

static void deliver_some(
	struct spk_group *g, size_t n, const double *t, const double *weight, const uint32_t *target)
{
	if (g->law.alpha) {
		_Alignas(64) double jump[CHUNK][SPK_PSC_ALPHA_CELL];
		make_jumps_alpha(g, n, t, weight, jump);
		add_jumps_alpha(g, n, t, target, jump[0]);
	} else {
		struct spk_psc_jump jump[CHUNK];
		spk_psc_make_jumps(g, n, t, weight, jump);
		add_jumps_exp(g, n, t, target, jump[0].x);
	}
}

void spk_psc_deliver_each(struct spk_group *g, const struct spk_volley *v)
{
	spk_psc_flush(g);
	for (size_t first = 0; first < v->n; first += CHUNK) {
		const size_t n = v->n - first < CHUNK ? v->n - first : CHUNK;
		deliver_some(g, n, v->t + first, v->weight + first, v->target + first);
	}
}
