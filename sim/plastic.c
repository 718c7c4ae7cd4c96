#include "sim/plastic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_LOG2_SIZE = 3 };
static const double DIVERGED = 1e9;      /* mV or pA */
static const double MAX_CHANGE_TAUS = 8; /* integrals restart after so many time constants */

_Static_assert(sizeof(struct spk_post_view) == 64, "a view is one cache line");

static uint32_t longest_row(const struct spk_table *table)
{
	uint32_t n = 1;

	for (uint64_t k = 0; k < table->n_rows; k++)
		if (table->rows[k].n > n)
			n = table->rows[k].n;
	return n;
}

static int allocate(struct spk_plastic *p, size_t n_syn_states, int probe)
{
	const uint64_t n = p->table->n_synapses;

	p->pre = malloc((p->table->n_rows + 1) * sizeof *p->pre);
	p->settled = malloc((p->table->n_rows + 1) * sizeof *p->settled);
	p->views = aligned_alloc(sizeof *p->views, (p->n_targets + 1) * sizeof *p->views);
	p->rings = calloc(p->n_targets + 1, sizeof *p->rings);
	p->pool = calloc((p->n_targets + 1) << FIRST_LOG2_SIZE, sizeof *p->pool);
	if (n_syn_states)
		p->syn = calloc(n * n_syn_states + 1, sizeof *p->syn);
	if (probe)
		p->weight = malloc((n + 1) * sizeof *p->weight);
	if (p->needs & SPK_NEEDS_U)
		p->reads = malloc((size_t)longest_row(p->table) * 3 * sizeof *p->reads);
	if (p->needs & SPK_NEEDS_GATE_FACTOR)
		p->gate_factor = calloc(p->n_targets + 1, sizeof *p->gate_factor);
	if (p->needs & SPK_NEEDS_GATE_U_BAR)
		p->gate_u_bar = calloc(2 * p->n_targets + 1, sizeof *p->gate_u_bar);
	return p->pre && p->settled && p->views && p->rings && p->pool && (!n_syn_states || p->syn) &&
	       p->weight && (!(p->needs & SPK_NEEDS_U) || p->reads) &&
	       (!(p->needs & SPK_NEEDS_GATE_FACTOR) || p->gate_factor) &&
	       (!(p->needs & SPK_NEEDS_GATE_U_BAR) || p->gate_u_bar);
}

/* Have the targets' group keep the integrals that the rule reads. */
static int keep_change(const struct spk_plastic *p, struct spk_error *err)
{
	if (!(p->needs & SPK_NEEDS_CHANGE))
		return SPK_OK;
	switch (p->type->keep_change(p->group, p->rule->model->change_tau(p->rule->params))) {
	case SPK_OK:
		return SPK_OK;
	case SPK_E_INVALID:
		return spk_fail(err, SPK_E_INVALID,
			"rules that read the change of V or u of one population must share tau_x");
	default:
		return spk_fail(err, SPK_E_NOMEM, "out of memory for %zu neurons", p->n_targets);
	}
}

int spk_plastic_init(struct spk_plastic *p, const struct spk_rule *rule, struct spk_table *table,
	const struct spk_group_type *type, struct spk_group *group, size_t n_targets, int probe,
	struct spk_error *err)
{
	memset(p, 0, sizeof *p);
	p->rule = rule;
	p->table = table;
	p->type = type;
	p->group = group;
	p->n_targets = n_targets;
	p->needs = rule->model->needs(rule->params);
	p->has_form = !probe && type->deliver_form && rule->model->form &&
		      rule->model->form(rule->params, &p->form);
	p->owns_weight = probe;
	p->weight = probe ? NULL : table->f64;
	if (!allocate(p, rule->model->n_syn_states, probe)) {
		spk_plastic_clear(p);
		return spk_fail(err, SPK_E_NOMEM, "out of memory for plastic synapses");
	}
	for (uint64_t k = 0; probe && k < table->n_synapses; k++)
		p->weight[k] = spk_table_weight(table, k);
	for (uint64_t k = 0; k < table->n_rows; k++) {
		p->max_dendritic = fmax(p->max_dendritic, table->rows[k].dendritic);
		p->pre[k] = (struct spk_pre_trace){.t = -INFINITY};
		p->settled[k] = 0;
	}
	for (size_t k = 0; k < n_targets; k++)
		p->views[k] = (struct spk_post_view){.t_last = {-INFINITY, -INFINITY, -INFINITY, -INFINITY}};
	for (size_t k = 0; k < n_targets; k++)
		p->rings[k] = (struct spk_post_ring){
			.spikes = p->pool + (k << FIRST_LOG2_SIZE), .log2_size = FIRST_LOG2_SIZE};
	if (p->needs & (SPK_NEEDS_U | SPK_NEEDS_CHANGE | SPK_NEEDS_GATE_U_BAR) && p->max_dendritic > 0) {
		spk_plastic_clear(p);
		return spk_fail(err, SPK_E_INVALID,
			"rule %s reads the potential of its target at the arrival: "
			"it needs a delay without a dendritic part",
			rule->name);
	}
	const int rc = keep_change(p, err);
	if (rc)
		spk_plastic_clear(p);
	return rc;
}

static int in_pool(const struct spk_post_ring *ring)
{
	return ring->log2_size <= FIRST_LOG2_SIZE;
}

void spk_plastic_clear(struct spk_plastic *p)
{
	for (size_t k = 0; p->rings && k < p->n_targets; k++)
		if (!in_pool(&p->rings[k]))
			free((void *)(uintptr_t)p->rings[k].spikes);
	if (p->owns_weight)
		free(p->weight);
	free(p->syn);
	free(p->pre);
	free(p->settled);
	free(p->views);
	free(p->rings);
	free(p->pool);
	free(p->reads);
	free(p->gate_factor);
	free(p->gate_u_bar);
	memset(p, 0, sizeof *p);
}

size_t spk_plastic_bytes(const struct spk_plastic *p)
{
	const size_t each =
		(p->owns_weight ? sizeof(double) : 0) + p->rule->model->n_syn_states * sizeof(double);
	size_t bytes = p->table->n_synapses * each;

	bytes += p->table->n_rows * (sizeof *p->pre + sizeof *p->settled) +
		 p->n_targets * (sizeof *p->views + sizeof *p->rings);
	for (size_t k = 0; k < p->n_targets; k++)
		bytes += sizeof(struct spk_post_spike) << p->rings[k].log2_size;
	return bytes;
}

static struct spk_rule_call make_call(struct spk_plastic *p, uint32_t row, double t)
{
	const struct spk_row *r = &p->table->rows[row];

	return (struct spk_rule_call){.par = p->rule->params,
		.t = t,
		.settled = p->settled[row],
		.t0 = p->t0,
		.reference = p->reference,
		.dendritic = r->dendritic,
		.open = p->open,
		.w_min = p->rule->w_min,
		.w_max = p->rule->w_max,
		.pre = &p->pre[row],
		.n = r->n,
		.post = p->table->target + r->first,
		.in_order = p->table->in_order,
		.weight = p->weight + r->first,
		.syn = p->syn ? p->syn + r->first * p->rule->model->n_syn_states : NULL,
		.views = p->views,
		.rings = p->rings,
		.changes = p->changes,
		.gate_factor = p->gate_factor,
		.u_bar_opened = p->gate_u_bar,
		.u_bar_closed = p->gate_u_bar ? p->gate_u_bar + p->n_targets : NULL};
}

/* Bring the group's integrals of these targets (NULL: of all) up to t. */
static void look_up_change(struct spk_plastic *p, double t, size_t n, const uint32_t *target)
{
	if (p->needs & SPK_NEEDS_CHANGE)
		p->changes = p->type->change(p->group, t, n, target);
}

static void settle_row(struct spk_plastic *p, uint32_t row, double t)
{
	if (!(p->settled[row] < t))
		return;
	struct spk_rule_call call = make_call(p, row, t);
	p->rule->model->settle(&call);
	p->settled[row] = t;
}

/* The row has passed the arrival at t. */
static void end_arrival(struct spk_plastic *p, uint32_t row, double t)
{
	p->settled[row] = fmax(p->settled[row], t);
	p->rule->model->trace(p->rule->params, &p->pre[row], t);
	p->events += p->table->rows[row].n;
}

/*
 * What the rule integrates rests behind the closed gate, and starts again from 0 when it opens: nothing is
 * owed meanwhile.
 */
static int is_at_rest(const struct spk_plastic *p)
{
	return !p->open && (p->needs & (SPK_NEEDS_CHANGE | SPK_NEEDS_POST_SPIKES)) == SPK_NEEDS_CHANGE;
}

void spk_plastic_arrive(struct spk_plastic *p, uint32_t row, double t)
{
	const struct spk_row *r = &p->table->rows[row];
	const uint32_t *target = p->table->target + r->first;

	if (!is_at_rest(p)) {
		look_up_change(p, t, r->n, target);
		if (!p->rule->model->settle_and_arrive)
			settle_row(p, row, t);
	}
	struct spk_rule_call call = make_call(p, row, t);
	if (p->needs & SPK_NEEDS_U) {
		double *u = p->reads, *u_bar = u + r->n, *slope = u_bar + r->n;
		p->type->read_u(p->group, t, r->n, target, u, u_bar, slope);
		call.u = u;
		call.u_bar = u_bar;
		call.u_slope = slope;
	}
	if (p->rule->model->settle_and_arrive)
		p->rule->model->settle_and_arrive(&call);
	else
		p->rule->model->arrive(&call);
	end_arrival(p, row, t);
}

void spk_plastic_deliver(struct spk_plastic *p, uint32_t row, double t)
{
	const struct spk_row *r = &p->table->rows[row];
	const struct spk_bundle plain = {.t = t,
		.n = r->n,
		.target = p->table->target + r->first,
		.f64 = p->weight + r->first,
		.in_order = p->table->in_order};
	const struct spk_form_bundle bundle = {.t = t,
		.n = r->n,
		.target = plain.target,
		.weight = p->weight + r->first,
		.form = p->form,
		.factor = p->gate_factor,
		.w_min = p->rule->w_min,
		.w_max = p->rule->w_max,
		.in_order = p->table->in_order};

	if (p->open)
		p->type->deliver_form(p->group, &bundle);
	else
		p->type->deliver(p->group, &plain);
	end_arrival(p, row, t);
}

int spk_plastic_make_ring(struct spk_plastic *p, size_t target, uint64_t n_spikes, uint32_t n_held)
{
	struct spk_post_ring *ring = &p->rings[target];
	struct spk_post_spike *spikes = p->pool + (target << FIRST_LOG2_SIZE);
	uint32_t log2_size = FIRST_LOG2_SIZE;

	while ((uint64_t)1 << log2_size < n_held)
		log2_size++;
	if (log2_size > FIRST_LOG2_SIZE)
		spikes = malloc(sizeof *spikes << log2_size);
	if (!spikes)
		return 0;
	if (!in_pool(ring))
		free((void *)(uintptr_t)ring->spikes);
	*ring = (struct spk_post_ring){
		.spikes = spikes, .n_spikes = n_spikes, .n_held = n_held, .log2_size = log2_size};
	return 1;
}

/* Double the ring, or make room in it by forgetting what no row is owed any more. */
static int make_room(struct spk_plastic *p, struct spk_post_ring *ring)
{
	const uint64_t size = (uint64_t)1 << ring->log2_size;
	const double memory = p->rule->model->memory ? p->rule->model->memory(p->rule->params) : 0;

	if (ring->spikes[(ring->n_spikes - ring->n_held) & (size - 1)].t <
		p->swept - memory - p->max_dendritic) {
		ring->n_held--;
		return 1;
	}
	struct spk_post_spike *spikes = malloc(2 * size * sizeof *spikes);
	if (!spikes)
		return 0;
	for (uint64_t k = ring->n_spikes - ring->n_held; k < ring->n_spikes; k++)
		spikes[k & (2 * size - 1)] = ring->spikes[k & (size - 1)];
	if (!in_pool(ring))
		free((void *)(uintptr_t)ring->spikes);
	ring->spikes = spikes;
	ring->log2_size++;
	return 1;
}

/* The factors of the last spikes, which the ring always holds. */
static void set_factors(
	const struct spk_plastic *p, const struct spk_post_ring *ring, struct spk_post_view *view)
{
	const uint64_t mask = ((uint64_t)1 << ring->log2_size) - 1;

	for (uint64_t k = 0; k < 3 && k < ring->n_spikes; k++) {
		const struct spk_post_spike *spike = &ring->spikes[(ring->n_spikes - 1 - k) & mask];
		double down;
		p->rule->model->factors(p->rule->params, spike, spike->t - p->reference, &view->up[k], &down);
		view->down = k == 0 ? down : view->down;
	}
}

int spk_plastic_post_spike(struct spk_plastic *p, uint32_t target, double t)
{
	const struct spk_plasticity_model *model = p->rule->model;
	struct spk_post_view *view = &p->views[target];
	struct spk_post_ring *ring = &p->rings[target];

	if (!(p->needs & SPK_NEEDS_POST_SPIKES))
		return SPK_OK;
	if (ring->n_held == (uint64_t)1 << ring->log2_size && !make_room(p, ring))
		return SPK_E_NOMEM;
	const uint64_t mask = ((uint64_t)1 << ring->log2_size) - 1;
	struct spk_post_spike *spikes = (struct spk_post_spike *)(uintptr_t)ring->spikes;
	struct spk_post_spike *now = &spikes[ring->n_spikes & mask];
	const struct spk_post_spike *last = ring->n_held > 0 ? &spikes[(ring->n_spikes - 1) & mask] : NULL;
	*now = (struct spk_post_spike){.t = t};
	if (model->spike)
		model->spike(p->rule->params, now, last);
	ring->n_spikes++;
	ring->n_held++;
	memmove(view->t_last + 1, view->t_last, 3 * sizeof view->t_last[0]);
	memmove(view->up + 1, view->up, 2 * sizeof view->up[0]);
	view->t_last[0] = t;
	if (model->factors)
		model->factors(p->rule->params, now, t - p->reference, &view->up[0], &view->down);
	return SPK_OK;
}

void spk_plastic_tend(struct spk_plastic *p, double t)
{
	const struct spk_plasticity_model *model = p->rule->model;

	if (!(p->needs & SPK_NEEDS_POST_SPIKES) || !model->factors ||
		t - p->reference < SPK_FACTOR_TAUS * model->factor_tau(p->rule->params))
		return;
	p->reference = t;
	for (size_t k = 0; k < p->n_targets; k++)
		set_factors(p, &p->rings[k], &p->views[k]);
}

void spk_plastic_settle(struct spk_plastic *p, double t)
{
	const int rests = is_at_rest(p);

	if (!rests)
		look_up_change(p, t, p->n_targets, NULL);
	for (uint64_t row = 0; row < p->table->n_rows; row++) {
		if (rests)
			p->settled[row] = fmax(p->settled[row], t);
		else
			settle_row(p, (uint32_t)row, t);
	}
	p->swept = t;
}

void spk_plastic_restart_integrals(struct spk_plastic *p, double t)
{
	p->t0 = t;
	for (uint64_t row = 0; row < p->table->n_rows; row++) {
		struct spk_rule_call call = make_call(p, (uint32_t)row, t);
		p->rule->model->rebase(&call);
	}
}

/* What the rule wants to know of each target's u_bar as the gate opens or closes. */
static void look_up_targets(struct spk_plastic *p, double t, int open)
{
	enum { TOGETHER = 64 };
	double *u_bar_at = p->gate_u_bar ? p->gate_u_bar + (open ? 0 : p->n_targets) : NULL;
	double *factor = open ? p->gate_factor : NULL;

	for (size_t first = 0; (u_bar_at || factor) && first < p->n_targets; first += TOGETHER) {
		const size_t n = p->n_targets - first < TOGETHER ? p->n_targets - first : TOGETHER;
		uint32_t target[TOGETHER];
		double u[TOGETHER], u_bar[TOGETHER], slope[TOGETHER];
		for (size_t k = 0; k < n; k++)
			target[k] = (uint32_t)(first + k);
		p->type->read_u(p->group, t, n, target, u, u_bar, slope);
		if (u_bar_at)
			memcpy(u_bar_at + first, u_bar, n * sizeof *u_bar);
		for (size_t k = 0; factor && k < n; k++)
			factor[first + k] = p->rule->model->gate_factor(p->rule->params, u_bar[k]);
	}
}

void spk_plastic_set_gate(struct spk_plastic *p, double t, int open)
{
	if (p->open == open)
		return;
	spk_plastic_settle(p, t);
	look_up_targets(p, t, open);
	for (uint64_t row = 0; p->rule->model->boundary && row < p->table->n_rows; row++) {
		struct spk_rule_call call = make_call(p, (uint32_t)row, t);
		call.open = 1;
		p->rule->model->boundary(&call, open ? 1 : -1);
	}
	p->open = open;
}

static int has_long_integrals(const struct spk_plastic *p, double t)
{
	return p->needs & SPK_NEEDS_CHANGE && p->open &&
	       t - p->t0 > MAX_CHANGE_TAUS * p->rule->model->change_tau(p->rule->params);
}

int spk_plastic_is_due(const struct spk_plastic *p, double t)
{
	const double memory = p->rule->model->memory ? p->rule->model->memory(p->rule->params) : HUGE_VAL;

	return has_long_integrals(p, t) || (p->needs & SPK_NEEDS_POST_SPIKES && t - p->swept > memory);
}

void spk_plastic_restart(struct spk_plastic *p, double t)
{
	if (!has_long_integrals(p, t))
		return;
	p->type->gate_change(p->group, t, 1);
	spk_plastic_restart_integrals(p, t);
}

int spk_plastic_has_diverged(const struct spk_plastic *p)
{
	uint64_t diverged = 0;

	for (uint64_t k = 0; k < p->table->n_synapses; k++)
		diverged |= !(fabs(p->weight[k]) < DIVERGED);
	return diverged != 0;
}

void spk_plastic_rebase(struct spk_plastic *p, double shift)
{
	for (uint64_t row = 0; row < p->table->n_rows; row++) {
		p->settled[row] -= shift;
		p->pre[row].t -= shift;
	}
	for (size_t k = 0; k < p->n_targets; k++) {
		const struct spk_post_ring *ring = &p->rings[k];
		const uint64_t mask = ((uint64_t)1 << ring->log2_size) - 1;
		struct spk_post_spike *spikes = (struct spk_post_spike *)(uintptr_t)ring->spikes;
		for (uint64_t i = ring->n_spikes - ring->n_held; i < ring->n_spikes; i++)
			spikes[i & mask].t -= shift;
		for (size_t i = 0; i < 4; i++)
			p->views[k].t_last[i] -= shift;
	}
	p->swept -= shift;
	p->t0 -= shift;
	p->reference -= shift;
}
