#include "sim/recorder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/det.h"

enum { MAX_PATH = 512 };

static const struct spk_scenario *scenario_of(const struct spk_recorder *r)
{
	return r->network->scenario;
}

static void make_path(char path[MAX_PATH], const char *group, const char *name, const char *member)
{
	snprintf(path, MAX_PATH, "/%s/%s%s%s", group, name, *member ? "/" : "", member);
}

static int open_spikes(struct spk_recorder *r, struct spk_error *err)
{
	const struct spk_scenario *sc = scenario_of(r);
	int rc = SPK_OK;

	r->spikes = calloc(sc->n_populations + 1, sizeof *r->spikes);
	if (!r->spikes)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	for (size_t k = 0; !rc && k < sc->n_populations; k++) {
		char path[MAX_PATH];
		if (!sc->record_spikes[k])
			continue;
		make_path(path, "spikes", sc->populations[k].name, "");
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
	char path[MAX_PATH];

	if (!columns)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	columns[0] = (struct spk_column){"time", SPK_F64, "ms", "time of the sample"};
	columns[1] = (struct spk_column){"node_ids", SPK_U64, "", "index of the neuron in the population"};
	for (size_t i = 0; i < record->n_variables; i++) {
		const struct spk_field *field = &population->neuron->states[record->variables[i]];
		columns[i + 2] = (struct spk_column){field->name, SPK_F64, spk_dim_unit(field->dim), field->doc};
	}
	make_path(path, "state", population->name, "");
	const int rc = spk_file_stream(r->file, path, record->n_variables + 2, columns, &r->states[k], err);
	free(columns);
	return rc;
}

static int open_rate(struct spk_recorder *r, size_t k, struct spk_error *err)
{
	static const struct spk_column columns[] = {{"time", SPK_F64, "ms", "time of the sample"},
		{"rate", SPK_F64, "Hz", "population rate per neuron, from spikes"}};
	const struct spk_record_rates *record = &scenario_of(r)->rates[k];
	char path[MAX_PATH];

	r->rates[k].record = record;
	make_path(path, "rates", scenario_of(r)->populations[record->population].name, "");
	return spk_file_stream(r->file, path, 2, columns, &r->rates[k].stream, err);
}

static int compare_places(const void *left, const void *right)
{
	const struct spk_synapse_place *a = left, *b = right;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->delay != b->delay)
		return a->delay < b->delay ? -1 : 1;
	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	return (a->k > b->k) - (a->k < b->k); /* a target lies in one partition */
}

int spk_synapse_places(const struct spk_network *network, size_t projection, struct spk_synapse_place **ret_places,
	uint64_t *ret_n, struct spk_error *err)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < network->n_partitions; i++)
		n += network->partitions[i].tables[projection].table.n_synapses;
	struct spk_synapse_place *places = malloc((n + 1) * sizeof *places);
	if (!places)
		return spk_fail(err, SPK_E_NOMEM, "out of memory to order %llu synapses", (unsigned long long)n);
	n = 0;
	for (uint32_t i = 0; i < network->n_partitions; i++) {
		const struct spk_partition *p = &network->partitions[i];
		const struct spk_table *table = &p->tables[projection].table;
		const uint64_t lo = p->members[p->tables[projection].to].lo;
		for (uint64_t row = 0; row < table->n_rows; row++)
			for (uint32_t k = 0; k < table->rows[row].n; k++) {
				const uint32_t at = table->rows[row].first + k;
				places[n++] = (struct spk_synapse_place){table->source_of_row[row],
					(uint32_t)(lo + table->target[at]), i, at, table->rows[row].delay};
			}
	}
	qsort(places, n, sizeof *places, compare_places);
	*ret_places = places;
	*ret_n = n;
	return SPK_OK;
}

double spk_synapse_weight(const struct spk_network *network, size_t projection, const struct spk_synapse_place *place)
{
	return spk_table_weight(&network->partitions[place->partition].tables[projection].table, place->k);
}

static int write_places(struct spk_recorder *r, const struct spk_weights_state *w, const char *name,
	struct spk_error *err)
{
	uint64_t *ids = malloc((w->n_synapses + 1) * sizeof *ids);
	double *delays = malloc((w->n_synapses + 1) * sizeof *delays);
	char path[MAX_PATH];
	int rc = ids && delays ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");

	for (uint64_t k = 0; !rc && k < w->n_synapses; k++) {
		ids[k] = w->places[k].source;
		delays[k] = w->places[k].delay;
	}
	make_path(path, "weights", name, "source");
	if (!rc)
		rc = spk_file_array(r->file, path, SPK_U64, 1, &w->n_synapses, ids, "",
			"index of the presynaptic neuron", err);
	for (uint64_t k = 0; !rc && k < w->n_synapses; k++)
		ids[k] = w->places[k].target;
	make_path(path, "weights", name, "target");
	if (!rc)
		rc = spk_file_array(r->file, path, SPK_U64, 1, &w->n_synapses, ids, "",
			"index of the postsynaptic neuron", err);
	make_path(path, "weights", name, "delay");
	if (!rc)
		rc = spk_file_array(r->file, path, SPK_F64, 1, &w->n_synapses, delays, "ms",
			"axonal plus dendritic delay", err);
	free(ids);
	free(delays);
	return rc;
}

static int open_weights(struct spk_recorder *r, size_t k, struct spk_error *err)
{
	static const struct spk_column columns[] = {{"time", SPK_F64, "ms", "time of the sample"},
		{"synapse", SPK_U64, "", "row in source, target and delay"}, {"weight", SPK_F64, "", "weight"}};
	struct spk_weights_state *w = &r->weights[k];
	const struct spk_record_weights *record = &scenario_of(r)->weights[k];
	const char *name = scenario_of(r)->projections[record->projection].name;
	char path[MAX_PATH];

	w->record = record;
	int rc = spk_synapse_places(r->network, record->projection, &w->places, &w->n_synapses, err);
	if (!rc)
		rc = write_places(r, w, name, err);
	make_path(path, "weights", name, "trace");
	if (!rc && record->synapses.n)
		rc = spk_file_stream(r->file, path, 3, columns, &w->trace, err);
	return rc;
}

int spk_recorder_open(struct spk_recorder *r, const struct spk_network *network, const char *path, int compress,
	struct spk_error *err)
{
	const struct spk_file_options options = {.compress = compress};
	const struct spk_scenario *sc = network->scenario;

	*r = (struct spk_recorder){.network = network};
	if (!path)
		return SPK_OK;
	r->states = calloc(sc->n_states + 1, sizeof *r->states);
	r->rates = calloc(sc->n_rates + 1, sizeof *r->rates);
	r->weights = calloc(sc->n_weights + 1, sizeof *r->weights);
	int rc = r->states && r->rates && r->weights ? SPK_OK
						     : spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	if (!rc)
		rc = spk_file_create(path, &options, &r->file, err);
	if (!rc)
		rc = spk_file_attr_text(r->file, "/", "title", sc->title ? sc->title : "", err);
	if (!rc)
		rc = spk_file_text(r->file, "/scenario/source", sc->text ? sc->text : "", err);
	if (!rc)
		rc = spk_file_text(r->file, "/scenario/used", sc->used ? sc->used : "", err);
	if (!rc)
		rc = open_spikes(r, err);
	for (size_t k = 0; !rc && k < sc->n_states; k++)
		rc = open_state(r, k, err);
	for (size_t k = 0; !rc && k < sc->n_rates; k++)
		rc = open_rate(r, k, err);
	for (size_t k = 0; !rc && k < sc->n_weights; k++)
		rc = open_weights(r, k, err);
	return rc;
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

static int add_to_rate(struct spk_rate_state *s, double t, struct spk_error *err)
{
	if (s->record->filter == SPK_RATE_EXPONENTIAL) {
		s->filtered = s->filtered * spk_exp((s->t_filtered - t) / s->record->width) + 1;
		s->t_filtered = t;
		return SPK_OK;
	}
	if (s->n == s->capacity) {
		memmove(s->t, s->t + s->first, (s->n - s->first) * sizeof *s->t);
		s->n -= s->first;
		s->first = 0;
	}
	if (2 * s->n >= s->capacity) {
		const size_t capacity = s->capacity ? 2 * s->capacity : 256;
		double *grown = realloc(s->t, capacity * sizeof *grown);
		if (!grown)
			return spk_fail(err, SPK_E_NOMEM, "out of memory for rates");
		s->t = grown;
		s->capacity = capacity;
	}
	s->t[s->n++] = t;
	return SPK_OK;
}

static double rate_at(struct spk_rate_state *s, double t, uint64_t size)
{
	const double width = s->record->width;
	double events;

	if (size == 0)
		return 0;
	if (s->record->filter == SPK_RATE_EXPONENTIAL) {
		events = s->filtered * spk_exp((s->t_filtered - t) / width);
	} else {
		while (s->first < s->n && s->t[s->first] <= t - width)
			s->first++;
		events = (double)(s->n - s->first);
	}
	return 1000 * events / (width * (double)size);
}

static int write_rates(struct spk_recorder *r, struct spk_rate_state *s, double now, int inclusive,
	struct spk_error *err)
{
	const struct spk_scenario *sc = scenario_of(r);
	int rc = SPK_OK;

	for (; !rc; s->next_grid++) {
		const double t = sc->start + (double)s->next_grid * s->record->every;
		if (t > now || (t == now && !inclusive))
			break;
		const double rate = rate_at(s, t, sc->populations[s->record->population].size);
		const void *columns[] = {&t, &rate};
		rc = spk_stream_append(s->stream, 1, columns, err);
	}
	return rc;
}

/* Spikes of one population, in order of time, pass by the grid points of its rates. */
static int feed_rates(struct spk_recorder *r, size_t population, size_t n, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; k < scenario_of(r)->n_rates; k++)
		for (size_t i = 0; !rc && r->rates[k].record->population == population && i < n; i++) {
			rc = write_rates(r, &r->rates[k], r->times[i], 0, err);
			if (!rc)
				rc = add_to_rate(&r->rates[k], r->times[i], err);
		}
	return rc;
}

int spk_recorder_spikes(struct spk_recorder *r, size_t n, const struct spk_fired *fired, double epoch,
	struct spk_error *err)
{
	const struct spk_scenario *sc = scenario_of(r);
	int rc = SPK_OK;

	r->n_spikes += n;
	if (!r->file)
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
			rc = feed_rates(r, k, m, err);
	}
	return rc;
}

/* Rows [first, first + n) of a sampler, one stream column after the other. */
static int write_samples(struct spk_recorder *r, size_t k, const struct spk_sampler *s, size_t first, size_t n,
	struct spk_error *err)
{
	const size_t n_variables = s->record->n_variables;
	const void **columns = malloc((n_variables + 2) * sizeof *columns);
	double *values = malloc((n * n_variables + 1) * sizeof *values);
	int rc = columns && values ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");

	if (!rc) {
		columns[0] = s->t + first;
		columns[1] = s->ids + first;
		for (size_t i = 0; i < n_variables; i++) {
			for (size_t row = 0; row < n; row++)
				values[i * n + row] = s->values[(first + row) * n_variables + i];
			columns[i + 2] = values + i * n;
		}
		rc = spk_stream_append(r->states[k], n, columns, err);
	}
	free(columns);
	free(values);
	return rc;
}

/* All partitions sampled the same grid points; write them point by point, partition by partition. */
static int drain_samples(struct spk_recorder *r, size_t k, struct spk_error *err)
{
	const struct spk_network *net = r->network;
	int rc = SPK_OK;

	if (net->n_partitions == 1) {
		struct spk_sampler *s = &net->partitions[0].samplers[k];
		rc = s->n ? write_samples(r, k, s, 0, s->n, err) : SPK_OK;
		s->n = 0;
		return rc;
	}
	for (size_t point = 0, more = 1; !rc && more; point++) {
		more = 0;
		for (uint32_t i = 0; !rc && i < net->n_partitions; i++) {
			const struct spk_sampler *s = &net->partitions[i].samplers[k];
			if (s->n_neurons == 0 || (point + 1) * s->n_neurons > s->n)
				continue;
			rc = write_samples(r, k, s, point * s->n_neurons, s->n_neurons, err);
			more = 1;
		}
	}
	for (uint32_t i = 0; i < net->n_partitions; i++)
		net->partitions[i].samplers[k].n = 0;
	return rc;
}

int spk_recorder_flush(struct spk_recorder *r, double now, int inclusive, struct spk_error *err)
{
	int rc = SPK_OK;

	if (!r->file)
		return SPK_OK;
	for (size_t k = 0; !rc && k < scenario_of(r)->n_states; k++)
		rc = drain_samples(r, k, err);
	for (size_t k = 0; !rc && k < scenario_of(r)->n_rates; k++)
		rc = write_rates(r, &r->rates[k], now, inclusive, err);
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
	double t = INFINITY;

	for (size_t k = 0; r->file && k < scenario_of(r)->n_weights; k++)
		t = fmin(t, fmin(next_snapshot(&r->weights[k]), next_trace(&r->weights[k])));
	return t;
}

static int write_snapshot(struct spk_recorder *r, struct spk_weights_state *w, double elapsed, struct spk_error *err)
{
	const struct spk_projection *p = &scenario_of(r)->projections[w->record->projection];
	const struct spk_population *to = &scenario_of(r)->populations[p->to];
	double *weights = malloc((w->n_synapses + 1) * sizeof *weights);
	char path[MAX_PATH], member[32];

	if (!weights)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
	for (uint64_t k = 0; k < w->n_synapses; k++)
		weights[k] = spk_synapse_weight(r->network, w->record->projection, &w->places[k]);
	snprintf(member, sizeof member, "snapshots/%06llu", (unsigned long long)w->n_snapshots++);
	make_path(path, "weights", p->name, member);
	int rc = spk_file_array(r->file, path, SPK_F64, 1, &w->n_synapses, weights,
		spk_dim_unit(to->neuron->weight_dim), "weight of each synapse", err);
	if (!rc)
		rc = spk_file_attr_f64(r->file, path, "time", scenario_of(r)->start + elapsed, err);
	free(weights);
	return rc;
}

static int write_trace(struct spk_recorder *r, struct spk_weights_state *w, double elapsed, struct spk_error *err)
{
	const double t = scenario_of(r)->start + elapsed;
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

	for (size_t k = 0; r->file && !rc && k < scenario_of(r)->n_weights; k++) {
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
	return rc;
}

int spk_recorder_last_weights(struct spk_recorder *r, double elapsed, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; r->file && !rc && k < scenario_of(r)->n_weights; k++)
		if (!(next_snapshot(&r->weights[k]) <= elapsed))
			rc = write_snapshot(r, &r->weights[k], elapsed, err);
	return rc ? rc : spk_recorder_weights(r, elapsed, err);
}

int spk_recorder_close(struct spk_recorder *r, int complete, struct spk_error *err)
{
	int rc = SPK_OK;

	if (r->file)
		rc = spk_file_close(r->file, complete, err);
	for (size_t k = 0; r->rates && k < scenario_of(r)->n_rates; k++)
		free(r->rates[k].t);
	for (size_t k = 0; r->weights && k < scenario_of(r)->n_weights; k++)
		free(r->weights[k].places);
	free(r->spikes);
	free(r->states);
	free(r->rates);
	free(r->weights);
	free(r->times);
	free(r->ids);
	*r = (struct spk_recorder){0};
	return rc;
}
