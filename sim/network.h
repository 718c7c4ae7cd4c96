/**
 * A network: a scenario's populations and projections, distributed over partitions.
 *
 * Neurons get global ids population by population, in the order of the scenario. Each partition owns a
 * contiguous block of each population; blocks start at multiples of SPK_GROUP_BLOCK, the unit of group
 * inputs.
 */
#ifndef SPK_SIM_NETWORK_H
#define SPK_SIM_NETWORK_H

#include <spikem/sim.h>

#include "sim/partition.h"

struct spk_network {
	const struct spk_scenario *scenario;
	uint64_t seed;      /**< of initial states and of all that is drawn while it runs */
	uint32_t *first_id; /**< [n_populations + 1] global id of the first neuron of each population */
	uint32_t n_partitions;
	struct spk_partition *partitions;
	double cell_ms;       /**< window: at most the smallest delay; k * cell_ms is exact */
	uint64_t epoch_cells; /**< cells between two moves of the epoch */
	uint32_t cuts;        /**< stretches a cell is cut into for bulk inputs */
	uint64_t n_synapses;
};

/**
 * @param lane  replicas of one network with other numbers have the same synapses and parameters, but draw
 *              initial states, spikes of sources and inputs of their own
 */
int spk_network_create(const struct spk_scenario *scenario, uint32_t lane, uint32_t n_partitions,
	struct spk_network *ret_network, struct spk_error *err);
void spk_network_clear(struct spk_network *network);
/** Add the events of a network; spikes are not known here. */
void spk_network_count(const struct spk_network *network, struct spk_counts *counts);
size_t spk_network_bytes(const struct spk_network *network);

#endif
