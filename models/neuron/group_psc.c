/*
 * Fast groups of equal lif_exp or lif_alpha neurons: an exact arrival costs an addition of vectors and a
 * comparison.
 *
 * The scaled state of a neuron (psc_law.h) is constant between arrivals, and what an arrival adds depends on
 * its time alone: it is computed once for a whole row. A cell of an exponential neuron is one vector of four
 * numbers; of an alpha neuron two, of which excitation changes only the first.
 *
 * Threshold. Each neuron has an upper bound on D that holds up to the horizon. Over a span h from time a,
 * D <= D(a) + h max(0, s) + r h^2 A_ex(a) / 2 C with s = -D(a) / tau_m + (I_ex(a) + (1 - h / tau_in) I_in(a))
 * / C: the leak only weakens as D rises above D(a), an excitatory current grows by r A_ex at most, and of the
 * inhibition at a so much at least stays. An excitatory arrival (w, t) adds (horizon - t) w / C, or e w times
 * r (horizon - t)^2 / 2 C where it is alpha-shaped. Where V_inf < V_th the horizon is infinite: D never
 * exceeds max(D, 0) + peak (I_ex + A_ex), and an arrival adds peak w or peak e w. Then nothing is done for a
 * neuron unless something arrives at it. Otherwise the horizon lies a few segments ahead, and all neurons are
 * looked at when it is reached. Segments are short against the time constants: a bound takes in the
 * excitation that arrives and not the inhibition, so where many events arrive it soon reaches the threshold,
 * however far D is.
 *
 * While its bound stays below V_th a neuron cannot have fired, however short an excursion. One that comes too
 * close is looked at again. With its present D the bound falls; or D stays below V_th at least for the rest
 * of the segment (the neuron is near: it is looked at again in the next one); or the neuron is careful for
 * the rest of the segment: its crossings are searched for (psc_crossing.c). Neurons refractory for the whole
 * segment only collect currents. The scaled state is the same in all these conditions: none changes a bit of
 * it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/course.h"
#include "models/math/det.h"
#include "models/math/large.h"
#include "models/neuron/groups.h"
#include "models/neuron/lif.h"
#include "models/neuron/psc_group.h"

enum { TAU_EX = SPK_LIF_N_PARAMS, TAU_IN };
enum { I_EX = SPK_N_COMMON_STATES, I_IN, EXP_STATES, A_EX = EXP_STATES, A_IN, ALPHA_STATES };
/* Longest segment: so much of the shortest time constant, but shorter ones than so many ms never pay. */
static const double BOOST = 0.02; /* of V_th - V_reset */
static const double LIMIT = 1.0 / 6, LIMIT_MS = 0.25;
/* |tau_m delta| below which q and p are measured from their values at 0; p divides by delta twice */
static const double CONFLUENT = 0.01, CONFLUENT_ALPHA = 0.05;

/* A neuron that stays refractory beyond the segment. */
static void rest(struct spk_group *g, size_t neuron, double ready)
{
	*spk_psc_cell(g, neuron) = SPK_PSC_RESTING;
	g->ready[neuron] = ready;
	g->resting[g->n_resting++] = (struct spk_psc_resting){ready, (uint32_t)neuron};
}

/* All rest equally long: behind a neuron that rests for one segment more than this one all rest on. */
static void wake_resting(struct spk_group *g)
{
	const double b = g->b, all_rest = b + g->longest;
	size_t kept = 0, k = 0;

	for (; k < g->n_resting && g->resting[k].ready < all_rest; k++) {
		const struct spk_psc_resting r = g->resting[k];
		if (r.ready >= b)
			g->resting[kept++] = r;
		else
			spk_psc_mark_careful(g, r.neuron, r.ready, g->a, NULL);
	}
	if (kept < k)
		memmove(g->resting + kept, g->resting + k, (g->n_resting - k) * sizeof *g->resting);
	g->n_resting -= k - kept;
}

static void begin(struct spk_group *g, double a, double b)
{
	g->at_a = a == g->b ? g->at_b : spk_psc_factors_at(&g->law, a);
	g->at_b = spk_psc_factors_at(&g->law, b);
	g->a = a;
	g->b = b;
	g->longest = fmax(g->longest, b - a);
	g->n_careful = 0;
	spk_psc_open_segment(g);
	wake_resting(g);
	if (g->bulk.n_inputs)
		spk_psc_add_inputs(g);
	g->is_open = 1;
}

static void settle(struct spk_group *g, double t, size_t n, const uint32_t *target)
{
	spk_psc_flush(g);
	const size_t asked = target ? n : g->n_careful;

	for (size_t k = 0; k < asked; k++) {
		double *cell = spk_psc_cell(g, target ? target[k] : g->careful[k].neuron);
		if (spk_psc_is_careful(cell[SPK_PSC_BOUND]))
			spk_psc_resolve(g, spk_psc_careful_at(g, cell[SPK_PSC_BOUND]), cell, t, 0, 1);
	}
}

static int finish(struct spk_group *g)
{
	spk_psc_flush(g);
	spk_psc_close_segment(g);
	for (size_t k = 0; k < g->n_careful; k++)
		if (g->careful[k].ready > g->b)
			rest(g, g->careful[k].neuron, g->careful[k].ready);
	g->n_careful = 0;
	g->is_open = 0;
	return g->bulk.failed ? SPK_E_NOMEM : SPK_OK;
}

static void peek(const struct spk_group *given, uint32_t neuron, double t, double *ret_state)
{
	struct spk_group *g = (struct spk_group *)(uintptr_t)given; /* rows that wait are delivered */

	spk_psc_flush(g);
	const int alpha = g->law.alpha;
	double cell[SPK_PSC_MAX_CELL], ready = t;
	const struct spk_psc_factors f = spk_psc_factors_at(&g->law, t);

	memcpy(cell, spk_psc_cell(g, neuron), spk_psc_cell_size(alpha) * sizeof *cell);
	const double bound = cell[SPK_PSC_BOUND];
	if (spk_psc_is_careful(bound)) {
		struct spk_psc_careful s = *spk_psc_careful_at(g, bound);
		spk_psc_resolve(g, &s, cell, t, 1, 0);
		ready = s.ready;
	} else if (g->is_open && g->bulk.n_inputs) {
		struct spk_psc_jump coming;
		spk_psc_coming(g, neuron, t, 1, &coming);
		spk_psc_add(cell, coming.x, -1, 0);
	}
	if (bound == SPK_PSC_RESTING)
		ready = g->ready[neuron];
	const int rests = ready > t;
	const struct spk_psc_state now = spk_psc_state_of(cell, &f, alpha);
	memset(ret_state, 0, (alpha ? ALPHA_STATES : EXP_STATES) * sizeof *ret_state);
	ret_state[SPK_V_M] = rests ? g->v_reset : g->law.v_inf + now.d;
	ret_state[SPK_REFRACTORY] = rests ? ready - t : 0;
	ret_state[I_EX] = now.i_ex;
	ret_state[I_IN] = now.i_in;
	if (alpha) {
		ret_state[A_EX] = now.a_ex;
		ret_state[A_IN] = now.a_in;
	}
	ret_state[SPK_U] = ret_state[SPK_U_BAR] = (double)NAN; /* such populations get a general group */
}

/* The state of a neuron in factors of an epoch that starts `shift` later; f: the factors at shift. */
static void move_cell(double *cell, const struct spk_psc_law *law, const struct spk_psc_factors *f)
{
	const double *x = cell;
	double q_ex = law->ex.confluent ? f->q_ex : 0, q_in = law->in.confluent ? f->q_in : 0;

	if (!law->alpha) {
		cell[SPK_PSC_C] = (x[SPK_PSC_C] + x[SPK_PSC_EX] * q_ex + x[SPK_PSC_IN] * q_in) * f->per_f_m;
		cell[SPK_PSC_EX] *= f->per_f_ex;
		cell[SPK_PSC_IN] *= f->per_f_in;
		return;
	}
	const double p_ex = law->ex.confluent ? f->p_ex : 0, p_in = law->in.confluent ? f->p_in : 0;
	cell[SPK_PSC_C] = (x[SPK_PSC_C] + (x[SPK_PSC_ALPHA_EX] * q_ex + x[SPK_PSC_A_EX] * p_ex) +
				  (x[SPK_PSC_ALPHA_IN] * q_in + x[SPK_PSC_A_IN] * p_in)) *
			  f->per_f_m;
	cell[SPK_PSC_ALPHA_EX] = (x[SPK_PSC_ALPHA_EX] + x[SPK_PSC_A_EX] * f->rt_ex) * f->per_f_ex;
	cell[SPK_PSC_ALPHA_IN] = (x[SPK_PSC_ALPHA_IN] + x[SPK_PSC_A_IN] * f->rt_in) * f->per_f_in;
	cell[SPK_PSC_A_EX] *= f->per_f_ex;
	cell[SPK_PSC_A_IN] *= f->per_f_in;
}

static void rebase(struct spk_group *g, double shift)
{
	const struct spk_psc_factors f = spk_psc_factors_at(&g->law, shift);

	for (size_t k = 0; k < g->n; k++)
		move_cell(spk_psc_cell(g, k), &g->law, &f);
	for (size_t k = 0; k < g->n_resting; k++) {
		g->resting[k].ready -= shift;
		g->ready[g->resting[k].neuron] = g->resting[k].ready;
	}
	g->horizon -= shift;
	g->b = -HUGE_VAL; /* at_b belongs to the old epoch */
}

static void set_rate(struct spk_group *g, size_t k, double rate)
{
	g->bulk.inputs[k].rate = rate;
}

/* So long that the mean Poisson excitation of a segment moves the bounds by no more than BOOST. */
static double input_limit(const struct spk_group *g)
{
	double per_ms = 0;

	for (size_t k = 0; k < g->bulk.n_inputs; k++)
		per_ms += fmax(0, g->bulk.inputs[k].weight * g->bulk.inputs[k].rate / 1000);
	if (!(per_ms > 0))
		return HUGE_VAL;
	const double most = BOOST * (g->law.theta + g->law.v_inf - g->v_reset);
	return fmax(most / (per_ms * g->law.peak), sqrt(most / (per_ms * g->law.inv_c)));
}

static double segment_limit(const struct spk_group *g)
{
	const double shortest = fmin(g->law.tau_m, fmin(g->law.ex.tau, g->law.in.tau));

	return fmin(input_limit(g), fmax(LIMIT_MS, LIMIT * shortest));
}

static uint64_t input_events(const struct spk_group *g)
{
	return g->bulk.n_drawn;
}

static int suits(const double *par, size_t n_inputs, int pauses)
{
	(void)par;
	(void)pauses;
	return n_inputs <= SPK_BULK_MAX_INPUTS;
}

static size_t bytes(const struct spk_group *g)
{
	const size_t cell = spk_psc_cell_size(g->law.alpha) * sizeof *g->cells;

	const size_t lists = 1 + sizeof *g->near + sizeof *g->careful + sizeof *g->resting + sizeof *g->ready;

	return sizeof *g + g->n * (cell + lists) + spk_bulk_bytes(&g->bulk);
}

static double epoch_tau(const double *par)
{
	return fmin(par[SPK_LIF_TAU_M], fmin(par[TAU_EX], par[TAU_IN]));
}

static void free_group(struct spk_group *g)
{
	if (!g)
		return;
	spk_bulk_clear(&g->bulk);
	free(g->cells);
	free(g->queue);
	free(g->is_near);
	free(g->near);
	free(g->careful);
	free(g->resting);
	free(g->ready);
	free(g);
}

static struct spk_psc_current make_current(double tau, double tau_m, double inv_c, int alpha)
{
	const double delta = 1 / tau - 1 / tau_m;

	return (struct spk_psc_current){.tau = tau,
		.rate = 1 / tau,
		.delta = delta,
		.kappa = -inv_c / delta,
		.confluent = fabs(delta) * tau_m < (alpha ? CONFLUENT_ALPHA : CONFLUENT)};
}

static struct spk_psc_law make_law(const double *par, int alpha)
{
	const double tau_m = par[SPK_LIF_TAU_M], inv_c = 1 / par[SPK_LIF_C_M];
	const double v_inf = par[SPK_LIF_E_L] + par[SPK_LIF_I_E] * tau_m * inv_c;

	return (struct spk_psc_law){.alpha = alpha,
		.tau_m = tau_m,
		.rates = {1 / tau_m, 1 / par[TAU_EX], 1 / par[TAU_IN]},
		.rate = 1 / tau_m,
		.inv_c = inv_c,
		.v_inf = v_inf,
		.theta = par[SPK_LIF_V_TH] - v_inf,
		.reset = par[SPK_LIF_V_RESET] - v_inf,
		.t_ref = par[SPK_LIF_T_REF],
		.peak = spk_course_peak(1 / tau_m, 1 / par[TAU_EX], inv_c),
		.ex = make_current(par[TAU_EX], tau_m, inv_c, alpha),
		.in = make_current(par[TAU_IN], tau_m, inv_c, alpha)};
}

static void place_neuron(struct spk_group *g, size_t neuron, const double *st)
{
	const int alpha = g->law.alpha;
	const struct spk_psc_factors f = spk_psc_factors_at(&g->law, 0);
	double *cell = spk_psc_cell(g, neuron);

	memset(cell, 0, spk_psc_cell_size(alpha) * sizeof *cell);
	cell[alpha ? SPK_PSC_ALPHA_EX : SPK_PSC_EX] = st[I_EX];
	cell[alpha ? SPK_PSC_ALPHA_IN : SPK_PSC_IN] = st[I_IN];
	if (alpha) {
		cell[SPK_PSC_A_EX] = st[A_EX];
		cell[SPK_PSC_A_IN] = st[A_IN];
	}
	spk_psc_set_d(cell, st[SPK_V_M] - g->law.v_inf, &f, alpha);
	if (st[SPK_REFRACTORY] > 0) {
		rest(g, neuron, st[SPK_REFRACTORY]);
		g->longest = HUGE_VAL;
	} else {
		spk_psc_list_near(g, neuron);
	}
}

static double *create_cells(size_t n, size_t size)
{
	const size_t whole = (n / SPK_GROUP_BLOCK + 1) * SPK_GROUP_BLOCK;
	double *cells = spk_large_alloc(whole * size * sizeof *cells);

	for (size_t k = n * size; cells && k < whole * size; k++)
		cells[k] = k % size == SPK_PSC_BOUND ? SPK_PSC_RESTING : 0;
	return cells;
}

static int create(
	const struct spk_group_spec *spec, int alpha, struct spk_group **ret_group, struct spk_error *err)
{
	struct spk_group *g = calloc(1, sizeof *g);

	if (!g)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for neurons");
	g->n = spec->n;
	g->law = make_law(spec->par, alpha);
	g->v_reset = spec->par[SPK_LIF_V_RESET];
	g->emit = spec->emit;
	g->context = spec->context;
	g->cells = create_cells(spec->n, spk_psc_cell_size(alpha));
	g->queue = spk_psc_queue_create();
	g->is_near = calloc(spec->n + 1, sizeof *g->is_near);
	g->near = malloc((spec->n + 1) * sizeof *g->near);
	g->careful = malloc((spec->n + 1) * sizeof *g->careful);
	g->resting = malloc((spec->n + 1) * sizeof *g->resting);
	g->ready = calloc(spec->n + 1, sizeof *g->ready);
	const int ok = g->cells && g->queue && g->is_near && g->near && g->careful && g->resting && g->ready;
	const int rc = ok ? spk_bulk_init(&g->bulk, spec, 0, err)
			  : spk_fail(err, SPK_E_NOMEM, "out of memory for %zu neurons", spec->n);
	if (rc) {
		free_group(g);
		return rc;
	}
	g->b = -HUGE_VAL;
	g->horizon = g->law.theta > 0 ? HUGE_VAL : -HUGE_VAL;
	for (size_t k = 0; k < spec->n; k++)
		place_neuron(g, k, spec->state + k * spec->model->n_states);
	*ret_group = g;
	return SPK_OK;
}

static int create_exp(const struct spk_group_spec *spec, struct spk_group **ret_group, struct spk_error *err)
{
	return create(spec, 0, ret_group, err);
}

static int create_alpha(
	const struct spk_group_spec *spec, struct spk_group **ret_group, struct spk_error *err)
{
	return create(spec, 1, ret_group, err);
}

/* clang-format off */
#define HOOKS \
	.free = free_group, \
	.rebase = rebase, \
	.begin = begin, \
	.deliver = spk_psc_deliver, \
	.deliver_each = spk_psc_deliver_each, \
	.settle = settle, \
	.finish = finish, \
	.peek = peek, \
	.segment_limit = segment_limit, \
	.bytes = bytes, \
	.list_state = spk_psc_list_state, \
	.restore = spk_psc_restore, \
	.epoch_tau = epoch_tau, \
	.collects = 1
/* clang-format on */

const struct spk_group_type spk_group_exp = {
	.create = create_exp, .set_rate = set_rate, .input_events = input_events, .suits = suits, HOOKS};
const struct spk_group_type spk_group_alpha = {.create = create_alpha, HOOKS};
