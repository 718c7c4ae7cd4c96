/*
 * Checkpoints of the fast group of lif_delta neurons.
 *
 * Between segments no neuron is careful: the scaled potentials are all there is, as they stand in the epoch,
 * and for refractory neurons what waits until they wake.
 */
#include "models/neuron/group_delta.h"

void spk_delta_u_list_state(struct spk_delta_u *u, struct spk_state *state)
{
	if (u->pair)
		spk_state_add(state, SPK_STATE_EACH, u->pair, u->n, 2 * sizeof *u->pair);
	spk_state_add(state, SPK_STATE_SHARED, &u->t0, 1, sizeof u->t0);
	spk_state_add(state, SPK_STATE_SHARED, &u->is_open, 1, sizeof u->is_open);
	if (!u->c)
		return;
	spk_state_add(state, SPK_STATE_EACH, u->c, u->n, sizeof *u->c);
	spk_state_add(state, SPK_STATE_EACH, u->change, u->n, sizeof *u->change);
}

void spk_group_delta_list_state(struct spk_group *g, struct spk_state *state)
{
	spk_state_add(state, SPK_STATE_EACH, g->u, g->n, sizeof *g->u);
	spk_state_add(state, SPK_STATE_EACH, g->side, g->n, sizeof *g->side);
	spk_state_add(state, SPK_STATE_SHARED, &g->law.a, 1, sizeof g->law.a);
	spk_state_add(state, SPK_STATE_SHARED, &g->b, 1, sizeof g->b);
	spk_state_add(state, SPK_STATE_SHARED, &g->is_first, 1, sizeof g->is_first);
	if (g->current) {
		spk_state_add(state, SPK_STATE_EACH, g->current, g->n, sizeof *g->current);
		spk_state_add(state, SPK_STATE_EACH, g->shift, g->n, sizeof *g->shift);
		spk_state_add(state, SPK_STATE_EACH, g->theta, g->n, sizeof *g->theta);
	}
	spk_bulk_list_state(&g->bulk, state);
	spk_delta_u_list_state(&g->free, state);
}

static void restore_currents(struct spk_group *g)
{
	g->n_shifted = g->n_falling = 0;
	for (size_t k = 0; g->current && k < g->n; k++) {
		g->n_shifted += g->current[k] != 0;
		g->n_falling += g->current[k] != 0 && !(g->theta[k] > 0);
	}
	g->free.shift = g->n_shifted ? g->shift : NULL;
}

void spk_group_delta_restore(struct spk_group *g)
{
	restore_currents(g);
	g->resting.first = g->resting.sorted = g->resting.end = 0;
	for (size_t k = 0; k < g->n; k++) {
		g->side[k].first = g->side[k].n = 0; /* input events of the last segment */
		if (g->u[k] == SPK_GROUP_DELTA_RESTING)
			spk_resting_add(&g->resting, (uint32_t)k, g->side[k].ready);
	}
}
