/**
 * Connection rules: from a projection's description to its edges, the same for every partition.
 *
 * The edges of a projection are a pure function of (seed, number of the projection): each has an edge id that
 * keys its weight and delay. A partition lists only the edges onto its own targets.
 */
#ifndef SPK_SIM_CONNECT_H
#define SPK_SIM_CONNECT_H

#include <spikem/scenario.h>

/** Edges in the order of the rule; `by_target`: targets ascend, else any order. Arrays are malloc'ed. */
struct spk_edges {
	uint64_t n, capacity;
	uint32_t *source; /**< index in the source population */
	uint32_t *target; /**< index in the target population */
	uint64_t *id;     /**< edge id; NULL when neither weight nor delay is drawn */
	int by_target;
};

/** What a rule connects. */
struct spk_connect_task {
	const struct spk_projection *projection;
	uint32_t number; /**< of the projection in the scenario */
	uint64_t seed;
	uint64_t n_source, n_target;
	uint64_t target_lo, target_hi; /**< targets of this partition: [lo, hi) */
	/** Neurons per unit, 0 counts as 1. The rule joins units; every pair of their copies becomes an edge
	 * with the edge id of the units. */
	uint64_t source_copies, target_copies;
	int keep_ids;
	int keeps_order; /**< rows of the table onto 0, 1, ... stay as they are: spk_table_spread */
};

/** Number of the projection whose draws make the pairs and weights of the task: its own, or that of its
 * source.
 */
static inline uint32_t spk_connect_drawn(const struct spk_connect_task *task)
{
	const size_t of = task->projection->weights_of;

	return of > 0 ? (uint32_t)(of - 1) : task->number;
}

/** List the edges. Errors: SPK_E_NOMEM, SPK_E_LIMIT (more than 2^32 - 1 edges in a partition). */
int spk_connect(const struct spk_connect_task *task, struct spk_edges *ret_edges, struct spk_error *err);
void spk_edges_clear(struct spk_edges *edges);
/** About how many edges there will be. */
double spk_connect_expected(const struct spk_connect_task *task);

#endif
