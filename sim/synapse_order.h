/**
 * One order of all synapses of a projection, whatever the partitions: by source, delay, target.
 *
 * It is the order of synapses in result files and in `record: weights: synapses`. A rank lists its own, which
 * are all synapses onto its neurons; sim/synapse_walk.h brings those of all ranks together.
 */
#ifndef SPK_SIM_SYNAPSE_ORDER_H
#define SPK_SIM_SYNAPSE_ORDER_H

#include "sim/network.h"

struct spk_synapse_place {
	uint32_t source, target; /**< index in their populations */
	uint32_t partition, k;   /**< where the synapse is stored on this rank */
	double delay;            /**< ms */
};

/** Places of this rank's synapses of a projection; *ret_places is malloc'ed. Errors: SPK_E_NOMEM. */
int spk_synapse_places(const struct spk_network *network, size_t projection,
	struct spk_synapse_place **ret_places, uint64_t *ret_n, struct spk_error *err);
/** Weight of the synapse at a place, as last settled. */
double spk_synapse_weight(
	const struct spk_network *network, size_t projection, const struct spk_synapse_place *place);

#endif
