/**
 * Inside of checkpoints: each function moves one part of a simulation into an archive, or out of it.
 *
 * What is saved is keyed by neurons and synapses, never by partitions, so that any number of them reads it,
 * on any number of ranks. All ranks of a network call; what they have in common is saved of rank 0, what each
 * has of its own in the order in which one rank would save it.
 * The network stands between two segments, in a cell or between two: spikes have been exchanged.
 */
#ifndef SPK_SIM_CHECKPOINT_PARTS_H
#define SPK_SIM_CHECKPOINT_PARTS_H

#include <spikem/group.h>

#include "sim/archive.h"
#include "sim/sim.h"

/** No event lies so far from the next cell: a time beyond is none, and finding its cell would take for ever.
 */
#define SPK_FURTHEST_CELLS 0x1p40

/** List a state of partition p; i and k say which. */
typedef void spk_checkpoint_list(struct spk_partition *p, size_t i, size_t k, struct spk_state *state);
/** The pieces of a state, put together from all partitions, or shared out among them. */
int spk_checkpoint_pieces(
	struct spk_archive *a, struct spk_network *net, spk_checkpoint_list *list, size_t i, size_t k);

/** Bytes of each rank, one rank after the other; what is read must be as many as are here. */
int spk_checkpoint_append(
	struct spk_archive *a, struct spk_ranks *ranks, const char *what, size_t n, void *data);
/** The sum over the ranks, in place. */
int spk_checkpoint_sum(struct spk_archive *a, struct spk_ranks *ranks, uint64_t *value);

/** Bytes of a rank that stand under a key: some that all ranks have in common, then its own. */
struct spk_merge_item {
	uint64_t key[3]; /**< ascending from item to item */
	uint64_t common, bytes;
};

/** The bytes of items of all ranks by key, then rank; `data`: those of this rank. */
int spk_checkpoint_merge(struct spk_archive *a, struct spk_ranks *ranks, size_t n,
	const struct spk_merge_item *items, void *data);
/** A key that is in the order of times >= 0. */
uint64_t spk_merge_key(double ms);
/** How many of n_sources sources to merge at a time, if the synapses of all take so many bytes. */
uint64_t spk_merge_sources(uint64_t n_sources, uint64_t bytes);

/** Synapses of this rank in the order of sim/synapse_order.h. */
struct spk_merge_synapses {
	struct spk_ranks *ranks;
	uint64_t n_sources, n;
	const struct spk_synapse_place *places; /**< [n] */
};
/** A value of each. */
int spk_checkpoint_synapses(struct spk_archive *a, const struct spk_merge_synapses *synapses, double *values);

/** A network in time: its clock, what of the timetable is done, and all of the following. */
int spk_checkpoint_engine(struct spk_archive *a, struct spk_engine *engine, struct spk_timetable *table);
/** Neurons, sources, input streams, counters. */
int spk_checkpoint_members(struct spk_archive *a, struct spk_network *net);
/** Plastic weights and all that rules keep. */
int spk_checkpoint_rules(struct spk_archive *a, struct spk_network *net);
/** All that is on its way; `now`: ms since the epoch. */
int spk_checkpoint_events(struct spk_archive *a, struct spk_network *net, double now);
/** The part of it that is single events, and spikes that were found early. */
int spk_checkpoint_singles(struct spk_archive *a, struct spk_network *net, double now);
/** How far recordings have come. */
int spk_checkpoint_recorder(struct spk_archive *a, struct spk_recorder *r);

/** How far a protocol with one lane has come. */
int spk_checkpoint_protocol(struct spk_archive *a, struct spk_protocol_run *run);
/** All of a simulation with several lanes but its origin. */
int spk_checkpoint_lanes(struct spk_archive *a, struct spk_sim *sim, uint64_t **ret_rows);
/** At rank 0: rows written so far to the streams of the result file; when reading, *ret_rows is malloc'ed. */
int spk_checkpoint_rows(struct spk_archive *a, const struct spk_recorder *r, uint64_t **ret_rows);
/** Copy these rows, and snapshots, from the unfinished result file at `path` and take its place. */
int spk_checkpoint_copy_results(
	struct spk_recorder *r, const char *path, const uint64_t *rows, struct spk_error *err);

/** Places of the synapses of a row in an order that does not depend on partitions. */
struct spk_row_order {
	uint32_t *places; /**< [n] of spk_row_order_find */
	uint64_t *keys;
	size_t capacity;
};
/** 0: out of memory. */
int spk_row_order_find(struct spk_row_order *order, const struct spk_table *table, uint32_t row);
void spk_row_order_clear(struct spk_row_order *order);
/** Rows of one source come by delay, then dendritic delay. */
int spk_row_compare(const struct spk_row *a, const struct spk_row *b);

#endif
