/**
 * All synapses of a projection at rank 0, piece by piece in the order of sim/synapse_order.h, so that no rank
 * ever holds those of all.
 */
#ifndef SPK_SIM_SYNAPSE_WALK_H
#define SPK_SIM_SYNAPSE_WALK_H

#include "sim/synapse_order.h"

struct spk_synapse_piece {
	uint64_t n;
	uint64_t *source, *target; /**< [n] index in their populations */
	double *delay, *value;     /**< [n] */
	uint32_t *rank;            /**< [n] where the synapse is stored */
};

struct spk_synapse_walk {
	const struct spk_network *network;
	uint64_t n; /**< synapses of this rank, in their order */
	const struct spk_synapse_place *places;
	/** What is asked of synapse k of this rank; NULL: nothing. */
	double (*value)(void *user, uint64_t k);
	/** At rank 0: the next piece. */
	int (*take)(void *user, const struct spk_synapse_piece *piece, struct spk_error *err);
	void *user;
};

/** All ranks call. Errors: SPK_E_NOMEM, those of `take` (at rank 0 alone) and of other ranks. */
int spk_synapse_walk(const struct spk_synapse_walk *walk, struct spk_error *err);

#endif
