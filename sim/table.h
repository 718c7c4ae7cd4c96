/**
 * Synapse tables: the edges of one projection in one partition, stored for delivery.
 *
 * Edges are sorted by (source, delay, target, place in the rule's order). All edges of one source with one
 * delay form a row; a row is what the queue holds and what a group or a plasticity rule receives as a whole.
 *
 * Delays drawn from a law would make every synapse a row of its own. Where no rule needs rows, such a table
 * keeps one row a source, sorted by target, with the delays beside the synapses. They are drawn in double
 * precision and rounded once to single, like drawn weights: the rounded delay is the delay. Such a row is
 * read from its start alone, so each target is coded by its distance from the last one, mostly in one byte.
 *
 * Bytes per synapse: 4 for the target, or 1, 3 or 5 where it is coded (distances below 254, 65,536, above); 0
 * for a weight that is shared, 4 in single precision (drawn from a law), 8 in double precision (plastic, or
 * listed); 4 for a delay of its own. A row takes 28, or 36 with coded targets.
 */
#ifndef SPK_SIM_TABLE_H
#define SPK_SIM_TABLE_H

#include "sim/connect.h"
#include "sim/target_code.h"

struct spk_row {
	double delay; /**< axonal + dendritic, ms; the smallest of the row where each synapse has its own */
	double dendritic; /**< ms */
	uint32_t first, n;
};

struct spk_table {
	uint64_t n_sources, n_rows, n_synapses;
	uint32_t *row_of; /**< [n_sources + 1] first row of each source */
	struct spk_row *rows;
	uint32_t *source_of_row; /**< [n_rows] */
	uint32_t *target;        /**< [n_synapses] index in the partition's group; NULL with `delay` */
	float *delay;            /**< [n_synapses] ms; NULL: that of the row */
	uint64_t n_codes;        /**< bytes */
	uint8_t *code;           /**< with `delay`: targets, see spk_target_decode() */
	uint64_t *code_of_row;   /**< [n_rows] where the code of each row begins */
	double shared;           /**< weight of all when f32 and f64 are NULL */
	float *f32;
	double *f64;
	int in_order;     /**< the targets of each row are 0, 1, ... */
	double min_delay; /**< INFINITY without synapses */
	double max_delay; /**< 0 without synapses */
};

/** Build the table of a task. `plastic` asks for double-precision weights. */
int spk_table_create(
	const struct spk_connect_task *task, int plastic, struct spk_table *ret_table, struct spk_error *err);
void spk_table_clear(struct spk_table *table);
/**
 * Put the synapses of each row into the order in which they are visited fastest. `keeps_order`: rows onto 0,
 * 1, ... are fastest as they are. 0 when memory runs out.
 */
int spk_table_spread(struct spk_table *table, int keeps_order);
size_t spk_table_bytes(const struct spk_table *table);

/** The targets of a row, one after the other. */
struct spk_targets {
	const uint32_t *plain;
	const uint8_t *code;
	uint32_t last;
};

static inline struct spk_targets spk_table_targets(const struct spk_table *table, uint64_t row)
{
	return (struct spk_targets){.plain = table->target ? table->target + table->rows[row].first : NULL,
		.code = table->code ? table->code + table->code_of_row[row] : NULL};
}

static inline uint32_t spk_targets_next(struct spk_targets *targets)
{
	if (targets->plain)
		return *targets->plain++;
	return targets->last += spk_target_decode(&targets->code);
}

/** Weight of synapse k. */
double spk_table_weight(const struct spk_table *table, uint64_t k);
/** Delay of synapse k, which stands in this row, ms. */
double spk_table_delay(const struct spk_table *table, uint64_t row, uint64_t k);

#endif
