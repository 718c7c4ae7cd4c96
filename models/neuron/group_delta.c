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
 * come are taken out again and it is simulated event by event. Nothing is approximated.
 *
 * Marks. Careful and refractory neurons hold numbers in U that always, or never, reach the threshold, and
 * that are too large to change when a weight is added: so the loops over arrivals and over all neurons need
 * no case of their own for them. A refractory neuron waits in a list and gets its potential back when the
 * first arrival after its time comes, or at the end of the segment.
 *
 * theta <= 0 (V_inf >= V_th, a constant drive that makes the neuron fire): theta f(t) falls, so a neuron may
 * cross between arrivals. The test then looks at U before and after the arrival, and at the end of the
 * segment; the crossing itself is at tau_m log(U / theta).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/det.h"
#include "models/math/levels.h"
#include "models/math/times.h"
#include "models/neuron/group_delta.h"
#include "models/neuron/groups.h"
#include "models/neuron/lif.h"

static const double CAREFUL = SPK_GROUP_DELTA_CAREFUL, RESTING = SPK_GROUP_DELTA_RESTING;
static const double BOOST = 0.04;           /* mean input in a segment, as a share of V_th - V_reset */
static const double FALLING_SEGMENT = 0.12; /* of t_ref, where neurons fire by themselves */
static const double CANDIDATE = 0.2; /* so close to V_th, as the same share, input events are kept at once */

/* ---- Careful neurons ---------------------------------------------------------------------------- */

/*
 * A neuron with scaled bound u at time t, its events of [a, t] in it and the others taken out. Where the
 * threshold falls it may have been crossed before an inhibitory event: there all events are still to come.
 * Arrivals of the network stay in U from the start of the segment, which cannot make it cross before the last
 * of them: the tests at the arrivals have shown that not even the bound did.
 */
static struct spk_delta_neuron make_careful(struct spk_group *g, size_t neuron, double u, double t)
{
	const struct spk_bulk_list list = spk_bulk_events(&g->bulk, neuron);
	const struct spk_bulk_event *e = g->bulk.events + list.first;
	struct spk_delta_neuron s = {.u = u, .t_test = -HUGE_VAL, .level = HUGE_VAL, .ready = -HUGE_VAL};
	const double since = g->law.theta > 0 ? t : -HUGE_VAL;
	uint32_t k = 0;

	for (; k < list.n && e[k].t < since; k++)
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

/* A neuron that has fired: it waits, or, where it wakes before the segment ends, stays careful. */
static void rest_if_long(struct spk_group *g, size_t neuron)
{
	const double ready = g->side[neuron].ready;

	if (!(ready > g->b))
		return;
	g->u[neuron] = RESTING;
	spk_resting_add(&g->resting, (uint32_t)neuron, ready);
}

/* The end of its refractoriness: the events of the segment from then on count. */
static void wake(struct spk_group *g, size_t neuron, double ready)
{
	struct spk_delta_neuron *s = &g->side[neuron];
	double bound = s->u, late = 0;

	if (g->bulk.n_inputs) {
		spk_bulk_drop(&g->bulk, neuron, ready - SPK_DELTA_READY_MS);
		const struct spk_bulk_list list = spk_bulk_events(&g->bulk, neuron);
		for (uint32_t k = 0; k < list.n; k++) {
			const struct spk_bulk_event *e = &g->bulk.events[list.first + k];
			*(e->w < 0 ? &late : &bound) += e->w * e->f;
		}
		if (!(bound < g->law.theta * spk_delta_factor(&g->law, ready))) {
			s->first = list.first;
			s->n = list.n;
			mark_careful(g, neuron);
			return;
		}
		if (g->bulk.has_inhibition)
			g->late[neuron] = late;
	}
	g->u[neuron] = bound;
}

/* Wake all neurons whose refractoriness ends up to t. */
void spk_group_delta_wake(struct spk_group *g, double t)
{
	const struct spk_resting_neuron *next;

	while ((next = spk_resting_take(&g->resting, t)) != NULL)
		wake(g, next->neuron, next->ready);
}

/* ---- Segments ----------------------------------------------------------------------------------- */

/* Bits of the potentials, at most 64, that reach the level. */
SPK_FOR_EACH_LEVEL static uint64_t find_above(size_t n, const double *u, double level)
{
	uint64_t above = 0;

	for (size_t k = 0; k < n; k++)
		above |= (uint64_t)(u[k] >= level) << k;
	return above;
}

/* The same with levels of their own, theta f. */
SPK_FOR_EACH_LEVEL static uint64_t find_above_own(size_t n, const double *u, const double *theta, double f)
{
	uint64_t above = 0;

	for (size_t k = 0; k < n; k++)
		above |= (uint64_t)(u[k] >= theta[k] * f) << k;
	return above;
}

SPK_FOR_EACH_LEVEL static void add_all(size_t n, double *restrict u, const double *restrict sums)
{
	for (size_t k = 0; k < n; k++)
		u[k] += sums[k];
}

static size_t block_size(const struct spk_group *g, size_t first)
{
	return first + SPK_BULK_BLOCK < g->n ? SPK_BULK_BLOCK : g->n - first;
}

/* Their events are needed one by one: of which blocks and neurons. */
static void find_waking(struct spk_group *g)
{
	memset(g->waking, 0, g->bulk.n_blocks * sizeof *g->waking);
	for (size_t k = g->resting.first; k < g->resting.sorted && g->resting.items[k].ready <= g->b; k++) {
		const uint32_t neuron = g->resting.items[k].neuron;
		g->waking[neuron / SPK_BULK_BLOCK] |= UINT64_C(1) << neuron % SPK_BULK_BLOCK;
	}
}

/* The events of one block; neurons whose bound reaches the threshold at once become careful. */
static void add_block(struct spk_group *g, size_t block)
{
	const double candidate = g->law.theta - CANDIDATE * (g->law.theta - g->law.reset);
	const size_t first = block * SPK_BULK_BLOCK, n = block_size(g, first);
	double early[SPK_BULK_BLOCK] = {0}, before[SPK_BULK_BLOCK], *u = g->u + first;
	const uint64_t candidates = find_above(n, u, candidate * g->f_a) | g->waking[block];

	spk_bulk_block(&g->bulk, block, candidates, early, g->late + first);
	memcpy(before, u, n * sizeof *u);
	add_all(n, u, early);
	for (uint64_t above = find_above(n, u, g->law.theta * g->f_a); above; above &= above - 1) {
		const size_t k = (size_t)__builtin_ctzll(above);
		if (before[k] == CAREFUL)
			continue;
		g->side[first + k] = make_careful_at_start(g, first + k, before[k]);
		mark_careful(g, first + k);
	}
}

/* Potentials above the threshold at the very start, or a reset, count as arrivals of that time. */
static void test_start(struct spk_group *g)
{
	struct spk_delta_law own;

	g->is_first = 0;
	for (size_t k = 0; k < g->n; k++) {
		const double level = spk_group_delta_law(g, k, &own)->theta * g->f_a;
		if (!(g->u[k] >= level) || g->u[k] == CAREFUL)
			continue;
		g->side[k] = make_careful_at_start(g, k, g->u[k]);
		g->side[k].t_test = g->law.a;
		g->side[k].level = level;
		mark_careful(g, k);
	}
}

static void begin(struct spk_group *g, double a, double b)
{
	g->law.a = a;
	g->b = b;
	g->f_a = spk_delta_factor(&g->law, a);
	g->n_careful = 0;
	spk_resting_sort(&g->resting);
	spk_bulk_begin(&g->bulk, a, b, g->f_a);
	if (g->is_first)
		test_start(g);
	if (g->bulk.n_inputs == 0)
		return;
	find_waking(g);
	if (g->bulk.has_inhibition)
		memset(g->late, 0, g->bulk.n_blocks * SPK_BULK_BLOCK * sizeof *g->late);
	for (size_t block = 0; block < g->bulk.n_blocks; block++)
		add_block(g, block);
}

void spk_group_delta_arrive(struct spk_group *g, size_t neuron, double before, double t, double f, double w)
{
	struct spk_delta_law own;
	const struct spk_delta_law *law = spk_group_delta_law(g, neuron, &own);

	if (before != CAREFUL) {
		g->side[neuron] = make_careful(g, neuron, before, t);
		mark_careful(g, neuron);
	}
	g->u[neuron] = CAREFUL;
	spk_delta_catch_up(law, g->bulk.events, &g->side[neuron], neuron, t, 0, 1);
	spk_delta_arrive(law, &g->side[neuron], neuron, t, f, w, 1);
	rest_if_long(g, neuron);
}

static void settle_careful(struct spk_group *g, size_t neuron, double t, double f)
{
	struct spk_delta_law own;
	const struct spk_delta_law *law = spk_group_delta_law(g, neuron, &own);

	spk_delta_catch_up(law, g->bulk.events, &g->side[neuron], neuron, t, 0, 1);
	spk_delta_resolve(law, &g->side[neuron], neuron, t, f, 0, 1);
	rest_if_long(g, neuron);
}

/* Spikes of these neurons before t, for rules that read them at t; as well, those of all careful ones. */
static void settle(struct spk_group *g, double t, size_t n, const uint32_t *target)
{
	const double f = spk_delta_factor(&g->law, t), *const theta = spk_group_delta_thetas(g);

	spk_group_delta_wake(g, t);
	for (size_t k = 0; spk_group_delta_falls(g) && k < n; k++) {
		const uint32_t neuron = target ? target[k] : (uint32_t)k;
		if (!(g->u[neuron] >= (theta ? theta[neuron] : g->law.theta) * f) || g->u[neuron] == CAREFUL)
			continue;
		g->side[neuron] = make_careful(g, neuron, g->u[neuron], t);
		mark_careful(g, neuron);
	}
	for (size_t k = 0; k < g->n_careful; k++)
		if (g->u[g->careful[k]] == CAREFUL)
			settle_careful(g, g->careful[k], t, f);
}

/* Neurons whose bound, which inhibition has not lowered yet, is above a falling threshold in the end. */
static void find_crossings(struct spk_group *g, double f)
{
	const double *theta = spk_group_delta_thetas(g);

	for (size_t first = 0; first < g->n; first += SPK_BULK_BLOCK) {
		const size_t n = block_size(g, first);
		uint64_t above = theta ? find_above_own(n, g->u + first, theta + first, f)
				       : find_above(n, g->u + first, g->law.theta * f);
		for (; above; above &= above - 1) {
			const size_t neuron = first + (size_t)__builtin_ctzll(above);
			if (g->u[neuron] == CAREFUL)
				continue;
			g->side[neuron] = make_careful(g, neuron, g->u[neuron], g->b);
			mark_careful(g, neuron);
		}
	}
}

static int finish(struct spk_group *g)
{
	const double f_b = spk_delta_factor(&g->law, g->b);

	spk_group_delta_wake(g, g->b);
	if (spk_group_delta_falls(g))
		find_crossings(g, f_b);
	if (g->bulk.has_inhibition)
		add_all(g->n, g->u, g->late);
	for (size_t k = 0; k < g->n_careful; k++) {
		const uint32_t neuron = g->careful[k];
		if (g->u[neuron] == RESTING)
			continue;
		settle_careful(g, neuron, g->b, f_b);
		if (g->u[neuron] == CAREFUL)
			g->u[neuron] = g->side[neuron].u;
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
	struct spk_delta_law own;
	const struct spk_delta_law *law = spk_group_delta_law(g, neuron, &own);
	const double v_inf = g->v_inf + (g->shift ? g->shift[neuron] : 0);
	double slope;

	if (u == RESTING && t >= s.ready) {
		const struct spk_bulk_list list = spk_bulk_events(&g->bulk, neuron);
		s.first = list.first;
		s.n = list.n;
	} else if (u == RESTING)
		s.n = 0;
	else if (t >= g->b) /* between segments all events are in u */
		s = (struct spk_delta_neuron){
			.u = u, .t_test = -HUGE_VAL, .level = HUGE_VAL, .ready = -HUGE_VAL};
	else if (u != CAREFUL)
		s = make_careful(g, neuron, u, nextafter(t, HUGE_VAL));
	spk_delta_catch_up(law, g->bulk.events, &s, neuron, t, 1, 0);
	spk_delta_resolve(law, &s, neuron, t, f, 1, 0);
	ret_state[SPK_V_M] = t < s.ready ? v_inf + law->reset : v_inf + s.u / f;
	ret_state[SPK_U] = ret_state[SPK_U_BAR] = (double)NAN;
	if (g->free.pair)
		spk_delta_u_read(
			&g->free, t, f, 1, &neuron, &ret_state[SPK_U], &ret_state[SPK_U_BAR], &slope);
	ret_state[SPK_I_EXT] = g->current ? g->current[neuron] : 0;
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
	for (size_t k = g->resting.first; k < g->resting.end; k++) {
		struct spk_delta_neuron *s = &g->side[g->resting.items[k].neuron];
		s->u *= scale;
		s->ready -= shift;
	}
	spk_resting_rebase(&g->resting, shift);
	spk_delta_u_rebase(&g->free, shift);
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
	return sizeof *g + g->n * (sizeof *g->u + sizeof *g->side + sizeof *g->careful + sizeof *g->late) +
	       (g->current ? 3 * g->n * sizeof *g->current : 0) + spk_resting_bytes(&g->resting) +
	       spk_bulk_bytes(&g->bulk) + spk_delta_u_bytes(&g->free);
}

/* An excess drive beside bulk inputs: settling a neuron that nothing arrives at would round its bound anew.
 */
static int suits(const double *par, size_t n_inputs, int pauses)
{
	return spk_lif_u_rest(par) < par[SPK_LIF_V_TH] || n_inputs == 0 || !pauses;
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
	spk_delta_u_clear(&g->free);
	free(g->u);
	free(g->side);
	free(g->careful);
	free(g->resting.items);
	free(g->waking);
	free(g->late);
	free(g->current);
	free(g->shift);
	free(g->theta);
	free(g);
}

static void set_params(struct spk_group *g, const double *par)
{
	g->law.tau = par[SPK_LIF_TAU_M];
	g->v_inf = spk_lif_u_rest(par);
	g->V_th = par[SPK_LIF_V_TH];
	g->law.theta = spk_group_delta_theta(g, 0);
	g->resistance = par[SPK_LIF_TAU_M] / par[SPK_LIF_C_M];
	g->law.reset = par[SPK_LIF_V_RESET] - g->v_inf;
	g->law.t_ref = par[SPK_LIF_T_REF];
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
	g->u = malloc((spec->n + 1) * sizeof *g->u);
	g->side = calloc(spec->n + 1, sizeof *g->side);
	g->careful = malloc((spec->n + 1) * sizeof *g->careful);
	g->late = malloc((spec->n + SPK_BULK_BLOCK) * sizeof *g->late);
	g->waking = malloc((spec->n / SPK_BULK_BLOCK + 1) * sizeof *g->waking);
	g->n_states = spec->model->n_states;
	const int kept = (!spec->keeps || !spk_delta_u_init(&g->free, spec->par, spec->n)) &&
			 (!spec->is_driven || spk_group_delta_init_currents(g));
	const int ok = kept && g->u && g->side && g->careful && g->late && g->waking &&
		       spk_resting_init(&g->resting, spec->n);
	const int rc = ok ? spk_bulk_init(&g->bulk, spec, g->law.tau, err)
			  : spk_fail(err, SPK_E_NOMEM, "out of memory for %zu neurons", spec->n);
	if (rc) {
		free_group(g);
		return rc;
	}
	spk_group_delta_reset(g, 0, spec->state);
	*ret_group = g;
	return SPK_OK;
}

const struct spk_group_type spk_group_delta = {
	.create = create,
	.free = free_group,
	.rebase = rebase,
	.begin = begin,
	.deliver = spk_group_delta_deliver,
	.settle = settle,
	.finish = finish,
	.peek = peek,
	.set_rate = set_rate,
	.segment_limit = segment_limit,
	.input_events = input_events,
	.bytes = bytes,
	.list_state = spk_group_delta_list_state,
	.restore = spk_group_delta_restore,
	.suits = suits,
	.set_current = spk_group_delta_set_current,
	.reset = spk_group_delta_reset,
	.epoch_tau = epoch_tau,
	.can_keep = spk_group_delta_can_keep,
	.read_u = spk_group_delta_read_u,
	.deliver_form = spk_group_delta_deliver_form,
	.keep_change = spk_group_delta_keep_change,
	.gate_change = spk_group_delta_gate_change,
	.change = spk_group_delta_change,
	.wants_order = 1,
};
