/*
 * Fast group of equal lif_escape neurons: an exact arrival costs one addition and one comparison.
 *
 * Scaled potentials as in group_delta.c: U = (V_m - V_inf) f(t) is constant between arrivals and an arrival
 * of weight w at time t is U += w f(t). Spikes are thinned from candidates that come at the rate of a bound
 * on the hazard, see escape_neuron.h; each neuron has a bound of its own, and V_m stays below it as long as U
 * < (bound - V_inf) f(t), a comparison as that with a threshold. Only a neuron that reaches its bound, or
 * comes to its candidate, costs more.
 *
 * Candidates and ends of refractory times wait in a heap, those beyond a horizon only with their neurons.
 * Time ascends inside a segment, so what is due is done before the next row is delivered, and no neuron has
 * to be followed event by event.
 *
 * Where V_inf is so high that bounds may lie below it, V_m may reach its bound between arrivals. Then U
 * before an arrival is compared too, and all neurons at the end of a segment; the crossing itself has a
 * closed form.
 */
#include <stdlib.h>

#include "models/math/time_heap.h"
#include "models/neuron/escape_neuron.h"
#include "models/neuron/groups.h"
#include "models/neuron/lif.h"

static const double LENIENT = 1e-12;  /* comparisons that rounding could decide are left to the rare path */
static const double HORIZON = 0.25;   /* of tau_m: so far ahead the heap looks */
static const double NARROWEST = 1e-9; /* Delta_u against the potentials: below, rounding of V_m is noticed */

enum { RHO_0 = SPK_LIF_N_PARAMS, DELTA_U };

/* What every arrival needs. */
struct near_bound {
	double u, limit; /* limit: the bound, a little lower */
};

struct spk_group {
	size_t n;
	struct spk_escape_law law;
	double v_inf;
	int rises;                      /* some bounds lie below V_inf */
	struct near_bound *near;        /* [n] */
	struct spk_escape_neuron *side; /* [n] all but u, which is in `near` */
	struct spk_time_heap due;       /* of side.next before the horizon; others are out of date */
	double b, horizon;
};

/* ---- Rare events -------------------------------------------------------------------------------- */

static struct spk_escape_neuron load(const struct spk_group *g, size_t neuron)
{
	struct spk_escape_neuron s = g->side[neuron];

	s.u = g->near[neuron].u;
	return s;
}

static void store(struct spk_group *g, size_t neuron, const struct spk_escape_neuron *s)
{
	const int is_new = s->next != g->side[neuron].next;

	g->side[neuron] = *s;
	g->near[neuron] = (struct near_bound){s->u, s->bound - LENIENT * fabs(s->bound)};
	if (is_new && s->next < g->horizon)
		spk_time_heap_push(&g->due, s->next, (uint32_t)neuron);
}

static void resolve(struct spk_group *g, size_t neuron, double t)
{
	struct spk_escape_neuron s = load(g, neuron);

	spk_escape_resolve(&g->law, &s, neuron, t, 0, 1);
	store(g, neuron, &s);
}

static void resolve_due(struct spk_group *g, double t)
{
	while (g->due.n > 0 && g->due.items[0].t < t) {
		const struct spk_time_entry top = spk_time_heap_pop(&g->due);
		if (g->side[top.number].next == top.t)
			resolve(g, top.number, t);
	}
}

static __attribute__((noinline)) void arrive(
	struct spk_group *g, size_t neuron, double before, double t, double f, double w)
{
	struct spk_escape_neuron s = load(g, neuron);

	s.u = before;
	spk_escape_arrive(&g->law, &s, neuron, t, f, w);
	store(g, neuron, &s);
}

/* ---- Segments ----------------------------------------------------------------------------------- */

static void begin(struct spk_group *g, double a, double b)
{
	(void)a;
	g->b = b;
	if (b <= g->horizon)
		return;
	g->horizon = b + HORIZON * g->law.tau;
	g->due.n = 0;
	for (size_t k = 0; k < g->n; k++)
		if (g->side[k].next < g->horizon)
			spk_time_heap_push(&g->due, g->side[k].next, (uint32_t)k);
}

/* V_m may have reached its bound by an arrival, or before one, or neither. */
enum test { TEST_AFTER, TEST_BEFORE, TEST_BOTH, TEST_NONE };

/* One loop for each form of weight and test: the compiler drops what a form does not need. */
static inline __attribute__((always_inline)) void deliver_row(struct spk_group *g, const struct spk_bundle *b,
	double f, const float *f32, const double *f64, enum test test)
{
	const double shared = b->shared * f;
	const uint32_t *target = b->target;
	const size_t n = b->n;
	struct near_bound *near = g->near;

	for (size_t k = 0; k < n; k++) {
		struct near_bound *at = &near[target[k]];
		const double before = at->u;
		const double after = before + (f32 ? (double)f32[k] * f : f64 ? f64[k] * f : shared);
		const double tested =
			test == TEST_AFTER || (test == TEST_BOTH && after > before) ? after : before;
		at->u = after;
		if (test != TEST_NONE && __builtin_expect(tested >= at->limit * f, 0))
			arrive(g, target[k], before, b->t, f,
				f32   ? (double)f32[k]
				: f64 ? f64[k]
				      : b->shared);
	}
}

static void deliver(struct spk_group *g, const struct spk_bundle *b)
{
	const double f = spk_escape_factor(&g->law, b->t);

	resolve_due(g, b->t);
	if (b->f64 && g->rises)
		deliver_row(g, b, f, NULL, b->f64, TEST_BOTH);
	else if (b->f64)
		deliver_row(g, b, f, NULL, b->f64, TEST_AFTER);
	else if (b->f32 && g->rises)
		deliver_row(g, b, f, b->f32, NULL, TEST_BOTH);
	else if (b->f32)
		deliver_row(g, b, f, b->f32, NULL, TEST_AFTER);
	else if (b->shared >= 0)
		deliver_row(g, b, f, NULL, NULL, TEST_AFTER);
	else if (g->rises)
		deliver_row(g, b, f, NULL, NULL, TEST_BEFORE);
	else
		deliver_row(g, b, f, NULL, NULL, TEST_NONE);
}

/* All events of these neurons before t. Bounds and candidates do not depend on when they are looked at. */
static void settle(struct spk_group *g, double t, size_t n, const uint32_t *target)
{
	const double f = spk_escape_factor(&g->law, t);

	resolve_due(g, t);
	for (size_t k = 0; g->rises && k < n; k++) {
		const size_t neuron = target ? target[k] : k;
		if (g->near[neuron].u >= g->near[neuron].limit * f)
			resolve(g, neuron, t);
	}
}

static int finish(struct spk_group *g)
{
	settle(g, g->b, g->n, NULL);
	return g->due.failed ? SPK_E_NOMEM : SPK_OK;
}

/* On a copy of the neuron, which draws what the neuron itself will draw. */
static void peek(const struct spk_group *g, uint32_t neuron, double t, double *ret_state)
{
	struct spk_escape_neuron s = load(g, neuron);

	spk_escape_resolve(&g->law, &s, neuron, t, 1, 0);
	const int is_resting = s.u == SPK_ESCAPE_RESTING;
	const double d = is_resting ? g->law.reset : s.u / spk_escape_factor(&g->law, t);
	ret_state[SPK_V_M] = g->v_inf + d;
	ret_state[SPK_U] = ret_state[SPK_U_BAR] = (double)NAN; /* such populations get a general group */
	ret_state[SPK_I_EXT] = 0;
	ret_state[SPK_REFRACTORY] = is_resting ? fmax(0, s.since - t) : 0;
}

static void rebase(struct spk_group *g, double shift)
{
	const double scale = spk_escape_factor(&g->law, -shift);

	g->b -= shift;
	g->horizon = -HUGE_VAL;
	for (size_t k = 0; k < g->n; k++) {
		if (g->near[k].u != SPK_ESCAPE_RESTING)
			g->near[k].u *= scale;
		g->side[k].since -= shift;
		g->side[k].next -= shift;
	}
}

static size_t bytes(const struct spk_group *g)
{
	return sizeof *g + g->n * (sizeof *g->near + sizeof *g->side) +
	       g->due.capacity * sizeof *g->due.items;
}

static void list_state(struct spk_group *g, struct spk_state *state)
{
	spk_state_add(state, SPK_STATE_EACH, g->near, g->n, sizeof *g->near);
	spk_state_add(state, SPK_STATE_EACH, g->side, g->n, sizeof *g->side);
}

static void restore(struct spk_group *g)
{
	g->due.n = 0;
	g->horizon = -HUGE_VAL; /* begin() fills the heap */
}

static int suits(const double *par, size_t n_inputs, int pauses)
{
	const double v_inf = spk_lif_u_rest(par);
	const double scale = fabs(par[SPK_LIF_V_TH] - v_inf) + fabs(par[SPK_LIF_V_RESET] - v_inf);

	(void)n_inputs;
	(void)pauses;
	return par[DELTA_U] >= NARROWEST * scale;
}

static double epoch_tau(const double *par)
{
	return par[SPK_LIF_TAU_M];
}

/* ---- Life cycle --------------------------------------------------------------------------------- */

static void free_group(struct spk_group *g)
{
	if (!g)
		return;
	free(g->near);
	free(g->side);
	spk_time_heap_clear(&g->due);
	free(g);
}

static void set_params(struct spk_group *g, const double *par)
{
	struct spk_escape_law *law = &g->law;

	g->v_inf = spk_lif_u_rest(par);
	law->tau = par[SPK_LIF_TAU_M];
	law->t_ref = par[SPK_LIF_T_REF];
	law->threshold = par[SPK_LIF_V_TH] - g->v_inf;
	law->reset = par[SPK_LIF_V_RESET] - g->v_inf;
	law->rho_0 = 1e-3 * par[RHO_0];
	law->width = par[DELTA_U];
	law->lowest = law->threshold +
		      law->width * spk_log(SPK_ESCAPE_QUIET / (law->tau * law->rho_0)); /* or INFINITY */
	g->rises = law->lowest < 0;
}

static void place_neuron(struct spk_group *g, size_t neuron, const double *st)
{
	struct spk_escape_neuron s = {.u = st[SPK_V_M] - g->v_inf};

	spk_escape_renew(&g->law, &s, neuron, 0, s.u);
	store(g, neuron, &s);
}

static int create(const struct spk_group_spec *spec, struct spk_group **ret_group, struct spk_error *err)
{
	struct spk_group *g = calloc(1, sizeof *g);

	if (!g)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for neurons");
	g->n = spec->n;
	set_params(g, spec->par);
	g->law.first = spk_rng_stream(spec->seed, SPK_RNG_ESCAPE, 0, spec->first_id);
	g->law.emit = spec->emit;
	g->law.context = spec->context;
	g->horizon = -HUGE_VAL;
	g->near = malloc((spec->n + 1) * sizeof *g->near);
	g->side = calloc(spec->n + 1, sizeof *g->side);
	if (!g->near || !g->side) {
		free_group(g);
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu neurons", spec->n);
	}
	for (size_t k = 0; k < spec->n; k++)
		place_neuron(g, k, spec->state + k * spec->model->n_states);
	*ret_group = g;
	return SPK_OK;
}

const struct spk_group_type spk_group_escape = {
	.create = create,
	.free = free_group,
	.rebase = rebase,
	.begin = begin,
	.deliver = deliver,
	.settle = settle,
	.finish = finish,
	.peek = peek,
	.bytes = bytes,
	.list_state = list_state,
	.restore = restore,
	.suits = suits,
	.epoch_tau = epoch_tau,
};
