#include "sim/lane_merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHUNK = 1 << 14, /* synapses that a thread takes at a time */
	SHARED = 1 << 22 /* weights of all lanes that ranks exchange at a time */
};

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
	return open && synapses_of(run, run->first_own, projection)->has_rule;
}

/* Synapses whose weights in all lanes are exchanged at a time; how many of these weights are of this rank. */
static uint64_t shared_synapses(const struct spk_protocol_run *run)
{
	return SHARED / run->n_lanes;
}

static size_t own_room(const struct spk_protocol_run *run)
{
	return (size_t)(run->end_own - run->first_own) * shared_synapses(run);
}

int spk_merge_create(struct spk_protocol_run *run, struct spk_error *err)
{
	const size_t n = run->sim->scenario->n_projections;

	run->merged = calloc(n + 1, sizeof *run->merged);
	run->lane_weights = calloc(run->n_lanes, sizeof *run->lane_weights);
	run->own_weights = run->ranks ? malloc(own_room(run) * sizeof *run->own_weights) : NULL;
	if (!run->lane_weights || (run->ranks && !run->own_weights))
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the weights of a batch");
	for (size_t k = 0; run->merged && k < n; k++) {
		const struct spk_table *table = &synapses_of(run, run->first_own, k)->table;
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
	free(run->own_weights);
	free(run->lane_weights);
}

/* Synapses [first, first + n) of a projection that threads merge chunk by chunk. */
struct task {
	struct spk_protocol_run *run;
	size_t projection;
	uint64_t first, n;
	double w_min, w_max;
};

static void merge_chunk(void *context, unsigned number)
{
	const struct task *task = context;
	const struct spk_protocol_run *run = task->run;
	const uint64_t first = (uint64_t)number * CHUNK,
		       last = first + CHUNK < task->n ? first + CHUNK : task->n;
	double *start = run->merged[task->projection] + task->first;

	for (uint64_t k = first; k < last; k++) {
		double w = start[k];
		for (unsigned lane = 0; lane < run->n_lanes; lane++)
			w += run->lane_weights[lane][k] - start[k];
		w = fmax(task->w_min, fmin(task->w_max, w));
		for (unsigned lane = run->first_own; lane < run->end_own; lane++)
			synapses_of(run, lane, task->projection)->table.f64[task->first + k] = w;
		start[k] = w;
	}
}

static double *own_weights(const struct task *task, unsigned lane)
{
	return synapses_of(task->run, lane, task->projection)->table.f64 + task->first;
}

/* Where the weights of all lanes are: here, or in what the ranks tell each other. */
static int find_weights(const struct task *task, struct spk_parts *parts, struct spk_error *err)
{
	struct spk_protocol_run *run = task->run;
	const size_t n_own = run->end_own - run->first_own;
	unsigned lane = 0, lo, hi;

	for (unsigned k = run->first_own; k < run->end_own; k++) {
		run->lane_weights[k] = own_weights(task, k);
		if (run->ranks)
			memcpy(run->own_weights + (k - run->first_own) * task->n, own_weights(task, k),
				task->n * sizeof *run->own_weights);
	}
	if (!run->ranks)
		return SPK_OK;
	const int rc =
		spk_ranks_share(run->ranks, n_own * task->n * sizeof(double), run->own_weights, parts, err);
	for (unsigned rank = 0; !rc && rank < parts->n; rank++) {
		const double *weights = parts->part[rank].data;
		spk_protocol_lanes(run->protocol, rank, parts->n, &lo, &hi);
		for (; lane < hi; lane++, weights += task->n)
			if (!spk_protocol_owns(run, lane))
				run->lane_weights[lane] = weights;
	}
	return rc;
}

static int merge_projection(struct spk_protocol_run *run, size_t k, struct spk_error *err)
{
	const struct spk_synapses *s = synapses_of(run, run->first_own, k);
	const uint64_t n = s->table.n_synapses, step = run->ranks ? shared_synapses(run) : n;
	struct spk_parts parts;
	int rc = SPK_OK;

	for (uint64_t first = 0; !rc && first < n; first += step) {
		struct task task = {.run = run,
			.projection = k,
			.first = first,
			.n = n - first < step ? n - first : step,
			.w_min = s->plastic[0].rule->w_min,
			.w_max = s->plastic[0].rule->w_max};
		rc = find_weights(&task, &parts, err);
		if (!rc)
			spk_pool_run(run->pool, (unsigned)((task.n + CHUNK - 1) / CHUNK), merge_chunk, &task);
	}
	return rc;
}

static void settle_lane(void *context, unsigned number)
{
	const struct spk_protocol_run *run = context;
	struct spk_engine *e = run->lanes[run->first_own + number].engine;

	spk_partition_settle(&e->network.partitions[0], e->t);
}

int spk_merge_weights(struct spk_protocol_run *run, struct spk_error *err)
{
	int rc = SPK_OK;

	spk_pool_run(run->pool, run->end_own - run->first_own, settle_lane, run);
	for (size_t k = 0; !rc && k < run->sim->scenario->n_projections; k++)
		if (run->merged[k])
			rc = merge_projection(run, k, err);
	return rc;
}
