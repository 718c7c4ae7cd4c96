/*
 * Checkpoints of the fast groups of lif_exp and lif_alpha neurons.
 *
 * Between segments no row waits for delivery and no neuron is careful. A cell is saved with its bound, which
 * decides when a neuron is looked at again, though no bit of its course depends on that.
 */
#include <math.h>
#include <stdlib.h>

#include "models/neuron/psc_group.h"

void spk_psc_list_state(struct spk_group *g, struct spk_state *state)
{
	const size_t size = spk_psc_cell_size(g->law.alpha) * sizeof *g->cells;

	spk_state_add(state, SPK_STATE_EACH, g->cells, g->n, size);
	spk_state_add(state, SPK_STATE_EACH, g->ready, g->n, sizeof *g->ready);
	spk_state_add(state, SPK_STATE_EACH, g->is_near, g->n, sizeof *g->is_near);
	spk_state_add(state, SPK_STATE_SHARED, &g->horizon, 1, sizeof g->horizon);
	spk_state_add(state, SPK_STATE_SHARED, &g->longest, 1, sizeof g->longest);
	spk_bulk_list_state(&g->bulk, state);
}

static int compare_resting(const void *left, const void *right)
{
	const struct spk_psc_resting *a = left, *b = right;

	return (a->ready > b->ready) - (a->ready < b->ready);
}

void spk_psc_restore(struct spk_group *g)
{
	g->n_near = g->n_careful = g->n_resting = 0;
	for (size_t k = 0; k < g->n; k++) {
		const int is_near = g->is_near[k];
		g->is_near[k] = 0;
		if (*spk_psc_cell(g, k) == SPK_PSC_RESTING)
			g->resting[g->n_resting++] = (struct spk_psc_resting){g->ready[k], (uint32_t)k};
		if (is_near)
			spk_psc_list_near(g, k);
	}
	qsort(g->resting, g->n_resting, sizeof *g->resting, compare_resting);
	g->b = -HUGE_VAL; /* the factors at the last segment's end are computed again: the same bits */
}
