#include "sim/protocol.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/readout/linear_classifier.h"
#include "sim/checkpoint.h"
#include "sim/gradient.h"
#include "sim/lane_gather.h"
#include "sim/lane_merge.h"
#include "sim/protocol_run.h"

static const double LINEAR_PENALTY = 1e-4;

static uint64_t count_items(const struct spk_selection *items)
{
	uint64_t n = 0;

	for (size_t k = 0; k < items->n; k++)
		n += items->ranges[k].last - items->ranges[k].first + 1;
	return n;
}

uint64_t spk_protocol_items(const struct spk_protocol_run *run, size_t stage)
{
	return count_items(&run->protocol->stages[stage].items);
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

static void mark(const struct spk_subset *subset, size_t n, unsigned char *ret_marks)
{
	for (size_t k = 0; k < n; k++)
		ret_marks[k] = subset->all != 0;
	for (size_t k = 0; k < subset->n; k++)
		ret_marks[subset->list[k]] = 1;
}

static int allocate_run(struct spk_protocol_run *run)
{
	const struct spk_scenario *sc = run->sim->scenario;
	const size_t n_phases = run->protocol->n_phases, n = sc->n_projections;

	run->n_out = run->objective->on ? sc->populations[run->objective->population].size : 0;
	run->shown_ever = calloc(sc->n_populations + 1, 1);
	run->driven_ever = calloc(sc->n_populations + 1, 1);
	run->gates = calloc(n_phases * n + 1, 1);
	run->silent = calloc(n_phases * n + 1, 1);
	run->scores = calloc(run->protocol->n_stages + 1, sizeof *run->scores);
	if (!run->shown_ever || !run->driven_ever || !run->gates || !run->silent || !run->scores)
		return 0;
	if (run->objective->on)
		run->driven_ever[run->objective->population] = 1;
	for (size_t k = 0; k < n_phases; k++) {
		const struct spk_phase *phase = &run->protocol->phases[k];
		for (size_t i = 0; i < phase->n_shown; i++)
			run->shown_ever[phase->shown[i].population] = 1;
		if (phase->clamp.on)
			run->driven_ever[phase->clamp.population] = 1;
		mark(&phase->gate, n, run->gates + k * n);
		mark(&phase->silent, n, run->silent + k * n);
	}
	return 1;
}

static int create_lanes(struct spk_protocol_run *run, struct spk_error *err)
{
	const unsigned n = (unsigned)run->protocol->lanes;
	int rc = SPK_OK;

	run->ranks = n > 1 ? run->sim->options.ranks : NULL;
	run->leads = spk_ranks_number(run->ranks) == 0;
	spk_protocol_lanes(run->protocol, spk_ranks_number(run->ranks), spk_ranks_count(run->ranks),
		&run->first_own, &run->end_own);
	run->lanes = calloc(n, sizeof *run->lanes);
	if (!run->lanes)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the protocol");
	for (; !rc && run->n_lanes < n; run->n_lanes++)
		rc = spk_lane_init(run, run->sim, run->n_lanes, &run->lanes[run->n_lanes], err);
	if (!rc)
		rc = spk_pool_create(n > 1 ? run->sim->options.threads : 1, &run->pool, err);
	return rc || n == 1 ? rc : spk_merge_create(run, err);
}

void spk_protocol_lanes(const struct spk_protocol *protocol, unsigned rank, unsigned count, unsigned *ret_lo,
	unsigned *ret_hi)
{
	const unsigned n = (unsigned)protocol->lanes;

	*ret_lo = n > 1 ? n * rank / count : 0;
	*ret_hi = n > 1 ? n * (rank + 1) / count : 1;
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
	if (!rc && run->objective->on)
		rc = spk_gradient_create(run, err);
	if (!rc)
		rc = spk_comparisons_create(run, err);
	if (!rc)
		rc = create_lanes(run, err);
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
	spk_merge_free(run);
	spk_pool_free(run->pool);
	for (unsigned k = 0; k < run->n_lanes; k++)
		spk_lane_clear(&run->lanes[k]);
	free(run->lanes);
	spk_comparisons_free(run);
	free(run->shown_ever);
	free(run->driven_ever);
	free(run->gates);
	free(run->silent);
	free(run->readout_streams);
	free(run->scores);
	free(run);
}

/* ---- Presentations ------------------------------------------------------------------------------ */

/* Columns of /protocol/presentations: those of all runs, of lanes, of rewards. */
enum { N_BASE = 7, N_LANE = 1, N_REWARD = 3, N_COLUMNS = N_BASE + N_LANE + N_REWARD };

/* From the columns of all kinds, those that this run has; returns their number. */
static size_t pick_columns(const struct spk_protocol_run *run, size_t size, void *columns)
{
	char *all = columns;
	size_t n = N_BASE;

	if (run->n_lanes > 1)
		n += N_LANE;
	if (run->protocol->bandit.on) {
		memmove(all + n * size, all + (N_BASE + N_LANE) * size, N_REWARD * size);
		n += N_REWARD;
	}
	return n;
}

static int record_presentation(
	struct spk_protocol_run *run, const struct spk_lane *lane, struct spk_error *err)
{
	const struct spk_presented *now = &lane->now;
	const double start = run->sim->scenario->start + now->start;
	const uint32_t stage = (uint32_t)now->stage, epoch = (uint32_t)now->epoch,
		       label = run->data->labels[now->item], predicted = (uint32_t)lane->predicted,
		       number = lane->number, action = (uint32_t)lane->action;
	const void *columns[N_COLUMNS] = {&start, &stage, &epoch, &now->item, &label, &predicted, &lane->J,
		&number, &action, &lane->reward, &lane->expected};
	struct spk_stage_score *score = &run->scores[now->stage];

	if (!lane->has_readout)
		return SPK_OK;
	score->n++;
	score->right += predicted == label;
	score->objective += lane->J;
	(void)pick_columns(run, sizeof *columns, columns);
	return run->presentations_stream ? spk_stream_append(run->presentations_stream, 1, columns, err)
					 : SPK_OK;
}

static void present_item(void *context, unsigned k)
{
	struct spk_protocol_run *run = context;
	struct spk_lane *lane = &run->lanes[run->first_own + k];

	lane->error.status = SPK_OK;
	(void)spk_lane_present(lane, &lane->error);
}

/* What the presentation of a lane of this rank gave. */
static int end_presentation(struct spk_protocol_run *run, struct spk_lane *lane, struct spk_error *err)
{
	if (lane->error.status && err)
		*err = lane->error;
	if (lane->error.status || !run->protocol->stages[run->stage].learn)
		return lane->error.status;
	spk_comparisons_end(lane);
	return spk_gradient_end(lane, err);
}

static int sum_up(struct spk_protocol_run *run, const struct spk_lane *lane, struct spk_error *err)
{
	if (run->protocol->stages[run->stage].learn) {
		spk_comparisons_add(run, lane);
		spk_gradient_add(run, lane);
	}
	const int rc = record_presentation(run, lane, err);
	return rc ? rc : spk_readouts_write(lane, run->readout_streams, err);
}

/* Items [0, n), n <= n_lanes, side by side; what is summed up and written follows in their order. */
static int present_round(
	struct spk_protocol_run *run, unsigned n, const uint64_t *items, struct spk_error *err)
{
	const unsigned end = n < run->end_own ? n : run->end_own;
	int rc = SPK_OK;

	for (unsigned k = 0; !run->lanes[0].resumes && k < n; k++)
		run->lanes[k].now = (struct spk_presented){.number = run->presentations++,
			.stage = run->stage,
			.epoch = run->epoch,
			.item = items[k]};
	if (end > run->first_own)
		spk_pool_run(run->pool, end - run->first_own, present_item, run);
	for (unsigned k = run->first_own; !rc && k < end; k++)
		rc = end_presentation(run, &run->lanes[k], err);
	if (!rc)
		rc = spk_lanes_gather(run, n, err);
	for (unsigned k = 0; !rc && run->leads && k < n; k++)
		rc = sum_up(run, &run->lanes[k], err);
	if (rc || run->n_lanes == 1)
		return rc;
	return spk_sim_tell(run->sim, run->sim->scenario->start + run->lanes[run->first_own].elapsed, err);
}

/* The next n items of one batch. With one lane, weights are recorded at their time, and checkpoints taken. */
static int present_batch(
	struct spk_protocol_run *run, uint64_t n, const uint64_t *items, struct spk_error *err)
{
	const uint64_t lanes = run->n_lanes;
	int rc = SPK_OK;

	for (uint64_t k = 0; !rc && k < n; k += lanes) {
		const unsigned some = (unsigned)(n - k < lanes ? n - k : lanes);
		if (lanes > 1)
			rc = spk_checkpoint_at_border(run->sim, err);
		if (!rc)
			rc = present_round(run, some, items + k, err);
		run->place += some;
	}
	if (rc || lanes == 1)
		return rc;
	if (run->protocol->stages[run->stage].learn)
		rc = spk_merge_weights(run, err);
	return rc || !run->leads ? rc : spk_sim_record_weights(run->sim, run->lanes[0].elapsed, err);
}

int spk_protocol_open(struct spk_protocol_run *run, struct spk_error *err)
{
	struct spk_column columns[N_COLUMNS] = {{"start", SPK_F64, "ms", "start of the presentation"},
		{"stage", SPK_U32, "", "number of the stage, a line of /protocol/stages"},
		{"epoch", SPK_U32, "", "number of the epoch in the stage"},
		{"item", SPK_U64, "", "row of the data set"}, {"label", SPK_U32, "", "label of the item"},
		{"predicted", SPK_U32, "", "unit with the largest readout"},
		{"objective", SPK_F64, "", "J at the readout"},
		{"lane", SPK_U32, "", "lane on whose clock start is"},
		{"action", SPK_U32, "", "unit that was chosen"},
		{"reward", SPK_F64, "", "1: the action is the label; else 0"},
		{"expected", SPK_F64, "", "reward predicted for the action"}};
	const size_t n = pick_columns(run, sizeof *columns, columns);

	if (!run->sim->recorder.file)
		return SPK_OK;
	const int rc = spk_file_stream(run->sim->recorder.file, "/protocol/presentations", n, columns,
		&run->presentations_stream, err);
	return rc ? rc
		  : spk_readouts_open(run->protocol, run->sim->scenario, run->sim->recorder.file,
			    &run->readout_streams, err);
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

void spk_protocol_spikes(struct spk_protocol_run *run, size_t n, const struct spk_fired *fired)
{
	spk_lane_readouts_count(&run->lanes[run->first_own], n, fired);
}

void spk_protocol_count(const struct spk_protocol_run *run, struct spk_counts *counts)
{
	for (unsigned k = run->first_own + 1; k < run->end_own; k++) {
		counts->spikes += run->lanes[k].n_spikes;
		spk_network_count(&run->lanes[k].engine->network, counts);
	}
}

uint64_t spk_protocol_bytes(const struct spk_protocol_run *run)
{
	uint64_t bytes = 0;

	for (unsigned k = run->first_own + 1; k < run->end_own; k++)
		bytes += spk_network_bytes(&run->lanes[k].engine->network);
	return bytes;
}

static int present_epoch(struct spk_protocol_run *run, struct spk_error *err)
{
	const uint64_t n = count_items(&run->protocol->stages[run->stage].items),
		       batch = run->protocol->batch;
	uint64_t *items = order_items(run, run->stage, run->epoch);
	int rc = items ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory for the protocol");

	while (!rc && run->place < n) {
		const uint64_t left = n - run->place, rest = batch - run->place % batch;
		rc = present_batch(run, left < rest ? left : rest, items + run->place, err);
	}
	free(items);
	run->place = 0;
	return rc;
}

int spk_protocol_resume(struct spk_protocol_run *run, struct spk_error *err)
{
	int rc = SPK_OK;

	for (unsigned k = run->first_own; !rc && k < run->end_own; k++)
		rc = spk_engine_resume(run->lanes[k].engine, err);
	return rc;
}

int spk_protocol_run(struct spk_protocol_run *run, struct spk_error *err)
{
	int rc = run->n_lanes > 1 ? spk_sim_record_weights(run->sim, 0, err) : SPK_OK;

	for (; !rc && run->stage < run->protocol->n_stages; run->stage++) {
		const struct spk_stage *s = &run->protocol->stages[run->stage];
		run->sim->stage = s->name;
		for (; !rc && run->epoch < s->epochs; run->epoch++)
			rc = present_epoch(run, err);
		run->epoch = 0;
	}
	if (!rc && run->protocol->linear_baseline && spk_ranks_number(run->sim->options.ranks) == 0)
		rc = fit_linear(run, err);
	return rc;
}

int spk_protocol_gather(struct spk_protocol_run *run, struct spk_error *err)
{
	return run->objective->on ? spk_gradient_gather(run, err) : SPK_OK;
}
