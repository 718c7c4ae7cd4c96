#include "sim/lane_readout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/phase.h"
#include "sim/protocol_run.h"

enum { MAX_PATH = 128 };

static const struct spk_protocol_readout *plan_of(const struct spk_lane *lane, size_t k)
{
	return &lane->run->protocol->readouts[k];
}

static uint64_t count_units(const struct spk_scenario *scenario, const struct spk_protocol_readout *plan)
{
	return scenario->populations[plan->population].size / scenario->populations[plan->population].copies;
}

int spk_lane_readouts_init(struct spk_lane *lane, struct spk_error *err)
{
	const size_t n = lane->run->protocol->n_readouts;
	int ok;

	lane->readouts = calloc(n + 1, sizeof *lane->readouts);
	ok = lane->readouts != NULL;
	for (size_t k = 0; ok && k < n; k++) {
		const uint64_t units = count_units(lane->scenario, plan_of(lane, k));
		struct spk_lane_readout *r = &lane->readouts[k];
		r->from = HUGE_VAL;
		r->sums = calloc(units + 1, sizeof *r->sums);
		r->values = calloc(units + 1, sizeof *r->values);
		ok = r->sums && r->values;
	}
	return ok ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for readouts");
}

void spk_lane_readouts_clear(struct spk_lane *lane)
{
	for (size_t k = 0; lane->readouts && k < lane->run->protocol->n_readouts; k++) {
		free(lane->readouts[k].sums);
		free(lane->readouts[k].values);
	}
	free(lane->readouts);
}

/* ---- Taking ------------------------------------------------------------------------------------- */

static int is_wanted(const struct spk_lane *lane, size_t k, size_t phase)
{
	return plan_of(lane, k)->phase == phase && plan_of(lane, k)->stages[lane->now.stage];
}

void spk_lane_readouts_begin(struct spk_lane *lane, size_t phase)
{
	const double end = lane->elapsed + spk_phase_duration(lane->scenario, phase, lane->now.number);

	for (size_t k = 0; k < lane->run->protocol->n_readouts; k++) {
		struct spk_lane_readout *r = &lane->readouts[k];
		const struct spk_protocol_readout *plan = plan_of(lane, k);
		if (phase == 0)
			r->is_taken = 0;
		if (!is_wanted(lane, k, phase))
			continue;
		memset(r->sums, 0, count_units(lane->scenario, plan) * sizeof *r->sums);
		if (plan->readout == SPK_READ_RATE)
			r->from = fmax(lane->elapsed, end - plan->window);
	}
}

/* Counting what is handed out, in place of stopping at the window's start, changes no bit of a run. */
void spk_lane_readouts_count(struct spk_lane *lane, size_t n, const struct spk_fired *fired)
{
	const struct spk_engine *e = lane->engine;
	const double epoch = (double)e->epoch_cell * e->network.cell_ms;

	for (size_t k = 0; k < lane->run->protocol->n_readouts; k++) {
		const struct spk_lane_readout *r = &lane->readouts[k];
		const size_t population = plan_of(lane, k)->population;
		const uint32_t *first = e->network.first_id + population;
		const uint64_t copies = lane->scenario->populations[population].copies;
		if (isinf(r->from))
			continue;
		for (size_t i = 0; i < n; i++)
			if (fired[i].t >= r->from - epoch && fired[i].id >= first[0] &&
				fired[i].id < first[1])
				r->sums[(fired[i].id - first[0]) / copies]++;
	}
}

/* The copies of a unit may live on several ranks: all their potentials first, then the sums in one order. */
static int add_potentials(
	struct spk_lane *lane, const struct spk_protocol_readout *plan, double *sums, struct spk_error *err)
{
	struct spk_engine *e = lane->engine;
	const size_t variable = plan->readout == SPK_READ_U ? SPK_U : SPK_U_BAR;
	const struct spk_population *population = &lane->scenario->populations[plan->population];
	double *potentials = malloc((population->size + 1) * sizeof *potentials);

	if (!potentials)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for readouts");
	for (uint32_t p = 0; p < e->network.n_partitions; p++) {
		struct spk_partition *part = &e->network.partitions[p];
		const struct spk_member *m = &part->members[plan->population];
		for (uint64_t i = m->lo; i < m->hi; i++) {
			m->type->peek(m->group, (uint32_t)(i - m->lo), e->t, part->peeked);
			potentials[i] = part->peeked[variable];
		}
	}
	const int rc =
		spk_network_complete(&e->network, plan->population, sizeof *potentials, potentials, err);
	for (uint64_t i = 0; !rc && i < population->size; i++)
		sums[i / population->copies] += potentials[i];
	free(potentials);
	return rc;
}

int spk_lane_readouts_take(struct spk_lane *lane, size_t phase, struct spk_error *err)
{
	const double duration = spk_phase_duration(lane->scenario, phase, lane->now.number);
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < lane->run->protocol->n_readouts; k++) {
		const struct spk_protocol_readout *plan = plan_of(lane, k);
		struct spk_lane_readout *r = &lane->readouts[k];
		double each = (double)lane->scenario->populations[plan->population].copies;
		if (!is_wanted(lane, k, phase))
			continue;
		if (plan->readout == SPK_READ_RATE)
			each *= fmin(plan->window, duration) / 1000;
		else
			rc = add_potentials(lane, plan, r->sums, err);
		for (uint64_t i = 0; i < count_units(lane->scenario, plan); i++)
			r->values[i] = (float)(r->sums[i] / each);
		r->from = HUGE_VAL;
		r->is_taken = 1;
	}
	return rc;
}

/* ---- Writing ------------------------------------------------------------------------------------ */

static int open_one(const struct spk_protocol_readout *plan, const struct spk_scenario *scenario,
	struct spk_file *file, struct spk_stream **ret_stream, struct spk_error *err)
{
	const struct spk_column columns[] = {{"values", SPK_F32, plan->readout == SPK_READ_RATE ? "Hz" : "mV",
						     "readout of each unit, a row for each presentation"},
		{"stage", SPK_U32, "", "number of the stage, a line of /protocol/stages"},
		{"epoch", SPK_U32, "", "number of the epoch in the stage"},
		{"item", SPK_U64, "", "row of the data set"}, {"label", SPK_U32, "", "label of the item"}};
	const size_t widths[sizeof columns / sizeof *columns] = {(size_t)count_units(scenario, plan)};
	char path[MAX_PATH];
	int rc;

	snprintf(path, sizeof path, "/protocol/readouts/%s", plan->name);
	rc = spk_file_wide_stream(
		file, path, sizeof columns / sizeof *columns, columns, widths, ret_stream, err);
	return rc ? rc
		  : spk_file_attr_text(
			    file, path, "population", scenario->populations[plan->population].name, err);
}

int spk_readouts_open(const struct spk_protocol *protocol, const struct spk_scenario *scenario,
	struct spk_file *file, struct spk_stream ***ret_streams, struct spk_error *err)
{
	struct spk_stream **streams = calloc(protocol->n_readouts + 1, sizeof *streams);
	int rc = streams ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for readouts");

	for (size_t k = 0; !rc && k < protocol->n_readouts; k++)
		rc = open_one(&protocol->readouts[k], scenario, file, &streams[k], err);
	if (rc)
		free(streams);
	else
		*ret_streams = streams;
	return rc;
}

int spk_readouts_write(const struct spk_lane *lane, struct spk_stream **streams, struct spk_error *err)
{
	const struct spk_presented *now = &lane->now;
	const uint32_t stage = (uint32_t)now->stage, epoch = (uint32_t)now->epoch,
		       label = lane->run->data->labels[now->item];
	int rc = SPK_OK;

	for (size_t k = 0; streams && !rc && k < lane->run->protocol->n_readouts; k++) {
		const struct spk_lane_readout *r = &lane->readouts[k];
		const void *columns[] = {r->values, &stage, &epoch, &now->item, &label};
		if (r->is_taken)
			rc = spk_stream_append(streams[k], 1, columns, err);
	}
	return rc;
}
