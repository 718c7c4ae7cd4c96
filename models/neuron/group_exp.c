/*
 * Fast group of equal lif_exp neurons: an exact arrival costs two multiply-adds and a comparison.
 *
 * The scaled state c, ex, in of a neuron (exp_law.h) is constant between arrivals, and what an arrival adds
 * depends on its time alone: it is computed once for a whole row.
 *
 * Threshold. Each neuron has an upper bound on D that holds up to the horizon. Over a span h from time a,
 * D <= D(a) + h max(0, s) with s = -D(a) / tau_m + (I_ex(a) + (1 - h / tau_in) I_in(a)) / C: the leak only
 * weakens as D rises above D(a), excitation only decays, and of the inhibition at a so much at least stays.
 * An excitatory arrival (w, t) adds (horizon - t) w / C. Where V_inf < V_th the horizon is infinite: D never
 * exceeds max(D, 0) + peak I_ex, and an arrival adds peak w. Then nothing is done for a neuron unless
 * something arrives at it. Otherwise the horizon lies a few segments ahead, and all neurons are looked at
 * when it is reached.
 *
 * While its bound stays below V_th a neuron cannot have fired, however short an excursion. One that comes too
 * close is looked at again. With its present D the bound falls; or D stays below V_th at least for the rest
 * of the segment (the neuron is near: it is looked at again in the next one); or the neuron is careful for
 * the rest of the segment: its crossings are searched for (exp_crossing.c). Neurons refractory for the whole
 * segment only collect currents. The scaled state is the same in all these conditions: none changes a bit of
 * it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/course.h"
#include "models/math/det.h"
#include "models/math/levels.h"
#include "models/neuron/exp_law.h"
#include "models/neuron/groups.h"
#include "models/neuron/lif.h"

enum { TAU_EX = SPK_LIF_N_PARAMS, TAU_IN };
enum { I_EX = SPK_N_COMMON_STATES, I_IN, N_STATES };
enum { CHUNK = 128 };                                  /* events of a volley at a time */
static const double CAREFUL = 1e300, RESTING = -1e300; /* marks in place of a bound */
static const double CONFLUENT = 0.01;   /* |tau_m delta| below which q is measured from its value at 0 */
static const double SEGMENTS_AHEAD = 3; /* where the horizon is finite */

/* A careful or resting neuron. */
struct side {
	double ready; /* end of refractoriness, -HUGE_VAL when it is over */
	double from;  /* careful: crossings before this time are known */
	double next;  /* careful: the first one since then in this segment; NAN: not searched for yet */
};

struct spk_group {
	size_t n;
	struct spk_exp_law law;
	double v_reset;
	struct spk_exp_cell *cells;
	struct side *side;
	unsigned char *is_near; /* [n] listed in near */
	uint32_t *near, *careful, *resting;
	size_t n_near, n_careful, n_resting;
	double a, b, horizon;
	struct spk_exp_factors at_a, at_b;
	void (*emit)(void *context, uint32_t neuron, double t);
	void *context;
};

/* ---- Bounds ------------------------------------------------------------------------------------- */

/* Bound on D over the span from this state on. */
static double bound_over(const struct spk_exp_law *law, const struct spk_exp_state *now, double span)
{
	const double share = 1 - span * law->in.rate;
	const double current = now->i_ex + (share > 0 ? share : 0) * now->i_in;
	const double slope = law->inv_c * current - law->rate * now->d;

	return slope > 0 ? now->d + span * slope : now->d;
}

/* Bound on D up to the horizon. */
static double bound_far(const struct spk_group *g, const struct spk_exp_state *now, double t)
{
	if (isinf(g->horizon))
		return (now->d > 0 ? now->d : 0) + g->law.peak * now->i_ex;
	return bound_over(&g->law, now, g->horizon - t);
}

static void list_near(struct spk_group *g, size_t neuron)
{
	if (g->is_near[neuron])
		return;
	g->is_near[neuron] = 1;
	g->near[g->n_near++] = (uint32_t)neuron;
}

static void mark_careful(struct spk_group *g, size_t neuron, double ready, double from)
{
	g->cells[neuron].bound = CAREFUL;
	g->side[neuron] = (struct side){.ready = ready, .from = from, .next = NAN};
	g->careful[g->n_careful++] = (uint32_t)neuron;
}

/* A neuron whose bound does not tell is looked at with its state at t. All crossings before t are known. */
static void look_again(struct spk_group *g, size_t neuron, double t, const struct spk_exp_factors *f)
{
	struct spk_exp_cell *cell = &g->cells[neuron];
	const struct spk_exp_state now = spk_exp_state_of(cell, f);

	cell->bound = bound_far(g, &now, t);
	if (cell->bound < g->law.theta)
		return;
	list_near(g, neuron);
	cell->bound = bound_over(&g->law, &now, g->b - t);
	if (!(cell->bound < g->law.theta))
		mark_careful(g, neuron, -HUGE_VAL, t);
}

/* What the sweep over all neurons needs: factors at its time, and the span up to the horizon. */
struct sweep {
	double decay, q_ex, q_in, slope_ex, slope_in, rate, span;
};

SPK_FOR_EACH_LEVEL static void bound_all(size_t n, struct spk_exp_cell *restrict cells, const struct sweep *s)
{
	const struct sweep x = *s;

	for (size_t k = 0; k < n; k++) {
		const double ex = cells[k].ex, in = cells[k].in, old = cells[k].bound;
		const double d = (cells[k].c + ex * x.q_ex + in * x.q_in) * x.decay;
		const double slope = ex * x.slope_ex + in * x.slope_in - d * x.rate;
		const double bound = d + x.span * (slope > 0 ? slope : 0);
		cells[k].bound = old == RESTING ? old : bound;
	}
}

/* Look at all neurons, with a new horizon. */
static void sweep(struct spk_group *g)
{
	const struct spk_exp_law *law = &g->law;
	const struct spk_exp_factors *f = &g->at_a;
	const double margin = 1e-6; /* the last of the segments must not seem to end behind the horizon */
	const double span = (SEGMENTS_AHEAD + margin) * (g->b - g->a);
	const struct sweep s = {.decay = 1 / f->f_m,
		.q_ex = f->q_ex,
		.q_in = f->q_in,
		.slope_ex = law->inv_c / f->f_ex,
		.slope_in = law->inv_c / f->f_in * fmax(0, 1 - span / law->in.tau),
		.rate = law->rate,
		.span = span};

	g->horizon = g->a + span;
	memset(g->is_near, 0, g->n * sizeof *g->is_near);
	g->n_near = 0;
	bound_all(g->n, g->cells, &s);
	for (size_t k = 0; k < g->n; k++)
		if (__builtin_expect(g->cells[k].bound >= law->theta, 0))
			look_again(g, k, g->a, f);
}

/* ---- Careful neurons ---------------------------------------------------------------------------- */

static void wake(const struct spk_group *g, struct side *s, struct spk_exp_cell *cell)
{
	const struct spk_exp_factors f = spk_exp_factors_at(&g->law, s->ready);

	spk_exp_set_d(cell, g->law.reset, &f);
	*s = (struct side){.ready = -HUGE_VAL, .from = s->ready, .next = NAN};
}

/* The first crossing in this segment, as far as it matters before t. Its bits do not depend on t. */
static double next_crossing(
	const struct spk_group *g, struct side *s, const struct spk_exp_cell *cell, double t)
{
	if (!isnan(s->next))
		return s->next;
	const struct spk_exp_factors f = spk_exp_factors_at(&g->law, s->from);
	const struct spk_exp_state now = spk_exp_state_of(cell, &f);
	if (bound_over(&g->law, &now, t - s->from) < g->law.theta)
		return HUGE_VAL;
	s->next = s->from + spk_exp_crossing(&g->law, &now, g->b - s->from);
	return s->next;
}

/* Find the spikes before t (inclusive: up to t) of a neuron, or of a copy of it, which emits nothing. */
static void resolve(const struct spk_group *g, size_t neuron, struct side *s, struct spk_exp_cell *cell,
	double t, int inclusive, int emits)
{
	for (;;) {
		if (s->ready > t)
			return;
		if (s->ready > -HUGE_VAL)
			wake(g, s, cell);
		const double spike = next_crossing(g, s, cell, t);
		if (!(spike < t || (inclusive && spike <= t)))
			return;
		s->ready = spike + g->law.t_ref;
		if (emits)
			g->emit(g->context, (uint32_t)neuron, spike);
	}
}

/* ---- Arrivals ----------------------------------------------------------------------------------- */

/* What an event does to a neuron. */
struct jump {
	double ex, in, c, bound;
};

static inline void add(struct spk_exp_cell *cell, const struct jump *jump)
{
	cell->ex += jump->ex;
	cell->in += jump->in;
	cell->c -= jump->c;
}

/* An arrival after which the bound does not tell. */
static void arrive_close(struct spk_group *g, size_t neuron, double t, const struct jump *jump)
{
	struct spk_exp_cell *cell = &g->cells[neuron];
	struct side *s = &g->side[neuron];

	if (cell->bound == CAREFUL) {
		resolve(g, neuron, s, cell, t, 0, 1);
		add(cell, jump);
		s->from = t;
		s->next = NAN;
		return;
	}
	const struct spk_exp_factors f = spk_exp_factors_at(&g->law, t);
	add(cell, jump);
	look_again(g, neuron, t, &f);
}

/* How much 1 pA that arrives at t raises the bound. */
static double rise(const struct spk_group *g, double t)
{
	return isinf(g->horizon) ? g->law.peak : (g->horizon - t) * g->law.inv_c;
}

/* One loop for each form of weight. An event of weight 0 counts as excitatory. */
static inline __attribute__((always_inline)) void deliver_row(struct spk_group *g, size_t n,
	const uint32_t *target, double t, const struct spk_exp_factors *f, const float *f32,
	const double *f64)
{
	const double rise_per_weight = rise(g, t), theta = g->law.theta;
	const double f_ex = f->f_ex, c_ex = f_ex * f->q_ex, f_in = f->f_in, c_in = f_in * f->q_in;

	for (size_t k = 0; k < n; k++) {
		struct spk_exp_cell *cell = &g->cells[target[k]];
		const double w = f32 ? (double)f32[k] : f64[k];
		const struct jump jump = {.ex = w >= 0 ? w * f_ex : 0,
			.in = w >= 0 ? 0 : w * f_in,
			.c = w * (w >= 0 ? c_ex : c_in),
			.bound = w >= 0 ? w * rise_per_weight : 0};
		const double bound = cell->bound + jump.bound;
		if (__builtin_expect(bound >= theta, 0)) {
			arrive_close(g, target[k], t, &jump);
			continue;
		}
		cell->bound = bound;
		add(cell, &jump);
	}
}

static void deliver_excitation(struct spk_group *g, size_t n, const uint32_t *target, double t, double w,
	const struct spk_exp_factors *f)
{
	const struct jump jump = {.ex = w * f->f_ex, .c = w * (f->f_ex * f->q_ex), .bound = w * rise(g, t)};
	const double theta = g->law.theta;

	for (size_t k = 0; k < n; k++) {
		struct spk_exp_cell *cell = &g->cells[target[k]];
		const double bound = cell->bound + jump.bound;
		if (__builtin_expect(bound >= theta, 0)) {
			arrive_close(g, target[k], t, &jump);
			continue;
		}
		cell->bound = bound;
		cell->ex += jump.ex;
		cell->c -= jump.c;
	}
}

static void deliver_inhibition(struct spk_group *g, size_t n, const uint32_t *target, double t, double w,
	const struct spk_exp_factors *f)
{
	const struct jump jump = {.in = w * f->f_in, .c = w * (f->f_in * f->q_in)};
	const double theta = g->law.theta;

	for (size_t k = 0; k < n; k++) {
		struct spk_exp_cell *cell = &g->cells[target[k]];
		if (__builtin_expect(cell->bound >= theta, 0)) {
			arrive_close(g, target[k], t, &jump);
			continue;
		}
		cell->in += jump.in;
		cell->c -= jump.c;
	}
}

static void deliver(struct spk_group *g, const struct spk_bundle *b)
{
	const struct spk_exp_factors f = spk_exp_factors_at(&g->law, b->t);

	if (b->f64)
		deliver_row(g, b->n, b->target, b->t, &f, NULL, b->f64);
	else if (b->f32)
		deliver_row(g, b->n, b->target, b->t, &f, b->f32, NULL);
	else if (b->shared >= 0)
		deliver_excitation(g, b->n, b->target, b->t, b->shared, &f);
	else
		deliver_inhibition(g, b->n, b->target, b->t, b->shared, &f);
}

/* ---- Segments ----------------------------------------------------------------------------------- */

static void wake_resting(struct spk_group *g)
{
	size_t kept = 0;

	for (size_t k = 0; k < g->n_resting; k++) {
		const uint32_t neuron = g->resting[k];
		if (g->side[neuron].ready >= g->b)
			g->resting[kept++] = neuron;
		else
			mark_careful(g, neuron, g->side[neuron].ready, g->a);
	}
	g->n_resting = kept;
}

static void look_at_near(struct spk_group *g)
{
	const size_t n = g->n_near;

	g->n_near = 0;
	for (size_t k = 0; k < n; k++) {
		const uint32_t neuron = g->near[k];
		g->is_near[neuron] = 0; /* look_again lists it anew, at or before this place */
		if (g->cells[neuron].bound != RESTING)
			look_again(g, neuron, g->a, &g->at_a);
	}
}

static void begin(struct spk_group *g, double a, double b)
{
	g->at_a = a == g->b ? g->at_b : spk_exp_factors_at(&g->law, a);
	g->at_b = spk_exp_factors_at(&g->law, b);
	g->a = a;
	g->b = b;
	g->n_careful = 0;
	if (b > g->horizon)
		sweep(g);
	else
		look_at_near(g);
	wake_resting(g);
}

static void settle(struct spk_group *g, double t, size_t n, const uint32_t *target)
{
	const size_t asked = target ? n : g->n_careful;

	for (size_t k = 0; k < asked; k++) {
		const uint32_t neuron = target ? target[k] : g->careful[k];
		if (g->cells[neuron].bound == CAREFUL)
			resolve(g, neuron, &g->side[neuron], &g->cells[neuron], t, 0, 1);
	}
}

static int finish(struct spk_group *g)
{
	for (size_t k = 0; k < g->n_careful; k++) {
		const uint32_t neuron = g->careful[k];
		struct spk_exp_cell *cell = &g->cells[neuron];
		resolve(g, neuron, &g->side[neuron], cell, g->b, 0, 1);
		if (g->side[neuron].ready > g->b) {
			cell->bound = RESTING;
			g->resting[g->n_resting++] = neuron;
		} else {
			cell->bound = 0; /* begin() sets it */
			list_near(g, neuron);
		}
	}
	g->n_careful = 0;
	return SPK_OK;
}

static void peek(const struct spk_group *g, uint32_t neuron, double t, double *ret_state)
{
	struct spk_exp_cell cell = g->cells[neuron];
	struct side s = g->side[neuron];
	const struct spk_exp_factors f = spk_exp_factors_at(&g->law, t);

	if (cell.bound == CAREFUL)
		resolve(g, neuron, &s, &cell, t, 1, 0);
	const int rests = (cell.bound == CAREFUL || cell.bound == RESTING) && s.ready > t;
	const struct spk_exp_state now = spk_exp_state_of(&cell, &f);
	memset(ret_state, 0, N_STATES * sizeof *ret_state);
	ret_state[SPK_V_M] = rests ? g->v_reset : g->law.v_inf + now.d;
	ret_state[SPK_REFRACTORY] = rests ? s.ready - t : 0;
	ret_state[I_EX] = now.i_ex;
	ret_state[I_IN] = now.i_in;
	ret_state[SPK_U] = ret_state[SPK_U_BAR] = (double)NAN; /* such populations get a general group */
}

/* Move the epoch: the state in factors of the new one. */
static void rebase(struct spk_group *g, double shift)
{
	const struct spk_exp_law *law = &g->law;
	const double scale_m = spk_exp(-shift / law->tau_m), scale_ex = spk_exp(-shift / law->ex.tau),
		     scale_in = spk_exp(-shift / law->in.tau);
	const double q_ex = law->ex.confluent ? spk_exp_confluent_q(&law->ex, law->inv_c, shift) : 0;
	const double q_in = law->in.confluent ? spk_exp_confluent_q(&law->in, law->inv_c, shift) : 0;

	for (size_t k = 0; k < g->n; k++) {
		struct spk_exp_cell *cell = &g->cells[k];
		cell->c = (cell->c + cell->ex * q_ex + cell->in * q_in) * scale_m;
		cell->ex *= scale_ex;
		cell->in *= scale_in;
	}
	for (size_t k = 0; k < g->n_resting; k++)
		g->side[g->resting[k]].ready -= shift;
	g->horizon -= shift;
	g->b = -HUGE_VAL; /* at_b belongs to the old epoch */
}

static size_t bytes(const struct spk_group *g)
{
	return sizeof *g + g->n * (sizeof *g->cells + sizeof *g->side + 1 + 3 * sizeof(uint32_t));
}

static double epoch_tau(const double *par)
{
	return fmin(par[SPK_LIF_TAU_M], fmin(par[TAU_EX], par[TAU_IN]));
}

static void free_group(struct spk_group *g)
{
	if (!g)
		return;
	free(g->cells);
	free(g->side);
	free(g->is_near);
	free(g->near);
	free(g->careful);
	free(g->resting);
	free(g);
}

static struct spk_exp_current make_current(double tau, double tau_m, double inv_c)
{
	const double delta = 1 / tau - 1 / tau_m;

	return (struct spk_exp_current){.tau = tau,
		.rate = 1 / tau,
		.delta = delta,
		.kappa = -inv_c / delta,
		.confluent = fabs(delta) * tau_m < CONFLUENT};
}

static struct spk_exp_law make_law(const double *par)
{
	const double tau_m = par[SPK_LIF_TAU_M], inv_c = 1 / par[SPK_LIF_C_M];
	const double v_inf = par[SPK_LIF_E_L] + par[SPK_LIF_I_E] * tau_m * inv_c;

	return (struct spk_exp_law){.tau_m = tau_m,
		.rates = {1 / tau_m, 1 / par[TAU_EX], 1 / par[TAU_IN]},
		.rate = 1 / tau_m,
		.inv_c = inv_c,
		.v_inf = v_inf,
		.theta = par[SPK_LIF_V_TH] - v_inf,
		.reset = par[SPK_LIF_V_RESET] - v_inf,
		.t_ref = par[SPK_LIF_T_REF],
		.peak = spk_course_peak(1 / tau_m, 1 / par[TAU_EX], inv_c),
		.ex = make_current(par[TAU_EX], tau_m, inv_c),
		.in = make_current(par[TAU_IN], tau_m, inv_c)};
}

static void place_neuron(struct spk_group *g, size_t neuron, const double *st)
{
	const struct spk_exp_factors f = spk_exp_factors_at(&g->law, 0);
	struct spk_exp_cell *cell = &g->cells[neuron];

	*cell = (struct spk_exp_cell){.ex = st[I_EX] * f.f_ex, .in = st[I_IN] * f.f_in};
	spk_exp_set_d(cell, st[SPK_V_M] - g->law.v_inf, &f);
	if (st[SPK_REFRACTORY] > 0) {
		g->side[neuron].ready = st[SPK_REFRACTORY];
		cell->bound = RESTING;
		g->resting[g->n_resting++] = (uint32_t)neuron;
	} else {
		list_near(g, neuron);
	}
}

static int create(const struct spk_group_spec *spec, struct spk_group **ret_group, struct spk_error *err)
{
	struct spk_group *g = calloc(1, sizeof *g);

	if (!g)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for neurons");
	g->n = spec->n;
	g->law = make_law(spec->par);
	g->v_reset = spec->par[SPK_LIF_V_RESET];
	g->emit = spec->emit;
	g->context = spec->context;
	g->cells = calloc(spec->n + 1, sizeof *g->cells);
	g->side = calloc(spec->n + 1, sizeof *g->side);
	g->is_near = calloc(spec->n + 1, sizeof *g->is_near);
	g->near = malloc((spec->n + 1) * sizeof *g->near);
	g->careful = malloc((spec->n + 1) * sizeof *g->careful);
	g->resting = malloc((spec->n + 1) * sizeof *g->resting);
	if (!g->cells || !g->side || !g->is_near || !g->near || !g->careful || !g->resting) {
		free_group(g);
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu neurons", spec->n);
	}
	g->b = -HUGE_VAL;
	g->horizon = g->law.theta > 0 ? HUGE_VAL : -HUGE_VAL;
	for (size_t k = 0; k < spec->n; k++)
		place_neuron(g, k, spec->state + k * spec->model->n_states);
	*ret_group = g;
	return SPK_OK;
}

const struct spk_group_type spk_group_exp = {
	.create = create,
	.free = free_group,
	.rebase = rebase,
	.begin = begin,
	.deliver = deliver,
	.settle = settle,
	.finish = finish,
	.peek = peek,
	.bytes = bytes,
	.epoch_tau = epoch_tau,
};
