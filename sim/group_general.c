#include "sim/group_general.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/det.h"
#include "sim/due.h"

struct spk_group {
	const struct spk_neuron_model *model;
	size_t n, n_states, par_stride;
	double *par;
	double *state;  /* [n * n_states] at t_last */
	double *t_last; /* [n] ms since the epoch */
	double *t_next; /* [n] next spike without further input; valid unless dirty */
	unsigned char *dirty;
	struct spk_due due;        /* when to look at each neuron again: no spike of its own comes before */
	unsigned char *is_touched; /* [n] its state has changed since it was looked at: listed in touched */
	uint32_t *touched;
	size_t n_touched;
	struct spk_rng *rng;
	double a, b; /* segment */
	void (*emit)(void *context, uint32_t neuron, double t);
	void *context;
	/* running integrals for rules that read the change of V and u */
	double change_tau, change_t0;
	int change_on;
	struct spk_post_change *change; /* [n], NULL: not kept */
};

static const double *par_of(const struct spk_group *g, size_t neuron)
{
	return g->par + neuron * g->par_stride;
}

static double *state_of(const struct spk_group *g, size_t neuron)
{
	return g->state + neuron * g->n_states;
}

static void free_general(struct spk_group *g)
{
	if (!g)
		return;
	free(g->par);
	free(g->state);
	free(g->t_last);
	free(g->t_next);
	free(g->dirty);
	spk_due_clear(&g->due);
	free(g->is_touched);
	free(g->touched);
	free(g->rng);
	free(g->change);
	free(g);
}

/* finish() looks at this neuron, whatever was known of its next spike. */
static void touch(struct spk_group *g, size_t neuron)
{
	if (g->is_touched[neuron])
		return;
	g->is_touched[neuron] = 1;
	g->touched[g->n_touched++] = (uint32_t)neuron;
}

/* Its state has changed otherwise than by the flow: its next spike is unknown. */
static void change_state(struct spk_group *g, size_t neuron)
{
	g->dirty[neuron] = 1;
	touch(g, neuron);
}

static int create_general(
	const struct spk_group_spec *spec, struct spk_group **ret_group, struct spk_error *err)
{
	struct spk_group *g = calloc(1, sizeof *g);
	const size_t n_par = spec->model->n_params + spec->model->n_derived;
	const size_t n_par_all = spec->par_stride ? spec->n * spec->par_stride : n_par;

	if (!g)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for neurons");
	g->model = spec->model;
	g->n = spec->n;
	g->n_states = spec->model->n_states;
	g->par_stride = spec->par_stride;
	g->emit = spec->emit;
	g->context = spec->context;
	g->par = malloc((n_par_all + 1) * sizeof *g->par);
	g->state = malloc((spec->n * g->n_states + 1) * sizeof *g->state);
	g->t_last = calloc(spec->n + 1, sizeof *g->t_last);
	g->t_next = calloc(spec->n + 1, sizeof *g->t_next);
	g->dirty = malloc(spec->n + 1);
	g->rng = malloc((spec->n + 1) * sizeof *g->rng);
	g->is_touched = calloc(spec->n + 1, 1);
	g->touched = malloc((spec->n + 1) * sizeof *g->touched);
	const int ok = g->par && g->state && g->t_last && g->t_next && g->dirty && g->rng && g->is_touched &&
		       g->touched;
	if (!ok || spk_due_init(&g->due, spec->n, err)) {
		free_general(g);
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu neurons", spec->n);
	}
	memcpy(g->par, spec->par, n_par_all * sizeof *g->par);
	memcpy(g->state, spec->state, spec->n * g->n_states * sizeof *g->state);
	for (size_t k = 0; k < spec->n; k++) {
		g->rng[k] = spk_rng_stream(spec->seed, SPK_RNG_ESCAPE, 0, spec->first_id + k);
		change_state(g, k);
	}
	*ret_group = g;
	return SPK_OK;
}

static void begin_general(struct spk_group *g, double a, double b)
{
	g->a = a;
	g->b = b;
}

static void advance_to(struct spk_group *g, size_t neuron, double t)
{
	const double dt = t - g->t_last[neuron];

	if (!(dt > 0))
		return;
	if (g->change_on) {
		const double scale = spk_exp((g->change_t0 - g->t_last[neuron]) / g->change_tau);
		double dv, du;
		g->model->filtered_change(
			state_of(g, neuron), par_of(g, neuron), dt, g->change_tau, &dv, &du);
		g->change[neuron].dv += scale * dv;
		g->change[neuron].du += scale * du;
	}
	g->model->advance(state_of(g, neuron), par_of(g, neuron), dt);
	g->t_last[neuron] = t;
	touch(g, neuron);
}

static double next_spike(struct spk_group *g, size_t neuron)
{
	if (g->dirty[neuron]) {
		g->t_next[neuron] = g->t_last[neuron] + g->model->next_spike(state_of(g, neuron),
								par_of(g, neuron), &g->rng[neuron]);
		g->dirty[neuron] = 0;
	}
	return g->t_next[neuron];
}

/* The jumps of an event, weighted like the integrals. */
static void add_jump(struct spk_group *g, size_t neuron, double v_before, double u_before, int is_reset)
{
	const double scale = spk_exp((g->change_t0 - g->t_last[neuron]) / g->change_tau);
	const double *st = state_of(g, neuron);

	*(is_reset ? &g->change[neuron].reset : &g->change[neuron].dv) += scale * (st[SPK_V_M] - v_before);
	g->change[neuron].du += scale * (st[SPK_U] - u_before);
}

static void fire(struct spk_group *g, size_t neuron, double t)
{
	double *st = state_of(g, neuron);

	advance_to(g, neuron, t);
	const double v = st[SPK_V_M], u = st[SPK_U];
	g->model->fire(st, par_of(g, neuron));
	if (g->change_on)
		add_jump(g, neuron, v, u, 1);
	change_state(g, neuron);
	g->emit(g->context, (uint32_t)neuron, t);
}

/* Certainly no spike before this time. Most neurons are far from the threshold at most arrivals. */
static double no_spike_before(const struct spk_group *g, size_t neuron)
{
	if (!g->dirty[neuron])
		return g->t_next[neuron];
	return g->model->quiet ? g->t_last[neuron] + g->model->quiet(state_of(g, neuron), par_of(g, neuron))
			       : -HUGE_VAL;
}

/* All spikes before t. */
static void settle_one(struct spk_group *g, size_t neuron, double t)
{
	if (g->dirty[neuron] && no_spike_before(g, neuron) > t)
		return; /* without a search for the threshold */
	while (next_spike(g, neuron) < t)
		fire(g, neuron, g->t_next[neuron]);
}

static void deliver_general(struct spk_group *g, const struct spk_bundle *b)
{
	for (size_t k = 0; k < b->n; k++) {
		const size_t neuron = b->target[k];
		const double w = b->f64 ? b->f64[k] : b->f32 ? (double)b->f32[k] : b->shared;
		double *st = state_of(g, neuron);
		settle_one(g, neuron, b->t);
		advance_to(g, neuron, b->t);
		const double v = st[SPK_V_M], u = st[SPK_U];
		g->model->receive(st, par_of(g, neuron), w);
		if (g->change_on)
			add_jump(g, neuron, v, u, 0);
		change_state(g, neuron);
	}
}

static void settle_general(struct spk_group *g, double t, size_t n, const uint32_t *target)
{
	for (size_t k = 0; k < n; k++)
		settle_one(g, target ? target[k] : k, t);
}

/* All spikes of the segment. Returns when to look at the neuron again, not before the segment's end. */
static double look_at(struct spk_group *g, size_t neuron)
{
	g->is_touched[neuron] = 1; /* its spikes need not be listed */
	settle_one(g, neuron, g->b);
	g->is_touched[neuron] = 0;
	return no_spike_before(g, neuron);
}

static int look_at_due(void *context, size_t neuron, double t, double *ret_next)
{
	(void)t;
	*ret_next = look_at(context, neuron);
	return SPK_OK;
}

static int finish_general(struct spk_group *g)
{
	for (size_t k = 0; k < g->n_touched; k++)
		spk_due_set(&g->due, g->touched[k], look_at(g, g->touched[k]));
	g->n_touched = 0;
	return spk_due_run(&g->due, g->b, look_at_due, g);
}

static void rebase_general(struct spk_group *g, double shift)
{
	for (size_t k = 0; k < g->n; k++) {
		g->t_last[k] -= shift;
		g->t_next[k] -= shift;
		spk_due_set(&g->due, k, no_spike_before(g, k)); /* as rounded now */
	}
	g->change_t0 -= shift;
}

/* On copies: a sample at t sees all spikes up to and including t. */
static void peek_general(const struct spk_group *g, uint32_t neuron, double t, double *ret_state)
{
	const double *par = par_of(g, neuron);
	struct spk_rng rng = g->rng[neuron];
	double now = g->t_last[neuron], next = g->t_next[neuron];
	int dirty = g->dirty[neuron];

	memcpy(ret_state, state_of(g, neuron), g->n_states * sizeof *ret_state);
	for (;;) {
		if (dirty)
			next = now + g->model->next_spike(ret_state, par, &rng);
		if (!(next <= t))
			break;
		if (next > now)
			g->model->advance(ret_state, par, next - now);
		g->model->fire(ret_state, par);
		now = next;
		dirty = 1;
	}
	if (t > now)
		g->model->advance(ret_state, par, t - now);
}

static size_t bytes_general(const struct spk_group *g)
{
	const size_t each = g->n_states * sizeof(double) + g->par_stride * sizeof(double) +
			    3 * sizeof(double) + 2 + sizeof *g->touched + sizeof *g->rng +
			    (g->change ? sizeof *g->change : 0);

	return sizeof *g + g->n * each;
}

static void set_current_general(struct spk_group *g, uint32_t neuron, double t, double pa)
{
	double *st = state_of(g, neuron);

	if (st[SPK_I_EXT] == pa)
		return;
	settle_one(g, neuron, t);
	advance_to(g, neuron, t);
	st[SPK_I_EXT] = pa;
	change_state(g, neuron);
}

static void reset_general(struct spk_group *g, double t, const double *state)
{
	for (size_t k = 0; k < g->n; k++) {
		if (g->change_on)
			advance_to(g, k, t);
		const double pa = state_of(g, k)[SPK_I_EXT];
		memcpy(state_of(g, k), state + k * g->n_states, g->n_states * sizeof *state);
		state_of(g, k)[SPK_I_EXT] = pa;
		g->t_last[k] = t;
		change_state(g, k);
	}
}

static unsigned can_keep_general(const double *par)
{
	(void)par; /* the hooks of every model tell all */
	return ~0u;
}

static void read_u_general(struct spk_group *g, double t, size_t n, const uint32_t *target, double *ret_u,
	double *ret_u_bar, double *ret_slope)
{
	for (size_t k = 0; k < n; k++) {
		const size_t neuron = target[k];
		const double *st = state_of(g, neuron);
		settle_one(g, neuron, t);
		advance_to(g, neuron, t);
		ret_u[k] = st[SPK_U];
		ret_u_bar[k] = st[SPK_U_BAR];
		ret_slope[k] = g->model->u_slope(st, par_of(g, neuron));
	}
}

static int keep_change_general(struct spk_group *g, double tau_ms)
{
	if (g->change && g->change_tau != tau_ms)
		return SPK_E_INVALID;
	g->change_tau = tau_ms;
	if (!g->change)
		g->change = calloc(g->n + 1, sizeof *g->change);
	return g->change ? SPK_OK : SPK_E_NOMEM;
}

static void gate_change_general(struct spk_group *g, double t, int open)
{
	for (size_t k = 0; g->change && k < g->n; k++) {
		settle_one(g, k, t);
		advance_to(g, k, t);
	}
	if (g->change && open)
		memset(g->change, 0, g->n * sizeof *g->change);
	g->change_on = open && g->change;
	g->change_t0 = t;
}

static const struct spk_post_change *change_general(
	struct spk_group *g, double t, size_t n, const uint32_t *target)
{
	for (size_t k = 0; k < n; k++) {
		const size_t neuron = target ? target[k] : k;
		settle_one(g, neuron, t);
		advance_to(g, neuron, t);
	}
	return g->change;
}

int spk_general_visit(struct spk_group *g, int (*visit)(void *user, void *place, size_t size), void *user)
{
	const struct {
		void *place;
		size_t each;
	} blocks[] = {{g->state, g->n_states * sizeof *g->state}, {g->t_last, sizeof *g->t_last},
		{g->t_next, sizeof *g->t_next}, {g->dirty, sizeof *g->dirty}, {g->rng, sizeof *g->rng},
		{g->change, sizeof *g->change}};
	int rc = SPK_OK;

	for (size_t k = 0; !rc && g->change && k < sizeof blocks / sizeof *blocks; k++)
		rc = visit(user, blocks[k].place, g->n * blocks[k].each);
	return rc;
}

static void list_state_general(struct spk_group *g, struct spk_state *state)
{
	spk_state_add(state, SPK_STATE_EACH, g->state, g->n, g->n_states * sizeof *g->state);
	spk_state_add(state, SPK_STATE_EACH, g->t_last, g->n, sizeof *g->t_last);
	spk_state_add(state, SPK_STATE_EACH, g->t_next, g->n, sizeof *g->t_next);
	spk_state_add(state, SPK_STATE_EACH, g->dirty, g->n, sizeof *g->dirty);
	spk_state_add(state, SPK_STATE_EACH, g->rng, g->n, sizeof *g->rng);
	spk_state_add(state, SPK_STATE_EACH, g->due.t[0], g->n, sizeof *g->due.t[0]);
	spk_state_add(state, SPK_STATE_SHARED, &g->change_t0, 1, sizeof g->change_t0);
	spk_state_add(state, SPK_STATE_SHARED, &g->change_on, 1, sizeof g->change_on);
	if (g->change)
		spk_state_add(state, SPK_STATE_EACH, g->change, g->n, sizeof *g->change);
}

static void restore_general(struct spk_group *g)
{
	memset(g->is_touched, 0, g->n * sizeof *g->is_touched);
	g->n_touched = 0; /* finish() has looked at all that were */
	spk_due_restore(&g->due);
}

const struct spk_group_type spk_group_general = {
	.create = create_general,
	.free = free_general,
	.rebase = rebase_general,
	.begin = begin_general,
	.deliver = deliver_general,
	.settle = settle_general,
	.finish = finish_general,
	.peek = peek_general,
	.bytes = bytes_general,
	.set_current = set_current_general,
	.reset = reset_general,
	.list_state = list_state_general,
	.restore = restore_general,
	.can_keep = can_keep_general,
	.read_u = read_u_general,
	.keep_change = keep_change_general,
	.gate_change = gate_change_general,
	.change = change_general,
};
