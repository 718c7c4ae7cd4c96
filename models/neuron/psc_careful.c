/* Neurons of a group that may cross the threshold: bounds, and the search for crossings. */
#include <math.h>

#include "models/neuron/psc_group.h"

enum { BATCH = SPK_PSC_SEARCHES, LANES = SPK_PSC_LANES };

/* Bound on D over the next `length` ms from this state on. */
static double bound_over(const struct spk_psc_law *law, const struct spk_psc_state *now, double length)
{
	return spk_psc_bound_over(law, now, spk_psc_span_of(law, length), law->alpha);
}

/* Bound on D up to the horizon. */
static double bound_far(const struct spk_group *g, const struct spk_psc_state *now, double t)
{
	return isinf(g->horizon) ? spk_psc_bound_for_ever(&g->law, now, g->law.alpha)
				 : bound_over(&g->law, now, g->horizon - t);
}

void spk_psc_list_near(struct spk_group *g, size_t neuron)
{
	if (g->is_near[neuron])
		return;
	g->is_near[neuron] = 1;
	g->near[g->n_near++] = (uint32_t)neuron;
}

void spk_psc_mark_careful(
	struct spk_group *g, size_t neuron, double ready, double from, const struct spk_psc_state *now)
{
	struct spk_psc_careful *s = &g->careful[g->n_careful];

	*spk_psc_cell(g, neuron) = SPK_PSC_CAREFUL + (double)g->n_careful * SPK_PSC_PLACE;
	s->ready = ready;
	s->from = from;
	s->next = (double)NAN;
	s->n = 0;
	s->neuron = (uint32_t)neuron;
	if (now)
		s->now = *now;
	g->n_careful++;
}

void spk_psc_look_again(struct spk_group *g, size_t neuron, double t, const struct spk_psc_factors *f,
	const struct spk_psc_jump *coming)
{
	const double left = g->b - t, theta = g->law.theta;
	double *cell = spk_psc_cell(g, neuron), *bound = &cell[SPK_PSC_BOUND];
	const struct spk_psc_state now = spk_psc_state_of(cell, f, g->law.alpha);

	*bound = bound_far(g, &now, t) + (coming ? coming->x[SPK_PSC_BOUND] : 0);
	if (!(*bound < theta)) {
		spk_psc_list_near(g, neuron);
		/* f_ex grows: coming ex / f_ex(t) is more than the sum of the weights */
		*bound = bound_over(&g->law, &now, left) +
			 (coming ? left * g->law.inv_c * (coming->x[SPK_PSC_EX] * f->per_f_ex) : 0);
	}
	if (!(*bound < theta)) {
		spk_psc_mark_careful(g, neuron, -HUGE_VAL, t, &now);
		if (coming)
			spk_psc_list_inputs(g, &g->careful[g->n_careful - 1], t);
	} else if (coming) {
		spk_psc_add(cell, coming->x, 1, 0);
	}
}

void spk_psc_arrive_carefully(const struct spk_psc_law *law, struct spk_psc_careful *s, double *cell,
	double t, const struct spk_psc_factors *f, const double *jump)
{
	spk_psc_add(cell, jump, 1, law->alpha);
	s->from = t;
	s->next = (double)NAN;
	if (!(s->ready > t))
		s->now = spk_psc_state_of(cell, f, law->alpha);
}

/* The end of refractoriness; f: factors at s->ready. */
static void wake(const struct spk_psc_law *law, struct spk_psc_careful *s, double *cell,
	const struct spk_psc_factors *f)
{
	spk_psc_set_d(cell, law->reset, f, law->alpha);
	s->from = s->ready;
	s->ready = -HUGE_VAL;
	s->next = (double)NAN;
	s->now = spk_psc_state_of(cell, f, law->alpha);
	s->now.d = law->reset;
}

/* The first crossing in this segment, as far as it matters before t. Its bits do not depend on t. */
static double next_crossing(const struct spk_group *g, struct spk_psc_careful *s, double t)
{
	if (!isnan(s->next))
		return s->next;
	if (bound_over(&g->law, &s->now, t - s->from) < g->law.theta)
		return HUGE_VAL;
	s->next = s->from + spk_psc_crossing(&g->law, &s->now, g->b - s->from);
	return s->next;
}

/* Find the spikes when nothing arrives before t. */
static void resolve_quiet(const struct spk_group *g, struct spk_psc_careful *s, double *cell, double t,
	int inclusive, int emits)
{
	for (;;) {
		if (s->ready > t)
			return;
		if (s->ready > -HUGE_VAL) {
			const struct spk_psc_factors f = spk_psc_factors_at(&g->law, s->ready);
			wake(&g->law, s, cell, &f);
		}
		const double spike = next_crossing(g, s, t);
		if (!(spike < t || (inclusive && spike <= t)))
			return;
		s->ready = spike + g->law.t_ref;
		if (emits)
			g->emit(g->context, s->neuron, spike);
	}
}

void spk_psc_resolve(const struct spk_group *g, struct spk_psc_careful *s, double *cell, double t,
	int inclusive, int emits)
{
	for (; s->n > 0; s->first++, s->n--) {
		const struct spk_bulk_event *e = &g->bulk.events[s->first];
		if (!(e->t < t || (inclusive && e->t <= t)))
			break;
		resolve_quiet(g, s, cell, e->t, 0, emits);
		const struct spk_psc_factors f = spk_psc_factors_at(&g->law, e->t);
		const struct spk_psc_jump jump = spk_psc_jump_of(g, e->t, &f, e->w);
		spk_psc_arrive_carefully(&g->law, s, cell, e->t, &f, jump.x);
	}
	resolve_quiet(g, s, cell, t, inclusive, emits);
}

/* Wake those of n <= BATCH careful neurons that wake until the end of the segment: their factors together. */
static void wake_some(struct spk_group *g, size_t n, struct spk_psc_careful *careful)
{
	struct spk_psc_careful *waking[BATCH];
	struct spk_psc_factors f[BATCH];
	double ready[BATCH];
	size_t m = 0, whole;

	for (size_t k = 0; k < n; k++) {
		struct spk_psc_careful *s = &careful[k];
		waking[m] = s;
		ready[m] = s->ready;
		m += s->n == 0 && s->ready > -HUGE_VAL && s->ready <= g->b;
	}
	if (m == 0)
		return;
	for (whole = m; whole % LANES; whole++) /* what is left over would be computed one by one */
		ready[whole] = ready[0];
	spk_psc_factors_each(&g->law, whole, ready, f);
	for (size_t k = 0; k < m; k++)
		wake(&g->law, waking[k], spk_psc_cell(g, waking[k]->neuron), &f[k]);
}

/* Search for the first crossings of n <= BATCH careful neurons in the rest of the segment. */
static void search_some(const struct spk_group *g, size_t n, struct spk_psc_careful *careful)
{
	struct spk_psc_careful *searched[BATCH];
	struct spk_psc_search search;
	size_t m = 0;

	for (size_t k = 0; k < n; k++) {
		struct spk_psc_careful *s = &careful[k];
		if (s->n > 0 || s->ready > -HUGE_VAL || !isnan(s->next))
			continue;
		if (bound_over(&g->law, &s->now, g->b - s->from) < g->law.theta) {
			s->next = HUGE_VAL;
			continue;
		}
		searched[m] = s;
		search.d[m] = s->now.d;
		search.i_ex[m] = s->now.i_ex;
		search.i_in[m] = s->now.i_in;
		search.h[m++] = g->b - s->from;
	}
	spk_psc_crossings(&g->law, m, &search);
	for (size_t k = 0; k < m; k++)
		searched[k]->next = searched[k]->from + search.crossing[k];
}

void spk_psc_close_segment(struct spk_group *g)
{
	const double b = g->b;

	for (size_t first = 0; first < g->n_careful; first += BATCH) {
		const size_t n = g->n_careful - first < BATCH ? g->n_careful - first : BATCH;
		wake_some(g, n, &g->careful[first]);
		if (spk_psc_searches_many(&g->law))
			search_some(g, n, &g->careful[first]);
	}
	for (size_t k = 0; k < g->n_careful; k++) {
		struct spk_psc_careful *s = &g->careful[k];
		double *cell = spk_psc_cell(g, s->neuron);
		spk_psc_resolve(g, s, cell, b, 0, 1);
		if (s->ready > b)
			continue;
		cell[SPK_PSC_BOUND] = bound_far(g, &s->now, s->from);
		if (!(cell[SPK_PSC_BOUND] < g->law.theta)) {
			cell[SPK_PSC_BOUND] = 0; /* the next segment sets it */
			spk_psc_list_near(g, s->neuron);
		}
	}
}
