#include "sim/source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char RATE[] = "rate";

static double draw_next(struct spk_member *m, size_t k, double t, int fresh)
{
	struct spk_source_unit *unit = &m->units[k];
	const struct spk_source_model *model = m->population->source;

	return t + model->next(m->par + k * model->n_params, unit->state, unit->drive, t - unit->t_set, fresh,
			   &unit->rng);
}

void spk_source_set_drive(struct spk_member *m, size_t k, double t, double drive)
{
	if (m->population->source->takes_spikes)
		return;
	m->units[k].drive = drive;
	m->units[k].t_set = t;
	spk_due_set(&m->due, k, draw_next(m, k, t, 1));
}

void spk_source_set_rate(struct spk_member *m, double t, double rate_hz)
{
	const struct spk_source_model *model = m->population->source;

	for (size_t i = 0; i < model->n_params; i++) {
		if (strcmp(model->params[i].name, RATE) != 0)
			continue;
		for (size_t k = 0; k < m->hi - m->lo; k++) {
			m->par[k * model->n_params + i] = rate_hz;
			spk_source_set_drive(m, k, t, m->units[k].drive);
		}
	}
}

void spk_source_rebase(struct spk_member *m, double shift)
{
	for (size_t k = 0; k < m->hi - m->lo; k++)
		m->units[k].t_set -= shift;
	spk_due_rebase(&m->due, shift);
}

static int run_list(struct spk_member *m, double a, double b, double epoch)
{
	const struct spk_population *population = m->population;
	int rc = SPK_OK;

	for (; !rc && m->next_listed < population->n_spikes; m->next_listed++) {
		/* far from time 0 the epoch is rounded, and a spike seems to come before its stretch */
		const double t = fmax(a, population->spike_times[m->next_listed] - epoch);
		const uint64_t id = population->spike_ids[m->next_listed];
		if (t >= b)
			break;
		if (id < m->lo || id >= m->hi)
			continue;
		spk_member_count(m, id - m->lo);
		rc = spk_fired_append(&m->partition->fired, t, (uint32_t)(m->first_id + (id - m->lo)));
	}
	return rc;
}

static int fire_source(void *context, size_t k, double t, double *ret_next)
{
	struct spk_member *m = context;

	spk_member_count(m, k);
	*ret_next = draw_next(m, k, t, 0);
	return spk_fired_append(&m->partition->fired, t, (uint32_t)(m->first_id + k));
}

int spk_source_run(struct spk_member *m, double a, double b, double epoch)
{
	if (m->population->source->takes_spikes)
		return run_list(m, a, b, epoch);
	return spk_due_run(&m->due, b, fire_source, m);
}

static double rate_of(const struct spk_input_stream *s, size_t k)
{
	return isnan(s->rate) ? s->own_rate[k] : s->rate;
}

static double draw_event(struct spk_input_stream *s, size_t k, double t)
{
	const double per_ms = rate_of(s, k) / 1000;

	return per_ms > 0 ? t + spk_rng_exponential(&s->rng[k]) / per_ms : HUGE_VAL;
}

void spk_stream_start(struct spk_input_stream *s, double t)
{
	for (size_t k = 0; k < s->n; k++)
		spk_due_set(&s->due, k, draw_event(s, k, t));
}

void spk_stream_set_rate(struct spk_input_stream *s, double t, double rate_hz)
{
	s->rate = rate_hz;
	spk_stream_start(s, t); /* a Poisson process has no memory */
}

void spk_stream_rebase(struct spk_input_stream *s, double shift)
{
	spk_due_rebase(&s->due, shift);
}

/* A stream and where its events go to. */
struct sink {
	struct spk_input_stream *stream;
	struct spk_bin *events;
};

static int add_event(void *context, size_t k, double t, double *ret_next)
{
	const struct sink *sink = context;
	struct spk_bin *events = sink->events;

	*ret_next = draw_event(sink->stream, k, t);
	if (events->n == events->capacity && !spk_bin_reserve(events, events->n + 1))
		return SPK_E_NOMEM;
	events->items[events->n++] =
		(struct spk_single){t, sink->stream->weight, SPK_SINGLE_INPUT, sink->stream->neurons[k]};
	return SPK_OK;
}

int spk_stream_run(struct spk_input_stream *s, double b, struct spk_bin *events)
{
	struct sink sink = {s, events};

	return spk_due_run(&s->due, b, add_event, &sink);
}
