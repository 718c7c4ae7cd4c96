/*
 * Fast group of equal lif_exp neurons: an exact arrival costs the addition of four numbers, as one vector,
 * and a comparison.
 *
 * The scaled state c, ex, in of a neuron (exp_law.h) is constant between arrivals, and what an arrival adds
 * depends on its time alone: it is computed once for a whole row (exp_deliver.c). All Poisson input of a
 * segment is added at its start (exp_input.c).
 *
 * Threshold. Each neuron has an upper bound on D that holds up to the horizon. Over a span h from time a,
 * D <= D(a) + h max(0, s) with s = -D(a) / tau_m + (I_ex(a) + (1 - h / tau_in) I_in(a)) / C: the leak only
 * weakens as D rises above D(a), excitation only decays, and of the inhibition at a so much at least stays.
 * An excitatory arrival (w, t) adds (horizon - t) w / C. Where V_inf < V_th the horizon is infinite: D never
 * exceeds max(D, 0) + peak I_ex, and an arrival adds peak w. Then nothing is done for a neuron unless
 * something arrives at it. Otherwise the horizon lies a few segments ahead, and all neurons are looked at
 * when it is reached (exp_segment.c).
 *
 * While its bound stays below V_th a neuron cannot have fired, however short an excursion. One that comes too
 * close is looked at again. With its present D the bound falls; or D stays below V_th at least for the rest
 * of the segment (the neuron is near: it is looked at again in the next one); or the neuron is careful for
 * the rest of the segment: its crossings are searched for (exp_careful.c, exp_crossing.c). Neurons refractory
 * for the whole segment only collect currents. The scaled state is the same in all these conditions: none
 * changes a bit of it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/course.h"
#include "models/math/det.h"
#include "models/math/large.h"
#include "models/neuron/exp_group.h"
#include "models/neuron/groups.h"
#include "models/neuron/lif.h"

enum { TAU_EX = SPK_LIF_N_PARAMS, TAU_IN };
enum { I_EX = SPK_N_COMMON_STATES, I_IN, N_STATES };
static const double CONFLUENT = 0.01;       /* |tau_m delta| below which q is measured from its value at 0 */
static const double LONGEST_SEGMENT = 0.04; /* of tau_m */

static const double BOOST = 0.02; /* of V_th - V_reset */

/* A neuron that stays refractory as long as its side says. */
static void rest(struct spk_group *g, size_t neuron)
{
	g->cells[neuron].bound = SPK_EXP_RESTING;
	g->resting[g->n_resting++] = (struct spk_exp_resting){g->side[neuron].ready, (uint32_t)neuron};
}

static void wake_resting(struct spk_group *g)
{
	size_t kept = 0;

	for (size_t k = 0; k < g->n_resting; k++) {
		const struct spk_exp_resting r = g->resting[k];
		if (r.ready >= g->b)
			g->resting[kept++] = r;
		else
			spk_exp_mark_careful(g, r.neuron, r.ready, g->a, NULL);
	}
	g->n_resting = kept;
}

static void begin(struct spk_group *g, double a, double b)
{
	g->at_a = a == g->b ? g->at_b : spk_exp_factors_at(&g->law, a);
	g->at_b = spk_exp_factors_at(&g->law, b);
	g->a = a;
	g->b = b;
	g->n_careful = 0;
	spk_exp_open_segment(g);
	wake_resting(g);
	if (g->bulk.n_inputs)
		spk_exp_add_inputs(g);
	g->is_open = 1;
}

static void settle(struct spk_group *g, double t, size_t n, const uint32_t *target)
{
	spk_exp_flush(g);
	const size_t asked = target ? n : g->n_careful;

	for (size_t k = 0; k < asked; k++) {
		const uint32_t neuron = target ? target[k] : g->careful[k];
		if (g->cells[neuron].bound == SPK_EXP_CAREFUL)
			spk_exp_resolve(g, neuron, &g->side[neuron], &g->cells[neuron], t, 0, 1);
	}
}

static int finish(struct spk_group *g)
{
	spk_exp_flush(g);
	for (size_t k = 0; k < g->n_careful; k++) {
		const uint32_t neuron = g->careful[k];
		struct spk_exp_cell *cell = &g->cells[neuron];
		spk_exp_resolve(g, neuron, &g->side[neuron], cell, g->b, 0, 1);
		if (g->side[neuron].ready > g->b) {
			rest(g, neuron);
		} else {
			cell->bound = 0; /* begin() sets it */
			spk_exp_list_near(g, neuron);
		}
	}
	g->n_careful = 0;
	g->is_open = 0;
	return g->bulk.failed ? SPK_E_NOMEM : SPK_OK;
}

static void peek(const struct spk_group *given, uint32_t neuron, double t, double *ret_state)
{
	struct spk_group *g = (struct spk_group *)(uintptr_t)given; /* rows that wait are delivered */

	spk_exp_flush(g);
	struct spk_exp_cell cell = g->cells[neuron];
	struct spk_exp_side s = g->side[neuron];
	const struct spk_exp_factors f = spk_exp_factors_at(&g->law, t);

	if (cell.bound == SPK_EXP_CAREFUL) {
		spk_exp_resolve(g, neuron, &s, &cell, t, 1, 0);
	} else if (g->is_open && g->bulk.n_inputs) {
		struct spk_exp_cell coming;
		spk_exp_coming(g, neuron, t, 1, &coming);
		spk_exp_add(&cell, &coming, -1);
	}
	const int rests = (cell.bound == SPK_EXP_CAREFUL || cell.bound == SPK_EXP_RESTING) && s.ready > t;
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
	for (size_t k = 0; k < g->n_resting; k++) {
		g->resting[k].ready -= shift;
		g->side[g->resting[k].neuron].ready = g->resting[k].ready;
	}
	g->horizon -= shift;
	g->b = -HUGE_VAL; /* at_b belongs to the old epoch */
}

static void set_rate(struct spk_group *g, size_t k, double rate)
{
	g->bulk.inputs[k].rate = rate;
}

/*
 * In a long segment many neurons may come near the threshold, and wait for their arrivals one by one. And the
 * mean excitation of the inputs in a segment moves the bounds by no more than BOOST.
 */
static double segment_limit(const struct spk_group *g)
{
	const double longest = LONGEST_SEGMENT * g->law.tau_m;
	double per_ms = 0;

	for (size_t k = 0; k < g->bulk.n_inputs; k++)
		per_ms += fmax(0, g->bulk.inputs[k].weight * g->bulk.inputs[k].rate / 1000);
	if (!(per_ms > 0))
		return longest;
	const double most = BOOST * (g->law.theta + g->law.v_inf - g->v_reset);
	return fmin(longest, fmax(most / (per_ms * g->law.peak), sqrt(most / (per_ms * g->law.inv_c))));
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
	return sizeof *g +
	       g->n * (sizeof *g->cells + sizeof *g->side + 1 + 2 * sizeof(uint32_t) + sizeof *g->resting) +
	       spk_bulk_bytes(&g->bulk);
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
		rest(g, neuron);
	} else {
		spk_exp_list_near(g, neuron);
	}
}

static struct spk_exp_cell *create_cells(size_t n)
{
	const size_t whole = (n / SPK_GROUP_BLOCK + 1) * SPK_GROUP_BLOCK;
	struct spk_exp_cell *cells = spk_large_alloc(whole * sizeof *cells);

	for (size_t k = n; cells && k < whole; k++)
		cells[k] = (struct spk_exp_cell){.bound = SPK_EXP_RESTING};
	return cells;
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
	g->cells = create_cells(spec->n);
	g->queue = spk_exp_queue_create();
	g->side = calloc(spec->n + 1, sizeof *g->side);
	g->is_near = calloc(spec->n + 1, sizeof *g->is_near);
	g->near = malloc((spec->n + 1) * sizeof *g->near);
	g->careful = malloc((spec->n + 1) * sizeof *g->careful);
	g->resting = malloc((spec->n + 1) * sizeof *g->resting);
	const int ok = g->cells && g->queue && g->side && g->is_near && g->near && g->careful && g->resting;
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

const struct spk_group_type spk_group_exp = {
	.create = create,
	.free = free_group,
	.rebase = rebase,
	.begin = begin,
	.deliver = spk_exp_deliver,
	.deliver_each = spk_exp_deliver_each,
	.settle = settle,
	.finish = finish,
	.peek = peek,
	.set_rate = set_rate,
	.segment_limit = segment_limit,
	.input_events = input_events,
	.suits = suits,
	.bytes = bytes,
	.epoch_tau = epoch_tau,
};
