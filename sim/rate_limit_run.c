/* A run of the rate limit, and what it writes. */
#include "sim/rate_limit_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/det.h"
#include "sim/member.h"
#include "sim/rate_limit.h"
#include "sim/recorder_parts.h"

/** A `record: rates`: the filter of spikes, applied to the rates of the units. */
struct meter {
	const struct spk_record_rates *record;
	struct spk_stream *stream;
	uint64_t next; /* grid point to be written */
	uint64_t mark; /* count: grid point whose window is to begin */
	double *sum;   /* [n] count: integral of the rate since the start; exponential: filtered; Hz ms */
	double *marks; /* [room * n] count: `sum` where the windows of grid points next ... mark - 1 begin */
	uint64_t room;
	double *rows[2]; /* [n] times and rates to be written */
	uint64_t *ids;
};

/** A `record: state` without the states that the rate limit has not. */
struct probe {
	const struct spk_record_state *record;
	struct spk_stream *stream;
	uint64_t next;
	size_t n_columns;  /* after time and node_ids; the last is the rate */
	size_t *variables; /* of the others */
	uint64_t n_chosen;
	uint64_t *chosen;
	double *before; /* [n_chosen * n_columns] values at the last step's end */
	double *times, *values;
};

struct run {
	struct spk_sim *sim;
	struct spk_rate_limit *limit;
	struct meter *meters; /* [n_rates] */
	struct probe *probes; /* [n_states] */
};

static int no_memory(struct spk_error *err)
{
	return spk_fail(err, SPK_E_NOMEM, "out of memory for recordings");
}

/* ---- Rates -------------------------------------------------------------------------------------- */

static int open_meter(struct run *run, size_t k, struct spk_error *err)
{
	static const struct spk_column columns[] = {{"time", SPK_F64, "ms", "time of the sample"},
		{"node_ids", SPK_U64, "", "index of the unit in the population"},
		{"rate", SPK_F64, "Hz", "rate of the unit in the rate limit"}};
	static const struct spk_column of_all[] = {{"time", SPK_F64, "ms", "time of the sample"},
		{"rate", SPK_F64, "Hz", "mean rate of the population in the rate limit"}};
	const struct spk_scenario *sc = run->limit->scenario;
	struct meter *m = &run->meters[k];
	const struct spk_record_rates *record = &sc->rates[k];
	const uint64_t n = run->limit->units[record->population].n;
	const double windows = record->filter == SPK_RATE_COUNT ? record->width / record->every : 0;
	size_t nth = 0;
	char path[SPK_RECORDER_PATH];

	m->record = record;
	m->room = (uint64_t)(windows + run->limit->dt / record->every) + 3;
	m->sum = calloc(n + 1, sizeof *m->sum);
	m->marks = calloc(m->room * n + 1, sizeof *m->marks);
	m->rows[0] = calloc(n + 1, sizeof *m->rows[0]);
	m->rows[1] = calloc(n + 1, sizeof *m->rows[1]);
	m->ids = calloc(n + 1, sizeof *m->ids);
	if (!m->sum || !m->marks || !m->rows[0] || !m->rows[1] || !m->ids)
		return no_memory(err);
	for (uint64_t i = 0; i < n; i++)
		m->ids[i] = i;
	for (size_t i = 0; i < k; i++)
		nth += sc->rates[i].population == record->population;
	if (record->reader.objective)
		return SPK_OK;
	spk_recorder_path(path, "rates", sc->populations[record->population].name, nth, "");
	return spk_file_stream(run->sim->recorder.file, path, record->per_neuron ? 3 : 2,
		record->per_neuron ? columns : of_all, &m->stream, err);
}

static int write_meter(const struct run *run, struct meter *m, uint64_t n, double t, struct spk_error *err)
{
	const struct spk_reader *reader = &m->record->reader;
	const void *of_each[] = {m->rows[0], m->ids, m->rows[1]}, *of_all[] = {m->rows[0], m->rows[1]};
	double mean = 0;

	for (uint64_t i = 0; i < n; i++) {
		m->rows[0][i] = t;
		mean += m->rows[1][i] / (double)n;
	}
	if (reader->objective)
		return spk_layered_rates(&run->sim->recorder.objectives[reader->objective - 1].layered,
			reader->layer, m->rows[1], err);
	if (m->record->per_neuron)
		return spk_stream_append(m->stream, n, of_each, err);
	m->rows[0][0] = t;
	m->rows[1][0] = mean;
	return spk_stream_append(m->stream, 1, of_all, err);
}

/* Grid points of the counting filter in the step that begins at `a` with `rate`. */
static int count_rates(
	struct run *run, struct meter *m, double a, double end, const double *rate, struct spk_error *err)
{
	const uint64_t n = run->limit->units[m->record->population].n;
	const double start = run->limit->scenario->start, every = m->record->every, width = m->record->width;
	int rc = SPK_OK;

	for (;; m->mark++) {
		const double t = start + (double)m->mark * every - width;
		if (t > end)
			break;
		double *mark = m->marks + m->mark % m->room * n;
		for (uint64_t i = 0; i < n; i++)
			mark[i] = t > start ? m->sum[i] + rate[i] * fmax(0, t - a) : 0;
	}
	for (; !rc; m->next++) {
		const double t = start + (double)m->next * every;
		if (t > end)
			break;
		const double *mark = m->marks + m->next % m->room * n;
		for (uint64_t i = 0; i < n; i++)
			m->rows[1][i] = (m->sum[i] + rate[i] * fmax(0, t - a) - mark[i]) / width;
		rc = write_meter(run, m, n, t, err);
	}
	for (uint64_t i = 0; i < n; i++)
		m->sum[i] += rate[i] * (end - a);
	return rc;
}

static int filter_rates(
	struct run *run, struct meter *m, double a, double end, const double *rate, struct spk_error *err)
{
	const uint64_t n = run->limit->units[m->record->population].n;
	const double start = run->limit->scenario->start, width = m->record->width;
	int rc = SPK_OK;

	for (; !rc; m->next++) {
		const double t = start + (double)m->next * m->record->every, since = fmax(0, t - a);
		if (t > end)
			break;
		const double gain = -spk_expm1(-since / width);
		for (uint64_t i = 0; i < n; i++)
			m->rows[1][i] = m->sum[i] / width * (1 - gain) + rate[i] * gain;
		rc = write_meter(run, m, n, t, err);
	}
	const double gain = -spk_expm1(-(end - a) / width);
	for (uint64_t i = 0; i < n; i++)
		m->sum[i] += (rate[i] * width - m->sum[i]) * gain;
	return rc;
}

/* ---- States ------------------------------------------------------------------------------------- */

static void look_at(const struct run *run, const struct probe *p, double *ret)
{
	const struct spk_rate_units *u = &run->limit->units[p->record->population];
	const size_t n_states = u->population->neuron->n_states;

	for (uint64_t i = 0; i < p->n_chosen; i++) {
		for (size_t c = 0; c + 1 < p->n_columns; c++)
			ret[c * p->n_chosen + i] = u->state[p->chosen[i] * n_states + p->variables[c]];
		ret[(p->n_columns - 1) * p->n_chosen + i] = u->rate[p->chosen[i]];
	}
}

static int allocate_probe(const struct run *run, struct probe *p, struct spk_error *err)
{
	const struct spk_rate_units *u = &run->limit->units[p->record->population];
	const size_t room = u->n * (p->record->n_variables + 1) + 1;

	p->variables = calloc(p->record->n_variables + 1, sizeof *p->variables);
	p->chosen = calloc(u->n + 1, sizeof *p->chosen);
	p->before = calloc(room, sizeof *p->before);
	p->times = calloc(u->n + 1, sizeof *p->times);
	p->values = calloc(2 * room, sizeof *p->values);
	if (!p->variables || !p->chosen || !p->before || !p->times || !p->values)
		return no_memory(err);
	for (uint64_t i = 0; i < u->n; i++)
		if (spk_selection_has(&p->record->neurons, i * u->population->copies))
			p->chosen[p->n_chosen++] = i;
	for (size_t i = 0; i < p->record->n_variables; i++)
		if (p->record->variables[i] != SPK_V_M && p->record->variables[i] != SPK_REFRACTORY)
			p->variables[p->n_columns++] = p->record->variables[i];
	p->n_columns++;
	return SPK_OK;
}

static int open_probe(struct run *run, size_t k, struct spk_error *err)
{
	const struct spk_scenario *sc = run->limit->scenario;
	struct probe *p = &run->probes[k];
	struct spk_column *columns = calloc(sc->states[k].n_variables + 3, sizeof *columns);
	size_t nth = 0;
	char path[SPK_RECORDER_PATH];

	p->record = &sc->states[k];
	int rc = columns ? allocate_probe(run, p, err) : no_memory(err);
	if (rc)
		goto out;
	look_at(run, p, p->before);
	if (p->record->reader.objective)
		goto out;
	columns[0] = (struct spk_column){"time", SPK_F64, "ms", "time of the sample"};
	columns[1] = (struct spk_column){"node_ids", SPK_U64, "", "index of the unit in the population"};
	for (size_t i = 0; i + 1 < p->n_columns; i++) {
		const struct spk_field *field =
			&sc->populations[p->record->population].neuron->states[p->variables[i]];
		columns[i + 2] =
			(struct spk_column){field->name, SPK_F64, spk_dim_unit(field->dim), field->doc};
	}
	columns[p->n_columns + 1] = (struct spk_column){"rate", SPK_F64, "Hz", "rate at this u"};
	for (size_t i = 0; i < k; i++)
		nth += sc->states[i].population == p->record->population;
	spk_recorder_path(path, "state", sc->populations[p->record->population].name, nth, "");
	rc = spk_file_stream(run->sim->recorder.file, path, p->n_columns + 2, columns, &p->stream, err);
out:
	free(columns);
	return rc;
}

/* Grid points in [a, end]: straight lines between the ends of steps. */
static int sample(struct run *run, struct probe *p, double a, double end, struct spk_error *err)
{
	const size_t n_values = p->n_columns * p->n_chosen;
	double *after = p->values, *between = p->values + n_values;
	const struct spk_reader *reader = &p->record->reader;
	const void *columns[32];
	int rc = SPK_OK;

	look_at(run, p, after);
	columns[0] = p->times;
	columns[1] = p->chosen;
	for (size_t c = 0; c < p->n_columns; c++)
		columns[c + 2] = between + c * p->n_chosen;
	for (; !rc; p->next++) {
		const double t = p->record->from + (double)p->next * p->record->every;
		const double x = fmin(1, fmax(0, (t - a) / (end - a)));
		if (t > end || t > p->record->until)
			break;
		for (size_t i = 0; i < n_values; i++)
			between[i] = p->before[i] + x * (after[i] - p->before[i]);
		for (uint64_t i = 0; i < p->n_chosen; i++)
			p->times[i] = t;
		rc = reader->objective
			     ? spk_layered_states(
				       &run->sim->recorder.objectives[reader->objective - 1].layered,
				       reader->layer, 1, between, err)
			     : spk_stream_append(p->stream, p->n_chosen, columns, err);
	}
	memcpy(p->before, after, n_values * sizeof *after);
	return rc;
}

/* ---- The run ------------------------------------------------------------------------------------ */

static int open_run(struct run *run, struct spk_error *err)
{
	const struct spk_scenario *sc = run->sim->scenario;
	int rc = spk_rate_limit_create(&run->sim->engine.network, &run->limit, err);

	run->meters = calloc(sc->n_rates + 1, sizeof *run->meters);
	run->probes = calloc(sc->n_states + 1, sizeof *run->probes);
	if (!rc && (!run->meters || !run->probes))
		rc = no_memory(err);
	for (size_t k = 0; !rc && run->sim->recorder.file && k < sc->n_rates; k++)
		rc = open_meter(run, k, err);
	for (size_t k = 0; !rc && run->sim->recorder.file && k < sc->n_states; k++)
		rc = open_probe(run, k, err);
	return rc;
}

static void close_run(struct run *run)
{
	const struct spk_scenario *sc = run->sim->scenario;

	for (size_t k = 0; run->meters && k < sc->n_rates; k++) {
		struct meter *m = &run->meters[k];
		free(m->sum);
		free(m->marks);
		free(m->rows[0]);
		free(m->rows[1]);
		free(m->ids);
	}
	for (size_t k = 0; run->probes && k < sc->n_states; k++) {
		struct probe *p = &run->probes[k];
		free(p->variables);
		free(p->chosen);
		free(p->before);
		free(p->times);
		free(p->values);
	}
	free(run->meters);
	free(run->probes);
	spk_rate_limit_free(run->limit);
}

static int record_step(struct run *run, double a, struct spk_error *err)
{
	const struct spk_scenario *sc = run->sim->scenario;
	/* the last step reaches to the end, whatever the rounding of the others */
	const double end = run->limit->step == run->limit->n_steps
				   ? sc->start + sc->duration
				   : sc->start + (double)run->limit->step * run->limit->dt;
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < sc->n_rates; k++) {
		struct meter *m = &run->meters[k];
		const double *rate = spk_rate_limit_last(run->limit, m->record->population);
		rc = (m->record->filter == SPK_RATE_COUNT ? count_rates : filter_rates)(
			run, m, a, end, rate, err);
	}
	for (size_t k = 0; !rc && k < sc->n_states; k++)
		rc = sample(run, &run->probes[k], a, end, err);
	return rc ? rc : spk_recorder_write_objectives(&run->sim->recorder, err);
}

int spk_rate_limit_run(struct spk_sim *sim, struct spk_error *err)
{
	struct run run = {.sim = sim};
	int rc = open_run(&run, err);

	while (!rc && run.limit->step < run.limit->n_steps) {
		const double a = sim->scenario->start + (double)run.limit->step * run.limit->dt;
		spk_rate_limit_advance(run.limit, sim->engine.pool);
		if (sim->recorder.file)
			rc = record_step(&run, a, err);
		if (!rc)
			rc = spk_sim_tell(sim, a + run.limit->dt, err);
	}
	if (!rc)
		rc = spk_recorder_finish_objectives(&sim->recorder, err);
	close_run(&run);
	return rc;
}
