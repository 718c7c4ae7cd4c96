/*
 * Fast group of equal lif_exp neurons: an exact arrival costs two multiply-adds and a comparison.
 *
 * Scaled state. With D = V_m - V_inf, f_k(t) = exp(t/tau_k) and t from the epoch,
 *   I_ex = ex / f_ex(t),   I_in = in / f_in(t),   D = (c + ex q_ex(t) + in q_in(t)) / f_m(t),
 * where c, ex and in are constant between arrivals. An excitatory arrival of weight w at time t is
 *   ex += w f_ex(t),   c -= w f_ex(t) q_ex(t),
 * which leaves D as it is. The factors depend on time alone and are computed once for a whole row. With
 * delta = 1/tau_syn - 1/tau_m, q(t) is -exp(-delta t) / (C delta), or, where the time constants (nearly)
 * coincide, the same minus its value at 0, which stays accurate through delta = 0: -expm1(-delta t) / (C
 * delta).
 *
 * Threshold. In a segment [a, b) of length h, V_m <= V_m(a) + h max(0, s), plus (b - t) w / C for each
 * excitatory arrival (w, t), with s = (V_inf - V_m(a)) / tau_m + (I_ex(a) + (1 - h / tau_in) I_in(a)) / C:
 * the leak only weakens as V_m rises above V_m(a), excitation only decays, and of the inhibition at a so much
 * at least stays. While that bound stays below V_th the neuron cannot have fired, however short an excursion.
 * A neuron whose bound reaches V_th becomes careful: for the rest of the segment it is simulated event by
 * event through the model's own hooks. Neurons refractory for the whole segment only collect currents.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/det.h"
#include "models/math/exp_inline.h"
#include "models/neuron/groups.h"
#include "models/neuron/lif.h"

enum { TAU_EX = SPK_LIF_N_PARAMS, TAU_IN };
enum { I_EX = SPK_N_COMMON_STATES, I_IN, N_STATES };
static const double CAREFUL = 1e300, RESTING = -1e300;
static const double CONFLUENT = 0.01; /* |tau_m delta| below which q is measured from its value at 0 */

struct cell {
	double bound; /* mV, on V_m in this segment, or a mark */
	double c, ex, in;
};

/* A careful or resting neuron. */
struct side {
	double st[N_STATES]; /* careful: at t_last */
	double t_last;
	double ready; /* resting: end of refractoriness */
};

struct current {
	double tau, delta, kappa; /* kappa: -1 / (C delta) */
	int confluent;
};

/* All factors at one time. */
struct factors {
	double f_m, f_ex, f_in, q_ex, q_in;
};

struct spk_group {
	const struct spk_neuron_model *model;
	size_t n;
	double *par;
	double tau_m, inv_c, v_inf, v_th;
	struct current ex, in;
	struct cell *cells;
	struct side *side;
	uint32_t *careful, *resting;
	size_t n_careful, n_resting;
	double a, b;
	struct factors at_a, at_b;
	void (*emit)(void *context, uint32_t neuron, double t);
	void *context;
};

static double q_at(const struct current *k, double inv_c, double t)
{
	if (!k->confluent)
		return k->kappa * spk_exp(-k->delta * t);
	return k->delta == 0 ? inv_c * t : k->kappa * spk_expm1(-k->delta * t);
}

static struct factors factors_at(const struct spk_group *g, double t)
{
	return (struct factors){.f_m = spk_exp_inline(t / g->tau_m),
		.f_ex = spk_exp_inline(t / g->ex.tau),
		.f_in = spk_exp_inline(t / g->in.tau),
		.q_ex = q_at(&g->ex, g->inv_c, t),
		.q_in = q_at(&g->in, g->inv_c, t)};
}

/* ---- Careful neurons ---------------------------------------------------------------------------- */

static void to_state(
	const struct spk_group *g, const struct cell *cell, const struct factors *f, double *ret_state)
{
	memset(ret_state, 0, N_STATES * sizeof *ret_state);
	ret_state[SPK_V_M] = g->v_inf + (cell->c + cell->ex * f->q_ex + cell->in * f->q_in) / f->f_m;
	ret_state[I_EX] = cell->ex / f->f_ex;
	ret_state[I_IN] = cell->in / f->f_in;
}

static void from_state(
	const struct spk_group *g, const double *st, const struct factors *f, struct cell *ret_cell)
{
	ret_cell->ex = st[I_EX] * f->f_ex;
	ret_cell->in = st[I_IN] * f->f_in;
	ret_cell->c = (st[SPK_V_M] - g->v_inf) * f->f_m - ret_cell->ex * f->q_ex - ret_cell->in * f->q_in;
}

static void mark_careful(struct spk_group *g, size_t neuron, double t, const struct factors *f)
{
	to_state(g, &g->cells[neuron], f, g->side[neuron].st);
	g->side[neuron].t_last = t;
	g->cells[neuron].bound = CAREFUL;
	g->careful[g->n_careful++] = (uint32_t)neuron;
}

/* No crossing within h, as far as the bound of the head comment can tell. */
static int stays_below(const struct spk_group *g, const double *st, double h)
{
	const double current = st[I_EX] + fmax(0, 1 - h / g->in.tau) * st[I_IN];
	const double slope = (g->v_inf - st[SPK_V_M]) / g->tau_m + current * g->inv_c;

	return st[SPK_V_M] + fmax(0, h - st[SPK_REFRACTORY]) * fmax(0, slope) < g->v_th;
}

static void advance(const struct spk_group *g, struct side *s, double t)
{
	if (t > s->t_last)
		g->model->advance(s->st, g->par, t - s->t_last);
	s->t_last = t;
}

/* Find the spikes before t (inclusive: up to t); on copies nothing is emitted. */
static void resolve(
	const struct spk_group *g, struct side *s, size_t neuron, double t, int inclusive, int emits)
{
	for (;;) {
		if (stays_below(g, s->st, t - s->t_last))
			return;
		const double spike = s->t_last + g->model->next_spike(s->st, g->par, NULL);
		if (!(spike < t || (inclusive && spike <= t)))
			return;
		advance(g, s, spike);
		g->model->fire(s->st, g->par);
		if (emits)
			g->emit(g->context, (uint32_t)neuron, spike);
	}
}

static void arrive_carefully(struct spk_group *g, size_t neuron, double t, double w, const struct factors *f)
{
	struct side *s = &g->side[neuron];

	if (g->cells[neuron].bound != CAREFUL)
		mark_careful(g, neuron, t, f);
	resolve(g, s, neuron, t, 0, 1);
	advance(g, s, t);
	g->model->receive(s->st, g->par, w);
}

/* ---- Segments ----------------------------------------------------------------------------------- */

static void wake_resting(struct spk_group *g)
{
	size_t kept = 0;

	for (size_t k = 0; k < g->n_resting; k++) {
		const uint32_t neuron = g->resting[k];
		if (g->side[neuron].ready >= g->b) {
			g->resting[kept++] = neuron;
			continue;
		}
		mark_careful(g, neuron, g->a, &g->at_a);
		g->side[neuron].st[SPK_V_M] = g->par[SPK_LIF_V_RESET];
		g->side[neuron].st[SPK_REFRACTORY] = g->side[neuron].ready - g->a;
	}
	g->n_resting = kept;
}

static void begin(struct spk_group *g, double a, double b)
{
	const double h = b - a, rate = 1 / g->tau_m;

	g->at_a = a == g->b ? g->at_b : factors_at(g, a);
	g->at_b = factors_at(g, b);
	g->a = a;
	g->b = b;
	g->n_careful = 0;
	const struct factors *f = &g->at_a;
	const double decay = 1 / f->f_m, decay_ex = g->inv_c / f->f_ex;
	const double decay_in = g->inv_c / f->f_in * fmax(0, 1 - h / g->in.tau);
	for (size_t k = 0; k < g->n; k++) {
		struct cell *cell = &g->cells[k];
		if (cell->bound == RESTING)
			continue;
		const double d = (cell->c + cell->ex * f->q_ex + cell->in * f->q_in) * decay;
		const double slope = cell->ex * decay_ex + cell->in * decay_in - d * rate;
		cell->bound = g->v_inf + d + h * (slope > 0 ? slope : 0);
		if (cell->bound >= g->v_th)
			mark_careful(g, k, a, f);
	}
	wake_resting(g);
}

static inline double weight_at(const struct spk_bundle *b, size_t k)
{
	return b->f64 ? b->f64[k] : b->f32 ? (double)b->f32[k] : b->shared;
}

static void deliver(struct spk_group *g, const struct spk_bundle *b)
{
	const double bound_per_weight = (g->b - b->t) * g->inv_c;

	const struct factors f = factors_at(g, b->t);
	const double f_ex = f.f_ex, c_ex = f_ex * f.q_ex, f_in = f.f_in, c_in = f_in * f.q_in;
	for (size_t k = 0; k < b->n; k++) {
		struct cell *cell = &g->cells[b->target[k]];
		const double w = weight_at(b, k);
		const double bound = cell->bound + (w > 0 ? w * bound_per_weight : 0);
		if (__builtin_expect(bound >= g->v_th, 0)) {
			arrive_carefully(g, b->target[k], b->t, w, &f);
			continue;
		}
		cell->bound = bound;
		cell->ex += w >= 0 ? w * f_ex : 0;
		cell->in += w >= 0 ? 0 : w * f_in;
		cell->c -= w * (w >= 0 ? c_ex : c_in);
	}
}

static void settle(struct spk_group *g, double t, size_t n, const uint32_t *target)
{
	for (size_t k = 0; k < n; k++) {
		const uint32_t neuron = target ? target[k] : (uint32_t)k;
		if (g->cells[neuron].bound == CAREFUL)
			resolve(g, &g->side[neuron], neuron, t, 0, 1);
	}
}

static int finish(struct spk_group *g)
{
	for (size_t k = 0; k < g->n_careful; k++) {
		const uint32_t neuron = g->careful[k];
		struct side *s = &g->side[neuron];
		resolve(g, s, neuron, g->b, 0, 1);
		advance(g, s, g->b);
		from_state(g, s->st, &g->at_b, &g->cells[neuron]);
		g->cells[neuron].bound = 0; /* begin() sets it */
		if (s->st[SPK_REFRACTORY] > 0) {
			s->ready = g->b + s->st[SPK_REFRACTORY];
			g->cells[neuron].bound = RESTING;
			g->resting[g->n_resting++] = neuron;
		}
	}
	g->n_careful = 0;
	return SPK_OK;
}

static void peek(const struct spk_group *g, uint32_t neuron, double t, double *ret_state)
{
	const struct cell *cell = &g->cells[neuron];
	struct side s = g->side[neuron];

	if (cell->bound == CAREFUL) {
		resolve(g, &s, neuron, t, 1, 0);
		advance(g, &s, t);
	} else {
		const struct factors f = factors_at(g, t);
		to_state(g, cell, &f, s.st);
	}
	if (cell->bound == RESTING) {
		s.st[SPK_V_M] = g->par[SPK_LIF_V_RESET];
		s.st[SPK_REFRACTORY] = s.ready - t;
	}
	memcpy(ret_state, s.st, sizeof s.st);
	ret_state[SPK_U] = ret_state[SPK_U_BAR] = (double)NAN; /* such populations get a general group */
}

static void rebase(struct spk_group *g, double shift)
{
	const double scale_m = spk_exp(-shift / g->tau_m), scale_ex = spk_exp(-shift / g->ex.tau),
		     scale_in = spk_exp(-shift / g->in.tau);
	const double q_ex = g->ex.confluent ? q_at(&g->ex, g->inv_c, shift) : 0;
	const double q_in = g->in.confluent ? q_at(&g->in, g->inv_c, shift) : 0;

	for (size_t k = 0; k < g->n; k++) {
		struct cell *cell = &g->cells[k];
		cell->c = (cell->c + cell->ex * q_ex + cell->in * q_in) * scale_m;
		cell->ex *= scale_ex;
		cell->in *= scale_in;
	}
	for (size_t k = 0; k < g->n_resting; k++)
		g->side[g->resting[k]].ready -= shift;
	g->b = -HUGE_VAL; /* at_b belongs to the old epoch */
}

static size_t bytes(const struct spk_group *g)
{
	return sizeof *g + g->n * (sizeof *g->cells + sizeof *g->side + 2 * sizeof(uint32_t));
}

static double epoch_tau(const double *par)
{
	return fmin(par[SPK_LIF_TAU_M], fmin(par[TAU_EX], par[TAU_IN]));
}

static void free_group(struct spk_group *g)
{
	if (!g)
		return;
	free(g->par);
	free(g->cells);
	free(g->side);
	free(g->careful);
	free(g->resting);
	free(g);
}

static struct current make_current(const struct spk_group *g, double tau)
{
	const double delta = 1 / tau - 1 / g->tau_m;

	return (struct current){.tau = tau,
		.delta = delta,
		.kappa = -g->inv_c / delta,
		.confluent = fabs(delta) * g->tau_m < CONFLUENT};
}

static void place_neuron(struct spk_group *g, size_t neuron, const double *st)
{
	const struct factors f = factors_at(g, 0);

	from_state(g, st, &f, &g->cells[neuron]);
	g->cells[neuron].bound = 0;
	if (st[SPK_REFRACTORY] > 0) {
		g->side[neuron].ready = st[SPK_REFRACTORY];
		g->cells[neuron].bound = RESTING;
		g->resting[g->n_resting++] = (uint32_t)neuron;
	}
}

static int create(const struct spk_group_spec *spec, struct spk_group **ret_group, struct spk_error *err)
{
	const size_t n_par = spec->model->n_params + spec->model->n_derived;
	struct spk_group *g = calloc(1, sizeof *g);

	if (!g)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for neurons");
	g->model = spec->model;
	g->n = spec->n;
	g->par = malloc(n_par * sizeof *g->par);
	g->cells = calloc(spec->n + 1, sizeof *g->cells);
	g->side = calloc(spec->n + 1, sizeof *g->side);
	g->careful = malloc((spec->n + 1) * sizeof *g->careful);
	g->resting = malloc((spec->n + 1) * sizeof *g->resting);
	if (!g->par || !g->cells || !g->side || !g->careful || !g->resting) {
		free_group(g);
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu neurons", spec->n);
	}
	memcpy(g->par, spec->par, n_par * sizeof *g->par);
	g->tau_m = g->par[SPK_LIF_TAU_M];
	g->inv_c = 1 / g->par[SPK_LIF_C_M];
	g->v_inf = g->par[SPK_LIF_E_L] + g->par[SPK_LIF_I_E] * g->tau_m * g->inv_c;
	g->v_th = g->par[SPK_LIF_V_TH];
	g->ex = make_current(g, g->par[TAU_EX]);
	g->in = make_current(g, g->par[TAU_IN]);
	g->emit = spec->emit;
	g->context = spec->context;
	g->b = -HUGE_VAL;
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
