/*
 * Fast group of equal lif_delta neurons: an exact arrival costs one addition and one comparison.
 *
 * Scaled potential. D = V_m - V_inf decays as exp(-t/tau_m), so U = D f(t) with f(t) = exp(t/tau_m), t from
 * the epoch, is constant between arrivals, and an arrival of weight w at time t is U += w f(t). f depends on
 * the arrival's time alone: it is computed once for a whole row. V_m >= V_th means U >= theta f(t).
 *
 * Poisson inputs in bulk. All excitatory input events of a segment [a, b) are added at its start, the
 * inhibitory ones at its end. In between U is an upper bound of the true value. While it stays below theta
 * f(t) at each arrival, the neuron cannot have crossed the threshold: theta f(t) rises where theta > 0. A
 * neuron whose bound reaches the threshold becomes careful for the rest of the segment: the events still to
 * come are taken out again and it is simulated event by event. Nothing is approximated. Careful and
 * refractory neurons hold marks in U that always, or never, reach the threshold.
 *
 * theta <= 0 (V_inf >= V_th, a constant drive that makes the neuron fire): theta f(t) falls, so a neuron may
 * cross between arrivals. The test then looks at U before and after the arrival, and at the end of the
 * segment; the crossing itself is at tau_m log(U / theta).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/det.h"
#include "models/math/times.h"
#include "models/neuron/bulk_input.h"
#include "models/neuron/delta_neuron.h"
#include "models/neuron/groups.h"
#include "models/neuron/lif.h"

static const double CAREFUL = 1e300, RESTING = -1e300;
static const double ON_THRESHOLD =
	1e-12;                    /* a volley that reaches V_th exactly must not be lost to rounding of f */
static const double BOOST = 0.04; /* mean input in a segment, as a share of V_th - V_reset */
static const double FALLING_SEGMENT = 0.12; /* of t_ref, where neurons fire by themselves */
static const double CANDIDATE = 0.2; /* so close to V_th, as the same share, input events are kept at once */

struct spk_group {
	size_t n;
	struct spk_delta_law law;
	double v_inf;
	double *u;                     /* [n] scaled potentials, or marks */
	struct spk_delta_neuron *side; /* [n] valid for careful and resting neurons */
	uint32_t *careful, *resting;
	size_t n_careful, n_resting;
	struct spk_bulk bulk;
	double *late; /* [n] inhibitory input of the segment, scaled */
	double b, f_a;
	int is_first;
};

/* ---- Careful neurons ---------------------------------------------------------------------------- */

/* A neuron with scaled bound u at time t, its events of [a, t] in it and the others taken out. */
static struct spk_delta_neuron make_careful(struct spk_group *g, size_t neuron, double u, double t)
{
	const struct spk_bulk_list list = spk_bulk_events(&g->bulk, neuron);
	const struct spk_bulk_event *e = g->bulk.events + list.first;
	struct spk_delta_neuron s = {.u = u, .t_test = -HUGE_VAL, .level = HUGE_VAL, .ready = -HUGE_VAL};
	uint32_t k = 0;

	for (; k < list.n && e[k].t < t; k++)
		s.u += e[k].w < 0 ? e[k].w * e[k].f : 0;
	s.first = list.first + k;
	s.n = list.n - k;
	for (; k < list.n; k++)
		s.u -= e[k].w > 0 ? e[k].w * e[k].f : 0;
	return s;
}

/* A neuron at the start of the segment, when none of its events is in u. */
static struct spk_delta_neuron make_careful_at_start(struct spk_group *g, size_t neuron, double u)
{
	struct spk_delta_neuron s = make_careful(g, neuron, u, -HUGE_VAL);

	s.u = u;
	return s;
}

static void mark_careful(struct spk_group *g, size_t neuron)
{
	g->u[neuron] = CAREFUL;
	g->careful[g->n_careful++] = (uint32_t)neuron;
}

/* ---- Segments ----------------------------------------------------------------------------------- */

/* Refractory neurons that wake in this segment are careful in it; add_inputs lists their events. */
static void wake_resting(struct spk_group *g)
{
	size_t kept = 0;

	for (size_t k = 0; k < g->n_resting; k++) {
		const uint32_t neuron = g->resting[k];
		if (g->side[neuron].ready >= g->b) {
			g->resting[kept++] = neuron;
			continue;
		}
		g->side[neuron].n = 0;
		mark_careful(g, neuron);
	}
	g->n_resting = kept;
}

/* Neurons of a block that are careful already, or may become so in this segment. */
static uint64_t find_candidates(const struct spk_group *g, size_t first, size_t last)
{
	const double level = (g->law.theta - CANDIDATE * (g->law.theta - g->law.reset)) * g->f_a;
	uint64_t candidates = 0;

	for (size_t k = first; k < last; k++)
		candidates |= (uint64_t)(g->u[k] >= level) << (k - first);
	return candidates;
}

static void add_inputs(struct spk_group *g)
{
	const double level = g->law.theta * g->f_a;

	if (g->bulk.has_inhibition)
		memset(g->late, 0, g->bulk.n_blocks * SPK_BULK_BLOCK * sizeof *g->late);
	for (size_t block = 0; block < g->bulk.n_blocks; block++) {
		double early[SPK_BULK_BLOCK] = {0};
		const size_t first = block * SPK_BULK_BLOCK;
		const size_t last = first + SPK_BULK_BLOCK < g->n ? first + SPK_BULK_BLOCK : g->n;
		spk_bulk_block(&g->bulk, block, find_candidates(g, first, last), early, g->late + first);
		for (size_t k = first; k < last; k++) {
			const double u = g->u[k];
			if (u == CAREFUL) {
				const struct spk_bulk_list list = spk_bulk_events(&g->bulk, k);
				g->side[k].first = list.first;
				g->side[k].n = list.n;
			}
			if (u == CAREFUL || u == RESTING)
				continue;
			g->u[k] = u + early[k - first];
			if (g->u[k] < level)
				continue;
			g->side[k] = make_careful_at_start(g, k, u);
			mark_careful(g, k);
		}
	}
}

/* Potentials above the threshold at the very start count as arrivals of that time. */
static void test_start(struct spk_group *g)
{
	g->is_first = 0;
	for (size_t k = 0; k < g->n; k++) {
		if (!(g->u[k] >= g->law.theta * g->f_a) || g->u[k] == CAREFUL)
			continue;
		g->side[k] = make_careful_at_start(g, k, g->u[k]);
		g->side[k].t_test = g->law.a;
		g->side[k].level = g->law.theta * g->f_a;
		mark_careful(g, k);
	}
}

static void begin(struct spk_group *g, double a, double b)
{
	g->law.a = a;
	g->b = b;
	g->f_a = spk_delta_factor(&g->law, a);
	g->n_careful = 0;
	spk_bulk_begin(&g->bulk, a, b, g->f_a);
	if (g->is_first)
		test_start(g);
	wake_resting(g);
	if (g->bulk.n_inputs)
		add_inputs(g);
}

/* An arrival whose test did not rule out a crossing; `before`: U without it. */
static void arrive_carefully(struct spk_group *g, size_t neuron, double before, double t, double f, double w)
{
	if (before != CAREFUL) {
		g->side[neuron] = make_careful(g, neuron, before, t);
		mark_careful(g, neuron);
	}
	g->u[neuron] = CAREFUL;
	spk_delta_catch_up(&g->law, g->bulk.events, &g->side[neuron], neuron, t, 0, 1);
	spk_delta_arrive(&g->law, &g->side[neuron], neuron, t, f, w, 1);
}

/* Where the threshold falls in time, it may have been crossed before an inhibitory arrival. */
enum test { TEST_AFTER, TEST_BEFORE, TEST_BOTH };

/* One loop for each form of weight and test: the compiler drops what a form does not need. */
static inline __attribute__((always_inline)) void deliver_row(struct spk_group *g, const struct spk_bundle *b,
	double f, const float *f32, const double *f64, enum test test)
{
	const double level = g->law.theta * f, shared = b->shared * f;
	const uint32_t *target = b->target;
	const size_t n = b->n;
	double *u = g->u;

	for (size_t k = 0; k < n; k++) {
		const uint32_t neuron = target[k];
		const double before = u[neuron];
		const double after = before + (f32 ? (double)f32[k] * f : f64 ? f64[k] * f : shared);
		const double tested =
			test == TEST_AFTER || (test == TEST_BOTH && after > before) ? after : before;
		u[neuron] = after;
		if (__builtin_expect(tested >= level, 0))
			arrive_carefully(g, neuron, before, b->t, f,
				f32   ? (double)f32[k]
				: f64 ? f64[k]
				      : b->shared);
	}
}

static void deliver(struct spk_group *g, const struct spk_bundle *b)
{
	const double f = spk_delta_factor(&g->law, b->t);
	const int falls = !(g->law.theta > 0);

	if (b->f64 && falls)
		deliver_row(g, b, f, NULL, b->f64, TEST_BOTH);
	else if (b->f64)
		deliver_row(g, b, f, NULL, b->f64, TEST_AFTER);
	else if (b->f32 && falls)
		deliver_row(g, b, f, b->f32, NULL, TEST_BOTH);
	else if (b->f32)
		deliver_row(g, b, f, b->f32, NULL, TEST_AFTER);
	else if (falls && b->shared < 0)
		deliver_row(g, b, f, NULL, NULL, TEST_BEFORE);
	else
		deliver_row(g, b, f, NULL, NULL, TEST_AFTER);
}

/* Spikes of these neurons before t, for rules that read them at t. */
static void settle(struct spk_group *g, double t, size_t n, const uint32_t *target)
{
	const int falls = !(g->law.theta > 0);
	const double f = spk_delta_factor(&g->law, t), level = falls ? g->law.theta * f : CAREFUL;

	for (size_t k = 0; k < n; k++) {
		const uint32_t neuron = target ? target[k] : (uint32_t)k;
		const double u = g->u[neuron];
		if (!(u >= level))
			continue;
		if (u != CAREFUL) {
			g->side[neuron] = make_careful(g, neuron, u, t);
			mark_careful(g, neuron);
		}
		spk_delta_catch_up(&g->law, g->bulk.events, &g->side[neuron], neuron, t, 0, 1);
		spk_delta_resolve(&g->law, &g->side[neuron], neuron, t, f, 0, 1);
	}
}

static int finish(struct spk_group *g)
{
	const double f_b = spk_delta_factor(&g->law, g->b), level = g->law.theta * f_b;

	for (size_t k = 0; g->bulk.has_inhibition && k < g->n; k++)
		if (g->u[k] != CAREFUL && g->u[k] != RESTING)
			g->u[k] += g->late[k];
	for (size_t k = 0; !(g->law.theta > 0) && k < g->n; k++) {
		if (!(g->u[k] >= level) || g->u[k] == CAREFUL)
			continue;
		g->side[k] = (struct spk_delta_neuron){
			.u = g->u[k], .t_test = -HUGE_VAL, .level = HUGE_VAL, .ready = -HUGE_VAL};
		mark_careful(g, k);
	}
	for (size_t k = 0; k < g->n_careful; k++) {
		const uint32_t neuron = g->careful[k];
		struct spk_delta_neuron *s = &g->side[neuron];
		spk_delta_catch_up(&g->law, g->bulk.events, s, neuron, g->b, 0, 1);
		spk_delta_resolve(&g->law, s, neuron, g->b, f_b, 0, 1);
		g->u[neuron] = s->u;
		if (s->ready > g->b) {
			g->u[neuron] = RESTING;
			g->resting[g->n_resting++] = neuron;
		}
	}
	g->n_careful = 0;
	return g->bulk.failed ? SPK_E_NOMEM : SPK_OK;
}

/* On a copy of the neuron: readout sees all events and the threshold of time t. */
static void peek(const struct spk_group *given, uint32_t neuron, double t, double *ret_state)
{
	struct spk_group *g = (struct spk_group *)(uintptr_t)given; /* lists of events may be added */
	const double u = g->u[neuron], f = spk_delta_factor(&g->law, t);
	struct spk_delta_neuron s = g->side[neuron];

	if (u == RESTING)
		s.n = 0;
	else if (t >= g->b) /* between segments all events are in u */
		s = (struct spk_delta_neuron){
			.u = u, .t_test = -HUGE_VAL, .level = HUGE_VAL, .ready = -HUGE_VAL};
	else if (u != CAREFUL)
		s = make_careful(g, neuron, u, nextafter(t, HUGE_VAL));
	spk_delta_catch_up(&g->law, g->bulk.events, &s, neuron, t, 1, 0);
	spk_delta_resolve(&g->law, &s, neuron, t, f, 1, 0);
	ret_state[SPK_V_M] = t < s.ready ? g->v_inf + g->law.reset : g->v_inf + s.u / f;
	ret_state[SPK_U] = ret_state[SPK_U_BAR] = (double)NAN; /* such populations get a general group */
	ret_state[SPK_I_EXT] = 0;
	ret_state[SPK_REFRACTORY] = fmax(0, s.ready - t);
}

static void rebase(struct spk_group *g, double shift)
{
	const double scale = spk_delta_factor(&g->law, -shift);

	g->law.a -= shift;
	g->b -= shift;
	for (size_t k = 0; k < g->n; k++)
		if (g->u[k] != CAREFUL && g->u[k] != RESTING)
			g->u[k] *= scale;
	for (size_t k = 0; k < g->n_resting; k++) {
		g->side[g->resting[k]].u *= scale;
		g->side[g->resting[k]].ready -= shift;
	}
}

static void set_rate(struct spk_group *g, size_t k, double rate)
{
	g->bulk.inputs[k].rate = rate;
}

static double segment_limit(const struct spk_group *g)
{
	double per_ms = 0, limit = g->bulk.n_inputs ? SPK_TIMES_MAX_TAUS * g->law.tau : HUGE_VAL;

	for (size_t k = 0; k < g->bulk.n_inputs; k++)
		per_ms += fmax(0, g->bulk.inputs[k].weight * g->bulk.inputs[k].rate / 1000);
	if (g->law.theta > 0 && per_ms > 0)
		limit = fmin(limit, BOOST * (g->law.theta - g->law.reset) / per_ms);
	else if (!(g->law.theta > 0) && g->law.t_ref > 0)
		limit = fmin(limit, FALLING_SEGMENT * g->law.t_ref);
	return limit;
}

static uint64_t input_events(const struct spk_group *g)
{
	return g->bulk.n_drawn;
}

static size_t bytes(const struct spk_group *g)
{
	return sizeof *g + g->n * (sizeof *g->u + sizeof *g->side + 2 * sizeof(uint32_t)) +
	       spk_bulk_bytes(&g->bulk);
}

/* An excess drive beside bulk inputs: settling a neuron that nothing arrives at would round its bound anew.
 */
static int suits(const double *par, size_t n_inputs, int pauses)
{
	const double drive = par[SPK_LIF_I_E] * par[SPK_LIF_TAU_M] / par[SPK_LIF_C_M];

	return par[SPK_LIF_E_L] + drive < par[SPK_LIF_V_TH] || n_inputs == 0 || !pauses;
}

static double epoch_tau(const double *par)
{
	return par[SPK_LIF_TAU_M];
}

static void free_group(struct spk_group *g)
{
	if (!g)
		return;
	spk_bulk_clear(&g->bulk);
	free(g->u);
	free(g->side);
	free(g->careful);
	free(g->resting);
	free(g->late);
	free(g);
}

static void set_params(struct spk_group *g, const double *par)
{
	g->law.tau = par[SPK_LIF_TAU_M];
	g->v_inf = par[SPK_LIF_E_L] + par[SPK_LIF_I_E] * par[SPK_LIF_TAU_M] / par[SPK_LIF_C_M];
	g->law.theta = par[SPK_LIF_V_TH] - g->v_inf;
	if (g->law.theta > 0)
		g->law.theta *= 1 - ON_THRESHOLD;
	g->law.reset = par[SPK_LIF_V_RESET] - g->v_inf;
	g->law.t_ref = par[SPK_LIF_T_REF];
}

static void place_neuron(struct spk_group *g, size_t neuron, const double *st)
{
	const double wait = st[SPK_REFRACTORY];

	g->u[neuron] = st[SPK_V_M] - g->v_inf;
	if (wait <= 0)
		return;
	g->side[neuron] = (struct spk_delta_neuron){.u = g->law.reset * spk_delta_factor(&g->law, wait),
		.t_test = -HUGE_VAL,
		.level = HUGE_VAL,
		.ready = wait};
	g->u[neuron] = RESTING;
	g->resting[g->n_resting++] = (uint32_t)neuron;
}

static int create(const struct spk_group_spec *spec, struct spk_group **ret_group, struct spk_error *err)
{
	struct spk_group *g = calloc(1, sizeof *g);

	if (!g)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for neurons");
	g->n = spec->n;
	set_params(g, spec->par);
	g->law.emit = spec->emit;
	g->law.context = spec->context;
	g->is_first = 1;
	g->u = malloc((spec->n + 1) * sizeof *g->u);
	g->side = calloc(spec->n + 1, sizeof *g->side);
	g->careful = malloc((spec->n + 1) * sizeof *g->careful);
	g->resting = malloc((spec->n + 1) * sizeof *g->resting);
	g->late = malloc((spec->n + SPK_BULK_BLOCK) * sizeof *g->late);
	const int ok = g->u && g->side && g->careful && g->resting && g->late;
	const int rc = ok ? spk_bulk_init(&g->bulk, spec, g->law.tau, err)
			  : spk_fail(err, SPK_E_NOMEM, "out of memory for %zu neurons", spec->n);
	if (rc) {
		free_group(g);
		return rc;
	}
	for (size_t k = 0; k < spec->n; k++)
		place_neuron(g, k, spec->state + k * spec->model->n_states);
	*ret_group = g;
	return SPK_OK;
}

const struct spk_group_type spk_group_delta = {
	.create = create,
	.free = free_group,
	.rebase = rebase,
	.begin = begin,
	.deliver = deliver,
	.settle = settle,
	.finish = finish,
	.peek = peek,
	.set_rate = set_rate,
	.segment_limit = segment_limit,
	.input_events = input_events,
	.bytes = bytes,
	.suits = suits,
	.epoch_tau = epoch_tau,
};
