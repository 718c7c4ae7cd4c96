/**
 * Inside of checkpoints: each function moves one part of a simulation into an archive, or out of it.
 *
 * What is saved is keyed by neurons and synapses, never by partitions, so that any number of them reads it.
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

/** How far a protocol has come. */
int spk_checkpoint_protocol(struct spk_archive *a, struct spk_protocol_run *run);
/** Rows written so far to the streams of the result file; when reading, *ret_rows is malloc'ed. */
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
