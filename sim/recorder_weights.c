#include "sim/recorder_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/synapse_walk.h"

enum { COPIED = 1 << 18 }; /* weights that are copied at a time */

/* Where a recording of weights goes: the projection's name, numbered if there are several. */
static void weights_path(char path[SPK_RECORDER_PATH], const struct spk_recorder *r,
	const struct spk_weights_state *w, const char *member)
{
	const struct spk_scenario *sc = r->network->scenario;
	size_t nth = 0;

	for (const struct spk_weights_state *other = r->weights; other < w; other++)
		nth += other->record->projection == w->record->projection;
	spk_recorder_path(path, "weights", sc->projections[w->record->projection].name, nth, member);
}

/* How many synapses range i of those to be traced names. */
static size_t count_rows(const struct spk_weights_state *w, size_t i)
{
	const uint64_t first = w->record->synapses.ranges[i].first, last = w->record->synapses.ranges[i].last;

	return first >= w->n_all ? 0 : (last < w->n_all ? last + 1 : w->n_all) - first;
}

/* ---- Where the synapses lie ---------------------------------------------------------------------- */

/* What is written of them once, at rank 0, and found out for traces. */
struct places_run {
	struct spk_weights_state *state;
	struct spk_array *source, *target, *delay;
	uint64_t row;    /* of the next synapse */
	uint64_t *n_met; /* [ranks] synapses of each so far */
};

/* Rows in the order in which they are asked for; `row` may stand in several ranges. */
static void note_traced(struct places_run *run, uint32_t rank)
{
	struct spk_weights_state *w = run->state;
	uint64_t at = 0;

	for (size_t i = 0; i < w->record->synapses.n; i++) {
		const uint64_t first = w->record->synapses.ranges[i].first;
		const uint64_t last = w->record->synapses.ranges[i].last;
		if (run->row >= first && run->row <= last)
			w->traced[at + run->row - first] =
				(struct spk_traced){run->row, run->n_met[rank], rank};
		at += count_rows(w, i);
	}
	run->n_met[rank]++;
	run->row++;
}

static int take_places(void *user, const struct spk_synapse_piece *piece, struct spk_error *err)
{
	struct places_run *run = user;
	int rc = spk_array_append(run->source, piece->n, piece->source, err);

	if (!rc)
		rc = spk_array_append(run->target, piece->n, piece->target, err);
	if (!rc)
		rc = spk_array_append(run->delay, piece->n, piece->delay, err);
	for (uint64_t k = 0; !rc && k < piece->n; k++)
		note_traced(run, piece->rank[k]);
	return rc;
}

static int open_places(struct spk_recorder *r, struct places_run *run, struct spk_error *err)
{
	const struct {
		const char *name, *unit, *text;
		enum spk_type type;
		struct spk_array **array;
	} arrays[] = {{"source", "", "index of the presynaptic neuron", SPK_U64, &run->source},
		{"target", "", "index of the postsynaptic neuron", SPK_U64, &run->target},
		{"delay", "ms", "axonal plus dendritic delay", SPK_F64, &run->delay}};
	char path[SPK_RECORDER_PATH];
	int rc = SPK_OK;

	for (size_t k = 0; !rc && r->file && k < sizeof arrays / sizeof *arrays; k++) {
		weights_path(path, r, run->state, arrays[k].name);
		rc = spk_file_array_open(r->file, path, arrays[k].type, run->state->n_all, arrays[k].unit,
			arrays[k].text, arrays[k].array, err);
	}
	return rc;
}

/* All ranks learn from rank 0 which synapses are traced. */
static int share_traced(struct spk_recorder *r, struct spk_weights_state *w, struct spk_error *err)
{
	return spk_ranks_complete(
		r->network->ranks, r->file ? 0 : w->n_traced, w->n_traced, sizeof *w->traced, w->traced, err);
}

static int write_places(struct spk_recorder *r, struct spk_weights_state *w, struct spk_error *err)
{
	struct places_run run = {
		.state = w, .n_met = calloc(spk_ranks_count(r->network->ranks), sizeof *run.n_met)};
	const struct spk_synapse_walk walk = {.network = r->network,
		.n = w->n_synapses,
		.places = w->places,
		.take = take_places,
		.user = &run};
	int rc = run.n_met ? open_places(r, &run, err)
			   : spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");

	if (!rc)
		rc = spk_synapse_walk(&walk, err);
	struct spk_array *const arrays[] = {run.source, run.target, run.delay};
	for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) {
		const int closed = spk_array_close(arrays[k], rc ? NULL : err);
		rc = rc ? rc : closed;
	}
	free(run.n_met);
	return rc ? rc : share_traced(r, w, err);
}

int spk_recorder_open_weights(struct spk_recorder *r, size_t k, struct spk_error *err)
{
	static const struct spk_column columns[] = {{"time", SPK_F64, "ms", "time of the sample"},
		{"synapse", SPK_U64, "", "row in source, target and delay"},
		{"weight", SPK_F64, "", "weight"}};
	struct spk_weights_state *w = &r->weights[k];
	const struct spk_record_weights *record = &r->network->scenario->weights[k];
	char path[SPK_RECORDER_PATH];

	w->record = record;
	w->last_snapshot = -1;
	int rc = spk_synapse_places(r->network, record->projection, &w->places, &w->n_synapses, err);
	w->n_all = w->n_synapses;
	if (!rc)
		rc = spk_ranks_sum(r->network->ranks, 1, &w->n_all, err);
	for (size_t i = 0; !rc && i < record->synapses.n; i++)
		w->n_traced += count_rows(w, i);
	w->traced = calloc(w->n_traced + 1, sizeof *w->traced);
	w->weights = calloc(w->n_traced + 1, sizeof *w->weights);
	if (!rc && (!w->traced || !w->weights))
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	if (!rc)
		rc = write_places(r, w, err);
	weights_path(path, r, w, "trace");
	if (!rc && record->synapses.n && r->file)
		rc = spk_file_stream(r->file, path, 3, columns, &w->trace, err);
	return rc;
}

void spk_recorder_close_weights(struct spk_weights_state *w)
{
	free(w->places);
	free(w->traced);
	free(w->weights);
}

/* ---- What is written on the way ------------------------------------------------------------------ */

static double next_snapshot(const struct spk_weights_state *w)
{
	if (isinf(w->record->every))
		return w->next_snapshot ? HUGE_VAL : 0;
	return (double)w->next_snapshot * w->record->every;
}

static double next_trace(const struct spk_weights_state *w)
{
	return w->record->synapses.n ? (double)w->next_trace * w->record->trace_every : HUGE_VAL;
}

double spk_recorder_next_weights(const struct spk_recorder *r)
{
	double t = r->is_on ? spk_recorder_next_objective(r) : HUGE_VAL;

	for (size_t k = 0; r->is_on && k < r->network->scenario->n_weights; k++)
		t = fmin(t, fmin(next_snapshot(&r->weights[k]), next_trace(&r->weights[k])));
	return t;
}

static const char snapshot_text[] = "weight of each synapse";

static void snapshot_path(char path[SPK_RECORDER_PATH], const struct spk_recorder *r,
	const struct spk_weights_state *w, uint64_t number)
{
	char member[32];

	snprintf(member, sizeof member, "snapshots/%06llu", (unsigned long long)number);
	weights_path(path, r, w, member);
}

static const char *weight_unit(const struct spk_recorder *r, const struct spk_weights_state *w)
{
	const struct spk_scenario *sc = r->network->scenario;

	return spk_dim_unit(sc->populations[sc->projections[w->record->projection].to].neuron->weight_dim);
}

struct snapshot {
	const struct spk_recorder *recorder;
	const struct spk_weights_state *state;
	struct spk_array *array;
};

static double weight_of(void *user, uint64_t k)
{
	const struct snapshot *s = user;

	return spk_synapse_weight(s->recorder->network, s->state->record->projection, &s->state->places[k]);
}

static int take_weights(void *user, const struct spk_synapse_piece *piece, struct spk_error *err)
{
	const struct snapshot *s = user;

	return spk_array_append(s->array, piece->n, piece->value, err);
}

static int write_snapshot(
	struct spk_recorder *r, struct spk_weights_state *w, double elapsed, struct spk_error *err)
{
	struct snapshot snapshot = {.recorder = r, .state = w};
	const struct spk_synapse_walk walk = {.network = r->network,
		.n = w->n_synapses,
		.places = w->places,
		.value = weight_of,
		.take = take_weights,
		.user = &snapshot};
	char path[SPK_RECORDER_PATH];
	int rc = SPK_OK;

	w->last_snapshot = elapsed;
	snapshot_path(path, r, w, w->n_snapshots++);
	if (r->file)
		rc = spk_file_array_open(r->file, path, SPK_F64, w->n_all, weight_unit(r, w), snapshot_text,
			&snapshot.array, err);
	if (!rc)
		rc = spk_synapse_walk(&walk, err);
	const int closed = spk_array_close(snapshot.array, rc ? NULL : err);
	rc = rc ? rc : closed;
	if (!rc && r->file)
		rc = spk_file_attr_f64(r->file, path, "time", r->network->scenario->start + elapsed, err);
	return rc;
}

/* Snapshot number k, piece by piece. */
static int copy_snapshot(const struct spk_recorder *r, const struct spk_weights_state *w,
	struct spk_file *from, uint64_t k, double *weights, struct spk_error *err)
{
	struct spk_array *array = NULL;
	char path[SPK_RECORDER_PATH];
	double t = 0;

	snapshot_path(path, r, w, k);
	int rc = spk_file_array_open(
		r->file, path, SPK_F64, w->n_all, weight_unit(r, w), snapshot_text, &array, err);
	for (uint64_t at = 0; !rc && at < w->n_all; at += COPIED) {
		const uint64_t n = w->n_all - at < COPIED ? w->n_all - at : COPIED;
		rc = spk_file_read(from, path, SPK_F64, at, n, weights, err);
		if (!rc)
			rc = spk_array_append(array, n, weights, err);
	}
	const int closed = spk_array_close(array, rc ? NULL : err);
	rc = rc ? rc : closed;
	if (!rc)
		rc = spk_file_read_attr_f64(from, path, "time", &t, err);
	return rc ? rc : spk_file_attr_f64(r->file, path, "time", t, err);
}

int spk_recorder_copy_snapshots(
	struct spk_recorder *r, struct spk_weights_state *w, struct spk_file *from, struct spk_error *err)
{
	double *weights = malloc(COPIED * sizeof *weights);
	int rc = weights ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");

	for (uint64_t k = 0; !rc && k < w->n_snapshots; k++)
		rc = copy_snapshot(r, w, from, k, weights, err);
	free(weights);
	return rc;
}

/* The weights of all traced synapses come in, rank by rank; they are written as they are asked for. */
static int write_trace(
	struct spk_recorder *r, struct spk_weights_state *w, double elapsed, struct spk_error *err)
{
	struct spk_ranks *ranks = r->network->ranks;
	const unsigned own = spk_ranks_number(ranks), count = spk_ranks_count(ranks);
	const double t = r->network->scenario->start + elapsed;
	struct spk_parts parts;
	size_t n = 0, *next = calloc(count, sizeof *next);

	if (!next)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	for (size_t i = 0; i < w->n_traced; i++)
		if (w->traced[i].rank == own)
			w->weights[n++] = spk_synapse_weight(
				r->network, w->record->projection, &w->places[w->traced[i].k]);
	int rc = spk_ranks_gather(ranks, n * sizeof *w->weights, w->weights, &parts, err);
	for (size_t i = 0; !rc && r->file && i < w->n_traced; i++) {
		const struct spk_traced *traced = &w->traced[i];
		const double *weights = parts.part[traced->rank].data;
		const void *columns[] = {&t, &traced->row, &weights[next[traced->rank]++]};
		rc = spk_stream_append(w->trace, 1, columns, err);
	}
	free(next);
	return rc;
}

int spk_recorder_weights(struct spk_recorder *r, double elapsed, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; r->is_on && !rc && k < r->network->scenario->n_weights; k++) {
		struct spk_weights_state *w = &r->weights[k];
		if (next_snapshot(w) <= elapsed) {
			w->next_snapshot++;
			rc = write_snapshot(r, w, elapsed, err);
		}
		if (!rc && next_trace(w) <= elapsed) {
			w->next_trace++;
			rc = write_trace(r, w, elapsed, err);
		}
	}
	return rc || !r->is_on ? rc : spk_recorder_objective_weights(r, elapsed, err);
}

int spk_recorder_last_weights(struct spk_recorder *r, double elapsed, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; r->is_on && !rc && k < r->network->scenario->n_weights; k++)
		if (next_snapshot(&r->weights[k]) > elapsed && r->weights[k].last_snapshot < elapsed)
			rc = write_snapshot(r, &r->weights[k], elapsed, err);
	if (!rc)
		rc = spk_recorder_weights(r, elapsed, err);
	return rc ? rc : spk_recorder_finish_objectives(r, err);
}
