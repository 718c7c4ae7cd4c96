/* Neurons of a lif_exp group that may cross the threshold: bounds, and the search for crossings. */
#include <math.h>

#include "models/neuron/exp_group.h"

/* Bound on D over the next `length` ms from this state on. */
static double bound_over(const struct spk_exp_law *law, const struct spk_exp_state *now, double length)
{
	return spk_exp_bound_over(law, now, spk_exp_span_of(law, length));
}

/* Bound on D up to the horizon. */
static double bound_far(const struct spk_group *g, const struct spk_exp_state *now, double t)
{
	return isinf(g->horizon) ? spk_exp_bound_for_ever(&g->law, now)
				 : bound_over(&g->law, now, g->horizon - t);
}

void spk_exp_list_near(struct spk_group *g, size_t neuron)
{
	if (g->is_near[neuron])
		return;
	g->is_near[neuron] = 1;
	g->near[g->n_near++] = (uint32_t)neuron;
}

void spk_exp_mark_careful(
	struct spk_group *g, size_t neuron, double ready, double from, const struct spk_exp_state *now)
{
	struct spk_exp_side *s = &g->side[neuron];

	g->cells[neuron].bound = SPK_EXP_CAREFUL;
	s->ready = ready;
	s->from = from;
	s->next = (double)NAN;
	if (now)
		s->now = *now;
	g->careful[g->n_careful++] = (uint32_t)neuron;
}

void spk_exp_look_again(struct spk_group *g, size_t neuron, double t, const struct spk_exp_factors *f)
{
	struct spk_exp_cell *cell = &g->cells[neuron];
	const struct spk_exp_state now = spk_exp_state_of(cell, f);

	cell->bound = bound_far(g, &now, t);
	if (cell->bound < g->law.theta)
		return;
	spk_exp_list_near(g, neuron);
	cell->bound = bound_over(&g->law, &now, g->b - t);
	if (!(cell->bound < g->law.theta))
		spk_exp_mark_careful(g, neuron, -HUGE_VAL, t, &now);
}

static void wake(const struct spk_exp_law *law, struct spk_exp_side *s, struct spk_exp_cell *cell)
{
	const struct spk_exp_factors f = spk_exp_factors_at(law, s->ready);

	spk_exp_set_d(cell, law->reset, &f);
	*s = (struct spk_exp_side){.ready = -HUGE_VAL,
		.from = s->ready,
		.next = (double)NAN,
		.now = {law->reset, cell->ex * f.per_f_ex, cell->in * f.per_f_in}};
}

/* The first crossing in this segment, as far as it matters before t. Its bits do not depend on t. */
static double next_crossing(const struct spk_group *g, struct spk_exp_side *s, double t)
{
	if (!isnan(s->next))
		return s->next;
	if (bound_over(&g->law, &s->now, t - s->from) < g->law.theta)
		return HUGE_VAL;
	s->next = s->from + spk_exp_crossing(&g->law, &s->now, g->b - s->from);
	return s->next;
}

void spk_exp_resolve(const struct spk_group *g, size_t neuron, struct spk_exp_side *s,
	struct spk_exp_cell *cell, double t, int inclusive, int emits)
{
	for (;;) {
		if (s->ready > t)
			return;
		if (s->ready > -HUGE_VAL)
			wake(&g->law, s, cell);
		const double spike = next_crossing(g, s, t);
		if (!(spike < t || (inclusive && spike <= t)))
			return;
		s->ready = spike + g->law.t_ref;
		if (emits)
			g->emit(g->context, (uint32_t)neuron, spike);
	}
}
