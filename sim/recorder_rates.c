#include "sim/recorder_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/det.h"

/* Between two decays; e^100 is far from overflow. */
static const double MAX_WIDTHS = 100;

static int allocate_rate(struct spk_rate_state *s, struct spk_error *err)
{
	s->events = calloc(s->n_units + 1, sizeof *s->events);
	s->rows[0] = malloc((s->n_units + 1) * sizeof *s->rows[0]);
	s->rows[1] = malloc((s->n_units + 1) * sizeof *s->rows[1]);
	s->ids = malloc((s->n_units + 1) * sizeof *s->ids);
	if (!s->events || !s->rows[0] || !s->rows[1] || !s->ids)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for rates");
	for (uint64_t k = 0; k < s->n_units; k++)
		s->ids[k] = k;
	return SPK_OK;
}

/* Rates go into the file of rank 0, or into an objective, of which each rank works out its part. */
static int is_needed(const struct spk_recorder *r, const struct spk_record_rates *record)
{
	return r->file || record->reader.objective;
}

int spk_recorder_open_rate(struct spk_recorder *r, size_t k, struct spk_error *err)
{
	static const struct spk_column of_all[] = {{"time", SPK_F64, "ms", "time of the sample"},
		{"rate", SPK_F64, "Hz", "population rate per neuron, from spikes"}};
	static const struct spk_column of_each[] = {{"time", SPK_F64, "ms", "time of the sample"},
		{"node_ids", SPK_U64, "", "index of the unit in the population"},
		{"rate", SPK_F64, "Hz", "rate of the unit, from spikes, mean over its copies"}};
	const struct spk_record_rates *record = &r->network->scenario->rates[k];
	const struct spk_population *population = &r->network->scenario->populations[record->population];
	struct spk_rate_state *s = &r->rates[k];
	const int each = record->per_neuron;
	size_t nth = 0;
	char path[SPK_RECORDER_PATH];

	s->record = record;
	s->n_units = each ? population->size / population->copies : 1;
	s->per_unit = each ? population->copies : population->size;
	s->t_filtered = r->network->scenario->start;
	for (size_t i = 0; i < k; i++)
		nth += r->network->scenario->rates[i].population == record->population;
	spk_recorder_path(path, "rates", population->name, nth, "");
	const int rc = allocate_rate(s, err);
	return rc || record->reader.objective || !r->file ? rc
							  : spk_file_stream(r->file, path, each ? 3 : 2,
								    each ? of_each : of_all, &s->stream, err);
}

void spk_recorder_close_rate(struct spk_rate_state *s)
{
	free(s->events);
	free(s->rows[0]);
	free(s->rows[1]);
	free(s->ids);
	free(s->spikes);
}

/* Let the filtered rates decay up to time t. */
static void decay(struct spk_rate_state *s, double t)
{
	const double factor = spk_exp((s->t_filtered - t) / s->record->width);

	for (uint64_t k = 0; k < s->n_units; k++)
		s->events[k] *= factor;
	s->t_filtered = t;
}

static int reserve_spike(struct spk_rate_state *s, struct spk_error *err)
{
	if (s->first && s->n == s->capacity) {
		memmove(s->spikes, s->spikes + s->first, (s->n - s->first) * sizeof *s->spikes);
		s->n -= s->first;
		s->first = 0;
	}
	if (2 * s->n >= s->capacity) {
		const size_t capacity = s->capacity ? 2 * s->capacity : 256;
		struct spk_rate_spike *grown = realloc(s->spikes, capacity * sizeof *grown);
		if (!grown)
			return spk_fail(err, SPK_E_NOMEM, "out of memory for rates");
		s->spikes = grown;
		s->capacity = capacity;
	}
	return SPK_OK;
}

static int add_to_rate(struct spk_rate_state *s, double t, uint64_t unit, struct spk_error *err)
{
	int rc = SPK_OK;

	if (s->record->filter == SPK_RATE_EXPONENTIAL) {
		/* it enters as what decays to 1 from the time that all events hold for */
		if (t - s->t_filtered > MAX_WIDTHS * s->record->width)
			decay(s, t);
		s->events[unit] += spk_exp((t - s->t_filtered) / s->record->width);
		return SPK_OK;
	}
	rc = reserve_spike(s, err);
	if (!rc) {
		s->spikes[s->n++] = (struct spk_rate_spike){t, unit};
		s->events[unit]++;
	}
	return rc;
}

static int write_rates_at(
	const struct spk_recorder *r, struct spk_rate_state *s, double t, struct spk_error *err)
{
	const struct spk_reader *reader = &s->record->reader;
	const double width = s->record->width;
	const void *of_all[] = {s->rows[0], s->rows[1]}, *of_each[] = {s->rows[0], s->ids, s->rows[1]};

	if (s->record->filter == SPK_RATE_EXPONENTIAL)
		decay(s, t);
	for (; s->first < s->n && s->spikes[s->first].t <= t - width; s->first++)
		s->events[s->spikes[s->first].unit]--;
	for (uint64_t k = 0; k < s->n_units; k++) {
		s->rows[0][k] = t;
		s->rows[1][k] = s->per_unit ? 1000 * s->events[k] / (width * (double)s->per_unit) : 0;
	}
	if (reader->objective)
		return spk_layered_rates(
			&r->objectives[reader->objective - 1].layered, reader->layer, s->rows[1], err);
	return spk_stream_append(s->stream, s->n_units, s->record->per_neuron ? of_each : of_all, err);
}

int spk_recorder_write_rate(
	struct spk_recorder *r, size_t k, double now, int inclusive, struct spk_error *err)
{
	struct spk_rate_state *s = &r->rates[k];
	int rc = SPK_OK;

	for (; !rc && is_needed(r, s->record); s->next_grid++) {
		const double t = r->network->scenario->start + (double)s->next_grid * s->record->every;
		if (t > now || (t == now && !inclusive))
			break;
		rc = write_rates_at(r, s, t, err);
	}
	return rc;
}

/* Spikes of one population, in order of time, pass by the grid points of its rates. */
int spk_recorder_feed_rates(struct spk_recorder *r, size_t population, size_t n, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; k < r->network->scenario->n_rates; k++) {
		struct spk_rate_state *s = &r->rates[k];
		const uint64_t divisor = s->record->per_neuron ? s->per_unit : UINT64_MAX;
		const int is_fed = s->record->population == population && is_needed(r, s->record);
		for (size_t i = 0; !rc && is_fed && i < n; i++) {
			rc = spk_recorder_write_rate(r, k, r->times[i], 0, err);
			if (!rc)
				rc = add_to_rate(s, r->times[i], r->ids[i] / divisor, err);
		}
	}
	return rc;
}
