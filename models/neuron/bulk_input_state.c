/* Checkpoints of Poisson input in bulk: rates, which schedules change, and how far each block has drawn. */
#include "models/neuron/bulk_input.h"

void spk_bulk_list_state(struct spk_bulk *bulk, struct spk_state *state)
{
	spk_state_add(state, SPK_STATE_COUNT, &bulk->n_drawn, 1, sizeof bulk->n_drawn);
	for (size_t k = 0; k < bulk->n_inputs; k++) {
		struct spk_bulk_source *source = &bulk->inputs[k];
		spk_state_add(state, SPK_STATE_SHARED, &source->rate, 1, sizeof source->rate);
		spk_state_add(state, SPK_STATE_EACH, source->rng, bulk->n_blocks, sizeof *source->rng);
	}
}
