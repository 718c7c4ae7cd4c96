#include "sim/lane_merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 14 }; /* synapses that a thread takes at a time */

static struct spk_synapses *synapses_of(const struct spk_protocol_run *run, unsigned lane, size_t projection)
{
	return &run->lanes[lane].engine->network.partitions[0].tables[projection];
}

/* Some phase opens the gate of a rule that changes the weights. */
static int can_change(const struct spk_protocol_run *run, size_t projection)
{
	const size_t n = run->sim->scenario->n_projections;
	int open = 0;

	for (size_t k = 0; k < run->protocol->n_phases; k++)
		open |= run->gates[k * n + projection];
	return open && synapses_of(run, 0, projection)->has_rule;
}

int spk_merge_create(struct spk_protocol_run *run, struct spk_error *err)
{
	const size_t n = run->sim->scenario->n_projections;

	run->merged = calloc(n + 1, sizeof *run->merged);
	for (size_t k = 0; run->merged && k < n; k++) {
		const struct spk_table *table = &synapses_of(run, 0, k)->table;
		if (!can_change(run, k))
			continue;
		run->merged[k] = malloc((table->n_synapses + 1) * sizeof *run->merged[k]);
		if (!run->merged[k])
			return spk_fail(err, SPK_E_NOMEM, "out of memory for the weights of a batch");
		memcpy(run->merged[k], table->f64, table->n_synapses * sizeof *run->merged[k]);
	}
	return run->merged ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for the weights of a batch");
}

void spk_merge_free(struct spk_protocol_run *run)
{
	for (size_t k = 0; run->merged && k < run->sim->scenario->n_projections; k++)
		free(run->merged[k]);
	free(run->merged);
}

/* A projection that threads merge chunk by chunk. */
struct task {
	struct spk_protocol_run *run;
	size_t projection;
	uint64_t n;
	double w_min, w_max;
};

static void merge_chunk(void *context, unsigned number)
{
	const struct task *task = context;
	const uint64_t first = (uint64_t)number * CHUNK,
		       last = first + CHUNK < task->n ? first + CHUNK : task->n;
	double *start = task->run->merged[task->projection];

	for (uint64_t k = first; k < last; k++) {
		double w = start[k];
		for (unsigned lane = 0; lane < task->run->n_lanes; lane++)
			w += synapses_of(task->run, lane, task->projection)->table.f64[k] - start[k];
		w = fmax(task->w_min, fmin(task->w_max, w));
		for (unsigned lane = 0; lane < task->run->n_lanes; lane++)
			synapses_of(task->run, lane, task->projection)->table.f64[k] = w;
		start[k] = w;
	}
}

static void settle_lane(void *context, unsigned number)
{
	const struct spk_protocol_run *run = context;
	struct spk_engine *e = run->lanes[number].engine;

	spk_partition_settle(&e->network.partitions[0], e->t);
}

void spk_merge_weights(struct spk_protocol_run *run)
{
	spk_pool_run(run->pool, run->n_lanes, settle_lane, run);
	for (size_t k = 0; k < run->sim->scenario->n_projections; k++) {
		const struct spk_synapses *s = synapses_of(run, 0, k);
		struct task task = {.run = run, .projection = k, .n = s->table.n_synapses};
		if (!run->merged[k])
			continue;
		task.w_min = s->plastic[0].rule->w_min;
		task.w_max = s->plastic[0].rule->w_max;
		spk_pool_run(run->pool, (unsigned)((task.n + CHUNK - 1) / CHUNK), merge_chunk, &task);
	}
}
