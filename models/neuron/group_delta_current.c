/*
 * Injected currents and resets in the fast group of lif_delta neurons.
 *
 * A current moves a neuron's V_inf, and with it everything that is measured from there: the scaled potential,
 * the threshold, the reset potential. A neuron without a current of its own has the law that all share, to
 * the bit, so that a group whose currents are all 0 is as fast as one that none can reach.
 */
#include <math.h>
#include <stdlib.h>

#include "models/neuron/group_delta.h"

/* A volley that reaches V_th exactly must not be lost to rounding of f. */
static const double ON_THRESHOLD = 1e-12;

double spk_group_delta_theta(const struct spk_group *g, double shift)
{
	const double theta = g->V_th - (g->v_inf + shift);

	return theta > 0 ? theta * (1 - ON_THRESHOLD) : theta;
}

int spk_group_delta_init_currents(struct spk_group *g)
{
	g->current = calloc(g->n + 1, sizeof *g->current);
	g->shift = calloc(g->n + 1, sizeof *g->shift);
	g->theta = malloc((g->n + 1) * sizeof *g->theta);
	for (size_t k = 0; g->theta && k < g->n; k++)
		g->theta[k] = g->law.theta;
	return g->current && g->shift && g->theta;
}

/* The neuron's current and all that depends on it but potentials. */
static void change_current(struct spk_group *g, size_t neuron, double pa)
{
	g->n_shifted -= g->current[neuron] != 0;
	g->n_falling -= g->current[neuron] != 0 && !(g->theta[neuron] > 0);
	g->current[neuron] = pa;
	g->shift[neuron] = g->resistance * pa;
	g->theta[neuron] = spk_group_delta_theta(g, g->shift[neuron]);
	g->n_shifted += pa != 0;
	g->n_falling += pa != 0 && !(g->theta[neuron] > 0);
	g->free.shift = g->n_shifted ? g->shift : NULL;
}

/* What a refractory neuron wakes up with. */
static double waking_potential(const struct spk_group *g, size_t neuron, double ready)
{
	struct spk_delta_law own;
	const struct spk_delta_law *law = spk_group_delta_law(g, neuron, &own);

	return law->reset * spk_delta_factor(law, ready);
}

void spk_group_delta_set_current(struct spk_group *g, uint32_t neuron, double t, double pa)
{
	if (g->current[neuron] == pa)
		return;
	const double f = spk_delta_factor(&g->law, t), shift = g->shift[neuron];
	change_current(g, neuron, pa);
	const double fall = shift - g->shift[neuron];
	if (g->u[neuron] == SPK_GROUP_DELTA_RESTING)
		g->side[neuron].u = waking_potential(g, neuron, g->side[neuron].ready);
	else
		g->u[neuron] += fall * f;
	if (g->free.pair)
		spk_delta_u_lower(&g->free, neuron, t, f, fall);
}

static void place_neuron(struct spk_group *g, size_t neuron, double t, double f, const double *st)
{
	const double v_inf = g->v_inf + (g->shift ? g->shift[neuron] : 0), ready = t + st[SPK_REFRACTORY];

	if (g->free.pair)
		spk_delta_u_place(&g->free, neuron, t, f, v_inf, st);
	g->u[neuron] = (st[SPK_V_M] - v_inf) * f;
	if (!(ready > t))
		return;
	g->side[neuron] = (struct spk_delta_neuron){.u = waking_potential(g, neuron, ready),
		.t_test = -HUGE_VAL,
		.level = HUGE_VAL,
		.ready = ready};
	g->u[neuron] = SPK_GROUP_DELTA_RESTING;
	spk_resting_add(&g->resting, (uint32_t)neuron, ready);
}

void spk_group_delta_reset(struct spk_group *g, double t, const double *state)
{
	const double f = spk_delta_factor(&g->law, t);

	g->resting.first = g->resting.sorted = g->resting.end = 0;
	g->is_first = 1;
	for (size_t k = 0; k < g->n; k++)
		place_neuron(g, k, t, f, state + k * g->n_states);
}
