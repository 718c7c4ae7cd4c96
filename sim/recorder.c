#include "sim/recorder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/recorder_parts.h"

static const struct spk_scenario *scenario_of(const struct spk_recorder *r)
{
	return r->network->scenario;
}

void spk_recorder_path(
	char path[SPK_RECORDER_PATH], const char *group, const char *name, size_t nth, const char *member)
{
	char suffix[24] = "";

	if (nth)
		snprintf(suffix, sizeof suffix, "_%zu", nth + 1);
	snprintf(path, SPK_RECORDER_PATH, "/%s/%s%s%s%s", group, name, suffix, *member ? "/" : "", member);
}

static int open_spikes(struct spk_recorder *r, struct spk_error *err)
{
	const struct spk_scenario *sc = scenario_of(r);
	int rc = SPK_OK;

	r->spikes = calloc(sc->n_populations + 1, sizeof *r->spikes);
	if (!r->spikes)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	for (size_t k = 0; !rc && r->file && k < sc->n_populations; k++) {
		char path[SPK_RECORDER_PATH];
		if (!sc->record_spikes[k])
			continue;
		spk_recorder_path(path, "spikes", sc->populations[k].name, 0, "");
		rc = spk_file_spikes(r->file, sc->populations[k].name, &r->spikes[k], err);
		if (!rc)
			rc = spk_file_attr_u64(r->file, path, "size", sc->populations[k].size, err);
	}
	return rc;
}

static int open_state(struct spk_recorder *r, size_t k, struct spk_error *err)
{
	const struct spk_record_state *record = &scenario_of(r)->states[k];
	const struct spk_population *population = &scenario_of(r)->populations[record->population];
	struct spk_column *columns = calloc(record->n_variables + 2, sizeof *columns);
	size_t nth = 0;
	char path[SPK_RECORDER_PATH];

	if (!columns)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	columns[0] = (struct spk_column){"time", SPK_F64, "ms", "time of the sample"};
	columns[1] = (struct spk_column){"node_ids", SPK_U64, "", "index of the neuron in the population"};
	for (size_t i = 0; i < record->n_variables; i++) {
		const struct spk_field *field = &population->neuron->states[record->variables[i]];
		columns[i + 2] =
			(struct spk_column){field->name, SPK_F64, spk_dim_unit(field->dim), field->doc};
	}
	for (size_t i = 0; i < k; i++)
		nth += scenario_of(r)->states[i].population == record->population;
	spk_recorder_path(path, "state", population->name, nth, "");
	const int rc = spk_file_stream(r->file, path, record->n_variables + 2, columns, &r->states[k], err);
	free(columns);
	return rc;
}

/* Rank 0 makes the file. */
static int create_file(struct spk_recorder *r, const char *path, int compress, struct spk_error *err)
{
	const struct spk_file_options options = {.compress = compress};
	const struct spk_scenario *sc = scenario_of(r);
	int rc = spk_file_create(path, &options, &r->file, err);

	if (!rc)
		rc = spk_file_attr_text(r->file, "/", "title", sc->title ? sc->title : "", err);
	if (!rc)
		rc = spk_file_text(r->file, "/scenario/source", sc->text ? sc->text : "", err);
	if (!rc)
		rc = spk_file_text(r->file, "/scenario/used", sc->used ? sc->used : "", err);
	return rc;
}

int spk_recorder_open(struct spk_recorder *r, const struct spk_network *network, const char *path,
	int compress, struct spk_error *err)
{
	const struct spk_scenario *sc = network->scenario;

	*r = (struct spk_recorder){.network = network, .is_on = path != NULL};
	if (!path)
		return SPK_OK;
	r->states = calloc(sc->n_states + 1, sizeof *r->states);
	r->rates = calloc(sc->n_rates + 1, sizeof *r->rates);
	r->weights = calloc(sc->n_weights + 1, sizeof *r->weights);
	r->objectives = calloc(sc->n_objectives + 1, sizeof *r->objectives);
	int rc = r->states && r->rates && r->weights && r->objectives
			 ? SPK_OK
			 : spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	if (!rc && spk_ranks_number(network->ranks) == 0)
		rc = create_file(r, path, compress, err);
	for (size_t k = 0; !rc && k < sc->n_objectives; k++)
		rc = spk_recorder_open_objective(r, k, err);
	if (rc || sc->rate_limit.run)
		return rc; /* what is recorded has columns of its own there */
	rc = open_spikes(r, err);
	for (size_t k = 0; !rc && k < sc->n_states; k++)
		if (!sc->states[k].reader.objective && r->file)
			rc = open_state(r, k, err);
	for (size_t k = 0; !rc && k < sc->n_rates; k++)
		rc = spk_recorder_open_rate(r, k, err);
	for (size_t k = 0; !rc && k < sc->n_weights; k++)
		rc = spk_recorder_open_weights(r, k, err);
	return rc ? rc : spk_rate_compare_open(sc, &r->compare, err);
}

static int reserve_scratch(struct spk_recorder *r, size_t n, struct spk_error *err)
{
	if (n <= r->capacity)
		return SPK_OK;
	double *times = realloc(r->times, 2 * n * sizeof *times);
	if (times)
		r->times = times;
	uint64_t *ids = realloc(r->ids, 2 * n * sizeof *ids);
	if (ids)
		r->ids = ids;
	if (!times || !ids)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	r->capacity = 2 * n;
	return SPK_OK;
}

int spk_recorder_spikes(
	struct spk_recorder *r, size_t n, const struct spk_fired *fired, double epoch, struct spk_error *err)
{
	const struct spk_scenario *sc = scenario_of(r);
	int rc = SPK_OK;

	r->n_spikes += n;
	if (!r->file && (!r->is_on || !sc->n_objectives))
		return SPK_OK;
	rc = reserve_scratch(r, n, err);
	for (size_t k = 0; !rc && k < sc->n_populations; k++) {
		const uint32_t first = r->network->first_id[k], last = r->network->first_id[k + 1];
		size_t m = 0;
		for (size_t i = 0; i < n; i++) {
			if (fired[i].id < first || fired[i].id >= last)
				continue;
			r->times[m] = epoch + fired[i].t;
			r->ids[m++] = fired[i].id - first;
		}
		const void *columns[] = {r->times, r->ids};
		if (m && r->spikes[k])
			rc = spk_stream_append(r->spikes[k], m, columns, err);
		if (!rc && m)
			rc = spk_recorder_feed_rates(r, k, m, err);
		spk_rate_compare_spikes(sc, &r->compare, k, m, r->times, r->ids);
	}
	return rc;
}

int spk_recorder_flush(struct spk_recorder *r, double now, int inclusive, struct spk_error *err)
{
	int rc = SPK_OK;

	if (!r->is_on) {
		for (uint32_t k = 0; k < r->network->n_partitions; k++)
			spk_partition_drop_samples(&r->network->partitions[k]);
		return SPK_OK;
	}
	for (size_t k = 0; !rc && k < scenario_of(r)->n_states; k++)
		rc = scenario_of(r)->states[k].reader.objective ? spk_recorder_take_states(r, k, err)
								: spk_recorder_write_states(r, k, err);
	for (size_t k = 0; !rc && k < scenario_of(r)->n_rates; k++)
		rc = spk_recorder_write_rate(r, k, now, inclusive, err);
	return rc ? rc : spk_recorder_write_objectives(r, err);
}

int spk_recorder_close(struct spk_recorder *r, int complete, struct spk_error *err)
{
	int rc = SPK_OK;

	if (r->file)
		rc = spk_file_close(r->file, complete, err);
	for (size_t k = 0; r->rates && k < scenario_of(r)->n_rates; k++)
		spk_recorder_close_rate(&r->rates[k]);
	for (size_t k = 0; r->weights && k < scenario_of(r)->n_weights; k++)
		spk_recorder_close_weights(&r->weights[k]);
	for (size_t k = 0; r->objectives && k < scenario_of(r)->n_objectives; k++)
		spk_recorder_close_objective(&r->objectives[k]);
	if (r->network)
		spk_rate_compare_close(scenario_of(r), &r->compare);
	free(r->spikes);
	free(r->states);
	free(r->rates);
	free(r->weights);
	free(r->objectives);
	free(r->times);
	free(r->ids);
	*r = (struct spk_recorder){0};
	return rc;
}
