/**
 * A network: a scenario's populations and projections, distributed over partitions.
 *
 * Neurons get global ids population by population, in the order of the scenario. Each partition owns a
 * contiguous block of each population; blocks start at multiples of SPK_GROUP_BLOCK, the unit of group
 * inputs. Partitions are shared out over the ranks in order, and a rank builds and holds its own alone.
 */
#ifndef SPK_SIM_NETWORK_H
#define SPK_SIM_NETWORK_H

#include <spikem/sim.h>

#include "sim/partition.h"
#include "sim/pool.h"
#include "sim/ranks.h"

struct spk_network {
	const struct spk_scenario *scenario;
	uint64_t seed;           /**< of initial states and of all that is drawn while it runs */
	uint32_t *first_id;      /**< [n_populations + 1] global id of the first neuron of each population */
	struct spk_ranks *ranks; /**< lent */
	uint32_t n_partitions;   /**< of this rank */
	struct spk_partition *partitions;
	double cell_ms;       /**< window: at most the smallest delay; k * cell_ms is exact */
	uint64_t epoch_cells; /**< cells between two moves of the epoch */
	uint32_t cuts;        /**< stretches a cell is cut into for bulk inputs */
	uint64_t n_synapses;  /**< of this rank */
};

/**
 * All ranks call; n_partitions counts those of all ranks and is at least the number of ranks.
 * Errors: SPK_E_NOMEM, SPK_E_LIMIT, SPK_E_INVALID, the same on all ranks.
 *
 * @param lane  replicas of one network with other numbers have the same synapses and parameters, but draw
 *              initial states, spikes of sources and inputs of their own
 * @param pool  whose threads build the network; lent
 */
int spk_network_create(const struct spk_scenario *scenario, uint32_t lane, uint32_t n_partitions,
	struct spk_ranks *ranks, struct spk_pool *pool, struct spk_network *ret_network,
	struct spk_error *err);
void spk_network_clear(struct spk_network *network);
/** Add the events of a network on this rank; spikes are not known here. */
void spk_network_count(const struct spk_network *network, struct spk_counts *counts);
/** Memory of tables and states on this rank. */
size_t spk_network_bytes(const struct spk_network *network);

/** The neurons of a population that live on this rank: [lo, hi). */
void spk_network_own(
	const struct spk_network *network, size_t population, uint64_t *ret_lo, uint64_t *ret_hi);
/**
 * One item for each neuron of a population, of which this rank knows those of its own: afterwards it knows
 * all. All ranks call. Errors: as spk_ranks_share.
 */
int spk_network_complete(const struct spk_network *network, size_t population, size_t size_of_item,
	void *items, struct spk_error *err);
/**
 * Parameters of all neurons of a population: *ret_par is malloc'ed, [size * *ret_n_par], with derived values.
 * All ranks call. Errors: SPK_E_NOMEM, as spk_ranks_share.
 */
int spk_network_params(const struct spk_network *network, size_t population, double **ret_par,
	size_t *ret_n_par, struct spk_error *err);

#endif
