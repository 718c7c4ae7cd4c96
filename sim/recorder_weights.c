#include "sim/recorder_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

static int write_places(struct spk_recorder *r, const struct spk_weights_state *w, struct spk_error *err)
{
	uint64_t *ids = malloc((w->n_synapses + 1) * sizeof *ids);
	double *delays = malloc((w->n_synapses + 1) * sizeof *delays);
	char path[SPK_RECORDER_PATH];
	int rc = ids && delays ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");

	for (uint64_t k = 0; !rc && k < w->n_synapses; k++) {
		ids[k] = w->places[k].source;
		delays[k] = w->places[k].delay;
	}
	weights_path(path, r, w, "source");
	if (!rc)
		rc = spk_file_array(r->file, path, SPK_U64, 1, &w->n_synapses, ids, "",
			"index of the presynaptic neuron", err);
	for (uint64_t k = 0; !rc && k < w->n_synapses; k++)
		ids[k] = w->places[k].target;
	weights_path(path, r, w, "target");
	if (!rc)
		rc = spk_file_array(r->file, path, SPK_U64, 1, &w->n_synapses, ids, "",
			"index of the postsynaptic neuron", err);
	weights_path(path, r, w, "delay");
	if (!rc)
		rc = spk_file_array(r->file, path, SPK_F64, 1, &w->n_synapses, delays, "ms",
			"axonal plus dendritic delay", err);
	free(ids);
	free(delays);
	return rc;
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
	if (!rc)
		rc = write_places(r, w, err);
	weights_path(path, r, w, "trace");
	if (!rc && record->synapses.n)
		rc = spk_file_stream(r->file, path, 3, columns, &w->trace, err);
	return rc;
}

static double next_snapshot(const struct spk_weights_state *w)
{
	if (isinf(w->record->every))
		return w->next_snapshot ? HUGE_VAL : 0;
	return (double)w->next_snapshot * w->record->every;
}

static double next_trace(const struct spk_weights_state *w)
{
	return w->trace ? (double)w->next_trace * w->record->trace_every : HUGE_VAL;
}

double spk_recorder_next_weights(const struct spk_recorder *r)
{
	double t = r->file ? spk_recorder_next_objective(r) : HUGE_VAL;

	for (size_t k = 0; r->file && k < r->network->scenario->n_weights; k++)
		t = fmin(t, fmin(next_snapshot(&r->weights[k]), next_trace(&r->weights[k])));
	return t;
}

static void snapshot_path(char path[SPK_RECORDER_PATH], const struct spk_recorder *r,
	const struct spk_weights_state *w, uint64_t number)
{
	char member[32];

	snprintf(member, sizeof member, "snapshots/%06llu", (unsigned long long)number);
	weights_path(path, r, w, member);
}

static int put_snapshot(struct spk_recorder *r, const struct spk_weights_state *w, const char *path,
	const double *weights, double t, struct spk_error *err)
{
	const struct spk_projection *p = &r->network->scenario->projections[w->record->projection];
	const struct spk_population *to = &r->network->scenario->populations[p->to];
	const int rc = spk_file_array(r->file, path, SPK_F64, 1, &w->n_synapses, weights,
		spk_dim_unit(to->neuron->weight_dim), "weight of each synapse", err);

	return rc ? rc : spk_file_attr_f64(r->file, path, "time", t, err);
}

static int write_snapshot(
	struct spk_recorder *r, struct spk_weights_state *w, double elapsed, struct spk_error *err)
{
	double *weights = malloc((w->n_synapses + 1) * sizeof *weights);
	char path[SPK_RECORDER_PATH];

	w->last_snapshot = elapsed;
	if (!weights)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	for (uint64_t k = 0; k < w->n_synapses; k++)
		weights[k] = spk_synapse_weight(r->network, w->record->projection, &w->places[k]);
	snapshot_path(path, r, w, w->n_snapshots++);
	const int rc = put_snapshot(r, w, path, weights, r->network->scenario->start + elapsed, err);
	free(weights);
	return rc;
}

int spk_recorder_copy_snapshots(
	struct spk_recorder *r, struct spk_weights_state *w, struct spk_file *from, struct spk_error *err)
{
	double *weights = malloc((w->n_synapses + 1) * sizeof *weights), t = 0;
	int rc = weights ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");

	for (uint64_t k = 0; !rc && k < w->n_snapshots; k++) {
		char path[SPK_RECORDER_PATH];
		snapshot_path(path, r, w, k);
		rc = spk_file_read(from, path, SPK_F64, 0, w->n_synapses, weights, err);
		if (!rc)
			rc = spk_file_read_attr_f64(from, path, "time", &t, err);
		if (!rc)
			rc = put_snapshot(r, w, path, weights, t, err);
	}
	free(weights);
	return rc;
}

static int write_trace(
	struct spk_recorder *r, struct spk_weights_state *w, double elapsed, struct spk_error *err)
{
	const double t = r->network->scenario->start + elapsed;
	int rc = SPK_OK;

	for (size_t i = 0; i < w->record->synapses.n; i++)
		for (uint64_t k = w->record->synapses.ranges[i].first;
			!rc && k <= w->record->synapses.ranges[i].last && k < w->n_synapses; k++) {
			const double weight =
				spk_synapse_weight(r->network, w->record->projection, &w->places[k]);
			const void *columns[] = {&t, &k, &weight};
			rc = spk_stream_append(w->trace, 1, columns, err);
		}
	return rc;
}

int spk_recorder_weights(struct spk_recorder *r, double elapsed, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; r->file && !rc && k < r->network->scenario->n_weights; k++) {
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
	return rc || !r->file ? rc : spk_recorder_objective_weights(r, elapsed, err);
}

int spk_recorder_last_weights(struct spk_recorder *r, double elapsed, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; r->file && !rc && k < r->network->scenario->n_weights; k++)
		if (next_snapshot(&r->weights[k]) > elapsed && r->weights[k].last_snapshot < elapsed)
			rc = write_snapshot(r, &r->weights[k], elapsed, err);
	if (!rc)
		rc = spk_recorder_weights(r, elapsed, err);
	return rc ? rc : spk_recorder_finish_objectives(r, err);
}
