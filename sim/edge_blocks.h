/**
 * The edges of a projection by source, then target, then the rule's order: block by block.
 *
 * A block is the edges of some neighbouring sources, few enough to be sorted inside a cache. The edges are
 * first shared out over the blocks, in one sweep through memory; a block is sorted when its turn comes.
 */
#ifndef SPK_SIM_EDGE_BLOCKS_H
#define SPK_SIM_EDGE_BLOCKS_H

#include "sim/connect.h"

struct spk_edge_blocks {
	uint64_t n_sources, n_blocks;
	unsigned source_bits, target_bits; /**< a block: 2^source_bits sources */
	int by_target;                     /**< the edges came with ascending targets */
	uint64_t most;                     /**< edges of the largest block */
	uint32_t *first;                   /**< [n_sources + 1] number of the first edge of each source */
	uint32_t *
		key[2]; /**< [n, most] source within the block << target_bits | target; the second: scratch */
	uint64_t *id[2]; /**< likewise, or NULL */
};

/** A sorted block, until the next one is sorted. */
struct spk_edge_block {
	uint64_t first_source, n_sources;
	uint32_t first, n; /**< numbers of its edges */
	uint32_t *target;  /**< [n] index in the partition's group */
	uint64_t *id;      /**< [n] or NULL */
};

/**
 * Share out edges onto the targets of a task; the edges are freed. 0 when memory runs out: there is nothing
 * to clear then but the edges.
 */
int spk_edge_blocks_init(
	struct spk_edge_blocks *blocks, const struct spk_connect_task *task, struct spk_edges *edges);
void spk_edge_blocks_clear(struct spk_edge_blocks *blocks);
/** Sort a block; each once. */
struct spk_edge_block spk_edge_blocks_sort(struct spk_edge_blocks *blocks, uint64_t number);

#endif
