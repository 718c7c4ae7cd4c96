#include "sim/protocol.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/readout/linear_classifier.h"
#include "sim/gradient.h"
#include "sim/member.h"
#include "sim/protocol_run.h"

static const double LINEAR_PENALTY = 1e-4;

static uint64_t count_items(const struct spk_selection *items)
{
	uint64_t n = 0;

	for (size_t k = 0; k < items->n; k++)
		n += items->ranges[k].last - items->ranges[k].first + 1;
	return n;
}

/* The items of a stage in the order of one epoch, malloc'ed. */
static uint64_t *order_items(const struct spk_protocol_run *run, size_t stage, uint64_t epoch)
{
	const struct spk_stage *s = &run->protocol->stages[stage];
	const uint64_t n = count_items(&s->items);
	uint64_t *items = malloc((n + 1) * sizeof *items), at = 0;

	for (size_t k = 0; items && k < s->items.n; k++)
		for (uint64_t i = s->items.ranges[k].first; i <= s->items.ranges[k].last; i++)
			items[at++] = i;
	if (items && s->shuffled) {
		struct spk_rng rng =
			spk_rng_stream(run->sim->scenario->seed, SPK_RNG_ORDER, (uint32_t)stage, epoch);
		spk_rng_shuffle(&rng, n, items);
	}
	return items;
}

static int allocate_run(struct spk_protocol_run *run)
{
	const struct spk_scenario *sc = run->sim->scenario;

	run->n_out = run->objective->on ? sc->populations[run->objective->population].size : 0;
	run->readout = calloc(run->n_out + 1, sizeof *run->readout);
	run->direction = calloc(run->n_out + 1, sizeof *run->direction);
	run->counts = calloc(run->n_out + 1, sizeof *run->counts);
	run->shown_ever = calloc(sc->n_populations + 1, 1);
	run->shown_now = calloc(sc->n_populations + 1, 1);
	run->scores = calloc(run->protocol->n_stages + 1, sizeof *run->scores);
	return run->readout && run->direction && run->counts && run->shown_ever && run->shown_now &&
	       run->scores;
}

int spk_protocol_create(struct spk_sim *sim, struct spk_protocol_run **ret_run, struct spk_error *err)
{
	const struct spk_protocol *protocol = &sim->scenario->protocol;
	struct spk_protocol_run *run = calloc(1, sizeof *run);

	if (!run)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the protocol");
	run->sim = sim;
	run->protocol = protocol;
	run->data = &sim->scenario->datasets[protocol->dataset];
	run->objective = &protocol->objective;
	run->linear_accuracy = (double)NAN;
	run->objective_par = (struct spk_objective_par){
		.form = run->objective->kind == SPK_OBJECTIVE_SOFTMAX ? SPK_FORM_SOFTMAX : SPK_FORM_SQUARED,
		.scale = run->objective->scale,
		.target_on = run->objective->target_on,
		.target_off = run->objective->target_off};
	int rc = allocate_run(run) ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for the protocol");
	for (size_t k = 0; !rc && k < protocol->n_phases; k++)
		for (size_t i = 0; i < protocol->phases[k].n_shown; i++)
			run->shown_ever[protocol->phases[k].shown[i]] = 1;
	if (!rc && run->objective->on)
		rc = spk_gradient_create(run, err);
	if (rc) {
		spk_protocol_free(run);
		return rc;
	}
	*ret_run = run;
	return SPK_OK;
}

void spk_protocol_free(struct spk_protocol_run *run)
{
	if (!run)
		return;
	spk_gradient_free(run);
	free(run->readout);
	free(run->direction);
	free(run->counts);
	free(run->shown_ever);
	free(run->shown_now);
	free(run->scores);
	free(run);
}

/* ---- One phase ---------------------------------------------------------------------------------- */

static int is_shown(const struct spk_phase *phase, size_t population)
{
	for (size_t k = 0; k < phase->n_shown; k++)
		if (phase->shown[k] == population)
			return 1;
	return 0;
}

/*
 * Sources restart when their drive is set, so a source that goes on showing what it shows is left alone: a
 * regular source keeps its beat from one phase of a presentation to the next.
 */
static void show_item(struct spk_protocol_run *run, const struct spk_phase *phase, uint64_t item, int fresh)
{
	const struct spk_scenario *sc = run->sim->scenario;
	struct spk_engine *e = &run->sim->engine;
	const float *pixels = run->data->pixels + item * run->data->n_pixels;

	for (size_t k = 0; k < sc->n_populations; k++) {
		const int shown = run->shown_ever[k] && is_shown(phase, k);
		if (!run->shown_ever[k] || (!fresh && shown == run->shown_now[k]))
			continue;
		run->shown_now[k] = (unsigned char)shown;
		for (uint32_t p = 0; p < e->network.n_partitions; p++) {
			const struct spk_member *m = &e->network.partitions[p].members[k];
			for (uint64_t i = m->lo; i < m->hi; i++)
				spk_partition_set_drive(
					&e->network.partitions[p], k, i, e->t, shown ? (double)pixels[i] : 0);
		}
	}
}

static void inject(struct spk_protocol_run *run, size_t population, uint64_t neuron, double pa)
{
	struct spk_engine *e = &run->sim->engine;

	for (uint32_t p = 0; p < e->network.n_partitions; p++) {
		struct spk_member *m = &e->network.partitions[p].members[population];
		if (neuron >= m->lo && neuron < m->hi)
			m->type->set_current(m->group, (uint32_t)(neuron - m->lo), e->t, pa);
	}
}

/* The currents of a phase: the label as a clamp, the gradient of J as a nudge. */
static void drive_neurons(
	struct spk_protocol_run *run, const struct spk_phase *phase, int learn, double sign, uint32_t label)
{
	const struct spk_scenario *sc = run->sim->scenario;
	const struct spk_clamp *clamp = &phase->clamp;

	for (uint64_t i = 0; i < run->n_out; i++)
		inject(run, run->objective->population, i,
			learn && run->has_readout ? sign * phase->nudge * run->direction[i] : 0);
	if (!clamp->on)
		return;
	for (uint64_t i = 0; i < sc->populations[clamp->population].size; i++) {
		const double nudge = clamp->population == run->objective->population && run->objective->on &&
						     run->has_readout
					     ? sign * phase->nudge * run->direction[i]
					     : 0;
		inject(run, clamp->population, i,
			learn ? nudge + (i == label ? clamp->on_pa : clamp->off_pa) : 0);
	}
}

static void read_counts(struct spk_protocol_run *run, uint64_t *ret_counts)
{
	const struct spk_network *net = &run->sim->engine.network;

	for (uint32_t p = 0; p < net->n_partitions; p++) {
		const struct spk_member *m = &net->partitions[p].members[run->objective->population];
		for (uint64_t i = m->lo; i < m->hi; i++)
			ret_counts[i] = m->counts[i - m->lo];
	}
}

static void read_potential(struct spk_protocol_run *run)
{
	struct spk_engine *e = &run->sim->engine;
	const size_t variable = run->objective->readout == SPK_READ_U ? SPK_U : SPK_U_BAR;

	for (uint32_t p = 0; p < e->network.n_partitions; p++) {
		struct spk_partition *part = &e->network.partitions[p];
		const struct spk_member *m = &part->members[run->objective->population];
		for (uint64_t i = m->lo; i < m->hi; i++) {
			m->type->peek(m->group, (uint32_t)(i - m->lo), e->t, part->peeked);
			run->readout[i] = part->peeked[variable];
		}
	}
}

static void take_readout(struct spk_protocol_run *run, double window, uint32_t label)
{
	if (run->objective->readout == SPK_READ_RATE) {
		for (size_t i = 0; i < run->n_out; i++)
			run->readout[i] = -(double)run->counts[i];
		read_counts(run, run->counts);
		for (size_t i = 0; i < run->n_out; i++)
			run->readout[i] = 1000 * (run->readout[i] + (double)run->counts[i]) / window;
	} else {
		read_potential(run);
	}
	run->J = spk_objective_value(&run->objective_par, run->n_out, run->readout, label);
	run->predicted = spk_objective_winner(run->n_out, run->readout);
	spk_objective_gradient(&run->objective_par, run->n_out, run->readout, label, run->direction);
	run->has_readout = 1;
}

static int run_phase(struct spk_protocol_run *run, const struct spk_phase *phase, int learn, double sign,
	uint64_t item, struct spk_error *err)
{
	const uint32_t label = run->data->labels[item];
	const double window = fmin(run->objective->window, phase->duration);
	int rc = SPK_OK;

	show_item(run, phase, item, phase == run->protocol->phases);
	drive_neurons(run, phase, learn, phase->nudge_paired ? sign : 1, label);
	spk_sim_set_gate(run->sim, learn && phase->gate);
	if (phase->readout && run->objective->on && run->objective->readout == SPK_READ_RATE) {
		rc = spk_sim_advance(run->sim, run->elapsed + phase->duration - window, err);
		read_counts(run, run->counts);
	}
	run->elapsed += phase->duration;
	if (!rc)
		rc = spk_sim_advance(run->sim, run->elapsed, err);
	if (!rc && phase->readout && run->objective->on)
		take_readout(run, window, label);
	return rc;
}

/* ---- Presentations ------------------------------------------------------------------------------ */

static void reset_neurons(struct spk_protocol_run *run)
{
	struct spk_engine *e = &run->sim->engine;

	spk_engine_drop_spikes(e);
	for (uint32_t p = 0; p < e->network.n_partitions; p++)
		for (size_t k = 0; k < e->network.partitions[p].n_members; k++) {
			struct spk_member *m = &e->network.partitions[p].members[k];
			if (m->type)
				m->type->reset(m->group, e->t, m->initial);
		}
}

static int record_presentation(struct spk_protocol_run *run, double start, size_t stage, uint64_t epoch,
	uint64_t item, struct spk_error *err)
{
	const uint32_t number = (uint32_t)stage, epoch32 = (uint32_t)epoch, label = run->data->labels[item],
		       predicted = (uint32_t)run->predicted;
	const void *columns[] = {&start, &number, &epoch32, &item, &label, &predicted, &run->J};
	struct spk_stage_score *score = &run->scores[stage];

	if (!run->has_readout)
		return SPK_OK;
	score->n++;
	score->right += predicted == label;
	score->objective += run->J;
	return run->presentations_stream ? spk_stream_append(run->presentations_stream, 1, columns, err)
					 : SPK_OK;
}

static int present(
	struct spk_protocol_run *run, size_t stage, uint64_t epoch, uint64_t item, struct spk_error *err)
{
	const struct spk_stage *s = &run->protocol->stages[stage];
	const double sign = run->presentations++ % 2 ? -1 : 1;
	const double start = run->sim->scenario->start + run->elapsed;
	const int paired = spk_gradient_is_paired(run);
	int rc = SPK_OK;

	if (run->protocol->reset)
		reset_neurons(run);
	run->has_readout = 0;
	if (s->learn)
		spk_gradient_begin(run, item);
	for (size_t k = 0; !rc && k < run->protocol->n_phases; k++)
		rc = run_phase(run, &run->protocol->phases[k], s->learn, sign, item, err);
	if (rc)
		return rc;
	spk_sim_set_gate(run->sim, 0);
	if (s->learn)
		spk_gradient_end(run, run->data->labels[item], paired ? sign : 1);
	return record_presentation(run, start, stage, epoch, item, err);
}

static int open_stream(struct spk_protocol_run *run, struct spk_error *err)
{
	static const struct spk_column columns[] = {{"start", SPK_F64, "ms", "start of the presentation"},
		{"stage", SPK_U32, "", "number of the stage, a line of /protocol/stages"},
		{"epoch", SPK_U32, "", "number of the epoch in the stage"},
		{"item", SPK_U64, "", "row of the data set"}, {"label", SPK_U32, "", "label of the item"},
		{"predicted", SPK_U32, "", "unit with the largest readout"},
		{"objective", SPK_F64, "", "J at the readout"}};

	if (!run->sim->recorder.file)
		return SPK_OK;
	return spk_file_stream(run->sim->recorder.file, "/protocol/presentations",
		sizeof columns / sizeof *columns, columns, &run->presentations_stream, err);
}

/* The items of all stages that learn (or of those that do not), as the linear classifier reads them. */
static int gather_items(const struct spk_protocol_run *run, int learn, const float **features,
	uint32_t *labels, struct spk_labelled *ret_data)
{
	size_t n = 0;

	for (size_t k = 0; k < run->protocol->n_stages; k++) {
		const struct spk_stage *s = &run->protocol->stages[k];
		if (s->learn != learn || (!learn && k + 1 < run->protocol->n_stages))
			continue;
		for (size_t r = 0; r < s->items.n; r++)
			for (uint64_t i = s->items.ranges[r].first; i <= s->items.ranges[r].last; i++) {
				features[n] = run->data->pixels + i * run->data->n_pixels;
				labels[n++] = run->data->labels[i];
			}
	}
	*ret_data = (struct spk_labelled){.n = n,
		.n_features = run->data->n_pixels,
		.n_labels = run->data->n_labels,
		.features = features,
		.labels = labels};
	return n > 0;
}

/* Fit the yardstick on what the network learned from, score it on what the last stage tests. */
static int fit_linear(struct spk_protocol_run *run, struct spk_error *err)
{
	uint64_t n = 1;

	for (size_t k = 0; k < run->protocol->n_stages; k++)
		n += count_items(&run->protocol->stages[k].items);
	const float **features = malloc(n * sizeof *features);
	uint32_t *labels = malloc(n * sizeof *labels);
	double *weights = malloc(run->data->n_labels * (run->data->n_pixels + 1) * sizeof *weights);
	struct spk_labelled data;
	int rc = features && labels && weights
			 ? SPK_OK
			 : spk_fail(err, SPK_E_NOMEM, "out of memory for the linear classifier");

	if (!rc && gather_items(run, 1, features, labels, &data)) {
		rc = spk_linear_fit(&data, LINEAR_PENALTY, weights, err);
		if (!rc && gather_items(run, 0, features, labels, &data))
			rc = spk_linear_accuracy(&data, weights, &run->linear_accuracy, err);
	}
	free(features);
	free(labels);
	free(weights);
	return rc;
}

int spk_protocol_run(struct spk_protocol_run *run, struct spk_error *err)
{
	int rc = open_stream(run, err);

	for (size_t k = 0; !rc && k < run->protocol->n_stages; k++) {
		const struct spk_stage *s = &run->protocol->stages[k];
		run->sim->stage = s->name;
		for (uint64_t epoch = 0; !rc && epoch < s->epochs; epoch++) {
			const uint64_t n = count_items(&s->items);
			uint64_t *items = order_items(run, k, epoch);
			if (!items)
				rc = spk_fail(err, SPK_E_NOMEM, "out of memory for the protocol");
			for (uint64_t i = 0; !rc && i < n; i++)
				rc = present(run, k, epoch, items[i], err);
			free(items);
		}
	}
	if (!rc && run->protocol->linear_baseline)
		rc = fit_linear(run, err);
	return rc;
}
