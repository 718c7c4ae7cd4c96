#include "sim/recorder_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/det.h"

int spk_recorder_open_rate(struct spk_recorder *r, size_t k, struct spk_error *err)
{
	static const struct spk_column columns[] = {{"time", SPK_F64, "ms", "time of the sample"},
		{"rate", SPK_F64, "Hz", "population rate per neuron, from spikes"}};
	const struct spk_record_rates *record = &r->network->scenario->rates[k];
	size_t nth = 0;
	char path[SPK_RECORDER_PATH];

	r->rates[k].record = record;
	for (size_t i = 0; i < k; i++)
		nth += r->network->scenario->rates[i].population == record->population;
	spk_recorder_path(path, "rates", r->network->scenario->populations[record->population].name, nth, "");
	return spk_file_stream(r->file, path, 2, columns, &r->rates[k].stream, err);
}

static int add_to_rate(struct spk_rate_state *s, double t, struct spk_error *err)
{
	if (s->record->filter == SPK_RATE_EXPONENTIAL) {
		s->filtered = s->filtered * spk_exp((s->t_filtered - t) / s->record->width) + 1;
		s->t_filtered = t;
		return SPK_OK;
	}
	if (s->first && s->n == s->capacity) {
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

int spk_recorder_write_rate(
	struct spk_recorder *r, size_t k, double now, int inclusive, struct spk_error *err)
{
	const struct spk_scenario *sc = r->network->scenario;
	struct spk_rate_state *s = &r->rates[k];
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
int spk_recorder_feed_rates(struct spk_recorder *r, size_t population, size_t n, struct spk_error *err)
{
	int rc = SPK_OK;

	for (size_t k = 0; k < r->network->scenario->n_rates; k++)
		for (size_t i = 0; !rc && r->rates[k].record->population == population && i < n; i++) {
			rc = spk_recorder_write_rate(r, k, r->times[i], 0, err);
			if (!rc)
				rc = add_to_rate(&r->rates[k], r->times[i], err);
		}
	return rc;
}
