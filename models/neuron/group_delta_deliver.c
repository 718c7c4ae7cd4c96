/*
 * Arrivals in the fast group of lif_delta neurons, and rules that read the reset-free potential at them.
 *
 * A row whose weights change by a linear form of u, u_bar and du/dt is read, changed and delivered in one
 * pass, by blocks: the form of all neurons of a block, their new weights, then the arrivals one after the
 * other. What a synapse reads is the potential before any arrival of its row. Within a block that comes by
 * itself; synapses of one neuron on both sides of a border are neighbours and share what the first one read.
 */
#include "models/math/levels.h"
#include "models/neuron/group_delta.h"

/* Where the threshold falls in time, it may have been crossed before an inhibitory arrival. */
enum test { TEST_AFTER, TEST_BEFORE, TEST_BOTH };

/*
 * One loop for each form of weight and test: the compiler drops what a form does not need. `theta`:
 * thresholds of their own, or NULL.
 */
static inline __attribute__((always_inline)) void deliver_row(struct spk_group *g, const struct spk_bundle *b,
	double f, const float *f32, const double *f64, enum test test, const double *theta)
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
		if (__builtin_expect(tested >= (theta ? theta[neuron] * f : level), 0))
			spk_group_delta_arrive(g, neuron, before, b->t, f,
				f32   ? (double)f32[k]
				: f64 ? f64[k]
				      : b->shared);
	}
}

static inline __attribute__((always_inline)) void deliver_weights(
	struct spk_group *g, const struct spk_bundle *b, double f, enum test test, const double *theta)
{
	if (b->f64)
		deliver_row(g, b, f, NULL, b->f64, test, theta);
	else if (b->f32)
		deliver_row(g, b, f, b->f32, NULL, test, theta);
	else
		deliver_row(g, b, f, NULL, NULL, test, theta);
}

static void deliver_in_order(struct spk_group *g, const struct spk_bundle *b, double f)
{
	const struct spk_group_delta_pass pass = {.f = f,
		.copy = g->free.pair ? spk_delta_u_copy(&g->free, b->t, f) : 0,
		.level = g->law.theta * f,
		.theta = spk_group_delta_thetas(g)};

	spk_group_delta_pass_order(g, b, &pass, NULL);
	spk_delta_u_add_change(&g->free, b);
}

void spk_group_delta_deliver(struct spk_group *g, const struct spk_bundle *b)
{
	const double f = spk_delta_factor(&g->law, b->t), *const theta = spk_group_delta_thetas(g);
	const int falls = !(g->law.theta > 0);

	spk_group_delta_wake(g, b->t + SPK_DELTA_READY_MS);
	if (b->in_order) {
		deliver_in_order(g, b, f);
		return;
	}
	if (theta)
		deliver_weights(g, b, f, TEST_BOTH, theta);
	else if (!falls || (!b->f64 && !b->f32 && b->shared >= 0))
		deliver_weights(g, b, f, TEST_AFTER, NULL);
	else if (b->f64 || b->f32)
		deliver_weights(g, b, f, TEST_BOTH, NULL);
	else
		deliver_row(g, b, f, NULL, NULL, TEST_BEFORE, NULL);
	if (g->free.pair)
		spk_delta_u_deliver(&g->free, b, f);
}

/* ---- Rows whose weights change by what they read ----------------------------------------------- */

enum { BLOCK = 8, AHEAD = 4 * BLOCK /* targets and weights are fetched so many synapses ahead */ };

static inline __attribute__((always_inline)) double read_one(
	const struct spk_group_delta_pass *p, const double *pairs, size_t neuron)
{
	const double offset = p->shift ? p->form.offset + p->form.drive * p->shift[neuron] : p->form.offset;

	const double change = offset + (p->form.a * pairs[2 * neuron] + p->form.b * pairs[2 * neuron + 1]);

	return p->factor ? p->factor[neuron] * change : change;
}

/* The weights of n synapses after `change`, and what they add to U. */
static inline __attribute__((always_inline)) void change_weights(const struct spk_group_delta_pass *p,
	size_t n, const double *restrict change, double *restrict weight, double *restrict ret_gain)
{
	for (size_t j = 0; j < n; j++) {
		const double w = weight[j] + change[j], raised = w < p->w_min ? p->w_min : w;
		const double clipped = raised > p->w_max ? p->w_max : raised;
		weight[j] = clipped;
		ret_gain[j] = clipped * p->f;
	}
}

/* What is tested: where the threshold falls in time, it may have been crossed before an inhibitory arrival.
 */
static inline __attribute__((always_inline)) int reaches(
	const struct spk_group_delta_pass *p, size_t neuron, double before, double after)
{
	return (after > before ? after : before) >= (p->theta ? p->theta[neuron] * p->f : p->level);
}

/* One of n arrivals reaches the threshold: take back all of them, then one after the other. */
static __attribute__((noinline)) void deliver_again(const struct spk_group_delta_pass *p, struct spk_group *g,
	double t, size_t n, const uint32_t *target, const double *weight, const double *before)
{
	for (size_t j = n; j-- > 0;)
		g->u[target[j]] = before[j];
	for (size_t j = 0; j < n; j++) {
		const double now = g->u[target[j]], after = now + weight[j] * p->f;
		g->u[target[j]] = after;
		if (reaches(p, target[j], now, after))
			spk_group_delta_arrive(g, target[j], now, t, p->f, weight[j]);
	}
}

static inline __attribute__((always_inline)) void deliver_some(const struct spk_group_delta_pass *p,
	struct spk_group *g, double t, size_t n, const uint32_t *target, const double *weight,
	const double *gain)
{
	double *const u = g->u, *const pairs = g->free.pair, before[BLOCK];
	int reached = 0;

	for (size_t j = 0; j < n; j++) {
		const size_t neuron = target[j];
		const double after = u[neuron] + gain[j];
		before[j] = u[neuron];
		u[neuron] = after;
		pairs[2 * neuron] += gain[j];
		pairs[2 * neuron + 1] += gain[j] * p->copy;
		reached |= reaches(p, neuron, before[j], after);
	}
	if (__builtin_expect(reached, 0))
		deliver_again(p, g, t, n, target, weight, before);
}

static inline __attribute__((always_inline)) void pass_any(
	struct spk_group *g, const struct spk_form_bundle *b, const struct spk_group_delta_pass p)
{
	const size_t n = b->n;
	const uint32_t *const target = b->target;
	const double *const pairs = g->free.pair;
	double *const weight = b->weight;
	double change[BLOCK] = {0}, gain[BLOCK];

	for (size_t k = 0; k < n;) {
		const int repeats = k > 0 && target[k] == target[k - 1];
		if (n - k >= BLOCK && !repeats) {
			__builtin_prefetch(weight + k + AHEAD);
			__builtin_prefetch(target + k + AHEAD);
			for (size_t j = 0; j < BLOCK; j++)
				change[j] = read_one(&p, pairs, target[k + j]);
			change_weights(&p, BLOCK, change, weight + k, gain);
			deliver_some(&p, g, b->t, BLOCK, target + k, weight + k, gain);
			k += BLOCK;
		} else {
			double *const last = &change[BLOCK - 1];
			*last = repeats ? *last : read_one(&p, pairs, target[k]);
			change_weights(&p, 1, last, weight + k, gain);
			deliver_some(&p, g, b->t, 1, target + k, weight + k, gain);
			k++;
		}
	}
}

SPK_FOR_EACH_LEVEL static void pass_row(
	struct spk_group *g, const struct spk_form_bundle *b, const struct spk_group_delta_pass *given)
{
	struct spk_group_delta_pass p = *given;

	p.shift = p.theta = p.factor = NULL; /* known to the compiler */
	pass_any(g, b, p);
}

SPK_FOR_EACH_LEVEL static void pass_row_own(
	struct spk_group *g, const struct spk_form_bundle *b, const struct spk_group_delta_pass *given)
{
	pass_any(g, b, *given);
}

void spk_group_delta_deliver_form(struct spk_group *g, const struct spk_form_bundle *b)
{
	const double f = spk_delta_factor(&g->law, b->t);
	const struct spk_delta_u_form form = spk_delta_u_form_at(&g->free, &b->form, b->t, f);
	const struct spk_group_delta_pass pass = {.form = form,
		.f = f,
		.copy = form.copy,
		.level = g->law.theta * f,
		.w_min = b->w_min,
		.w_max = b->w_max,
		.shift = b->form.u + b->form.u_bar != 0 ? g->free.shift : NULL,
		.theta = spk_group_delta_thetas(g),
		.factor = b->factor};
	const struct spk_bundle changed = {
		.t = b->t, .n = b->n, .target = b->target, .f64 = b->weight, .in_order = b->in_order};

	spk_group_delta_wake(g, b->t + SPK_DELTA_READY_MS);
	if (b->in_order)
		spk_group_delta_pass_order(g, &changed, &pass, b->weight);
	else if (pass.theta || pass.factor)
		pass_row_own(g, b, &pass);
	else
		pass_row(g, b, &pass);
	spk_delta_u_add_change(&g->free, &changed);
}

/* ---- Reading ------------------------------------------------------------------------------------ */

unsigned spk_group_delta_can_keep(const double *par)
{
	return spk_delta_u_suits(par) ? SPK_NEEDS_U | SPK_NEEDS_CHANGE : 0;
}

void spk_group_delta_read_u(struct spk_group *g, double t, size_t n, const uint32_t *target, double *ret_u,
	double *ret_u_bar, double *ret_slope)
{
	spk_delta_u_read(&g->free, t, spk_delta_factor(&g->law, t), n, target, ret_u, ret_u_bar, ret_slope);
}

int spk_group_delta_keep_change(struct spk_group *g, double tau_ms)
{
	return spk_delta_u_keep_change(&g->free, tau_ms);
}

void spk_group_delta_gate_change(struct spk_group *g, double t, int open)
{
	spk_delta_u_gate_change(&g->free, t, spk_delta_factor(&g->law, t), open);
}

const struct spk_post_change *spk_group_delta_change(
	struct spk_group *g, double t, size_t n, const uint32_t *target)
{
	return spk_delta_u_change(&g->free, t, spk_delta_factor(&g->law, t), n, target);
}
