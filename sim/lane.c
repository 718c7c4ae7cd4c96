#include "sim/lane.h"

#include <math.h>
#include <stdlib.h>

#include "sim/comparison.h"
#include "sim/gate.h"
#include "sim/gradient.h"
#include "sim/group_general.h"
#include "sim/lane_readout.h"
#include "sim/phase.h"
#include "sim/protocol_run.h"

static int on_spikes(void *user, size_t n, const struct spk_fired *fired, double epoch, struct spk_error *err)
{
	struct spk_lane *lane = user;

	(void)epoch, (void)err;
	lane->n_spikes += n;
	spk_lane_readouts_count(lane, n, fired);
	return SPK_OK;
}

/* States are recorded of lane 0; nobody reads the samples of the others. */
static int on_exchanged(void *user, double now, struct spk_error *err)
{
	struct spk_lane *lane = user;

	(void)now, (void)err;
	spk_partition_drop_samples(&lane->engine->network.partitions[0]);
	return SPK_OK;
}

static int create_engine(struct spk_lane *lane, struct spk_error *err)
{
	const struct spk_observer observer = {.spikes = on_spikes, .exchanged = on_exchanged, .user = lane};
	int rc;

	lane->engine = &lane->own_engine;
	lane->timetable = &lane->own_timetable;
	rc = spk_engine_create(lane->scenario, lane->number, 1, 1, NULL, &observer, lane->engine, err);
	return rc ? rc : spk_timetable_create(lane->scenario, lane->timetable, err);
}

/* The current of a neuron in the phase at work: the gradient of J as a nudge, the label as a clamp. */
static double current_of(const void *user, size_t population, uint64_t neuron)
{
	const struct spk_lane *lane = user;
	const struct spk_protocol *protocol = lane->run->protocol;
	const struct spk_phase *phase = &protocol->phases[lane->phase];
	const struct spk_objective *objective = lane->run->objective;
	const double sign = phase->nudge_paired && lane->now.number % 2 ? -1 : 1;
	double pa = 0;

	if (!protocol->stages[lane->now.stage].learn)
		return 0;
	if (objective->on && objective->population == population && lane->has_readout)
		pa = sign * phase->nudge * lane->direction[neuron];
	if (phase->clamp.on && phase->clamp.population == population)
		pa += neuron == lane->run->data->labels[lane->now.item] ? phase->clamp.on_pa
									: phase->clamp.off_pa;
	return pa;
}

int spk_lane_init(const struct spk_protocol_run *run, struct spk_sim *sim, unsigned number,
	struct spk_lane *lane, struct spk_error *err)
{
	int rc = SPK_OK;

	*lane = (struct spk_lane){.run = run, .scenario = sim->scenario, .number = number};
	if (number == run->first_own) {
		lane->engine = &sim->engine;
		lane->timetable = &sim->timetable;
	} else if (spk_protocol_owns(run, number)) {
		rc = create_engine(lane, err);
	} else if (!run->leads) {
		return SPK_OK;
	}
	if (rc)
		return rc;
	if (lane->timetable) {
		lane->timetable->added = current_of;
		lane->timetable->user = lane;
	}
	lane->readout = calloc(run->n_out + 1, sizeof *lane->readout);
	lane->direction = calloc(run->n_out + 1, sizeof *lane->direction);
	lane->counts = calloc(run->n_out + 1, sizeof *lane->counts);
	lane->shown = calloc(sim->scenario->n_populations + 1, sizeof *lane->shown);
	lane->visible = calloc(run->data->n_pixels + 1, sizeof *lane->visible);
	if (!lane->readout || !lane->direction || !lane->counts || !lane->shown || !lane->visible)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the protocol");
	rc = spk_lane_readouts_init(lane, err);
	if (!rc)
		rc = spk_comparisons_init_lane(lane, err);
	return rc || !run->objective->on ? rc : spk_gradient_init_lane(lane, err);
}

void spk_lane_clear(struct spk_lane *lane)
{
	if (lane->engine == &lane->own_engine) {
		spk_timetable_clear(&lane->own_timetable);
		spk_engine_clear(&lane->own_engine);
	}
	free(lane->readout);
	free(lane->direction);
	free(lane->counts);
	free(lane->shown);
	free(lane->visible);
	spk_lane_readouts_clear(lane);
	spk_comparisons_clear_lane(lane);
	free(lane->last);
	free(lane->rates);
	free(lane->source_counts);
	free(lane->mean_u);
	free(lane->mean_direction);
	free(lane->terms);
}

/* ---- Currents, resets, gates -------------------------------------------------------------------- */

static void drive_neurons(struct spk_lane *lane)
{
	for (size_t k = 0; k < lane->scenario->n_populations; k++)
		if (lane->run->driven_ever[k])
			spk_timetable_set_currents(lane->timetable, lane->engine, k);
}

static void reset_population(struct spk_lane *lane, size_t population)
{
	struct spk_engine *e = lane->engine;

	for (uint32_t p = 0; p < e->network.n_partitions; p++) {
		struct spk_member *m = &e->network.partitions[p].members[population];
		if (m->type)
			m->type->reset(m->group, e->t, m->initial);
	}
}

static void reset_some(struct spk_lane *lane, const struct spk_subset *subset)
{
	if (subset->all) {
		spk_engine_drop_spikes(lane->engine);
		for (size_t k = 0; k < lane->scenario->n_populations; k++)
			reset_population(lane, k);
	}
	for (size_t k = 0; k < subset->n; k++)
		reset_population(lane, subset->list[k]);
}

static void set_gates(struct spk_lane *lane, size_t phase, int learn)
{
	const struct spk_protocol_run *run = lane->run;
	const size_t n = lane->scenario->n_projections;
	struct spk_engine *e = lane->engine;

	for (uint32_t p = 0; p < e->network.n_partitions; p++) {
		struct spk_partition *part = &e->network.partitions[p];
		if (learn)
			spk_partition_set_gates(part, e->t, run->gates + phase * n);
		else
			spk_partition_set_gate(part, e->t, 0);
		spk_partition_set_silent(part, run->silent + phase * n);
	}
}

/* ---- Readout ------------------------------------------------------------------------------------ */

static int read_counts(struct spk_lane *lane, struct spk_error *err)
{
	const struct spk_network *net = &lane->engine->network;

	for (uint32_t p = 0; p < net->n_partitions; p++) {
		const struct spk_member *m = &net->partitions[p].members[lane->run->objective->population];
		for (uint64_t i = m->lo; i < m->hi; i++)
			lane->counts[i] = m->counts[i - m->lo];
	}
	return spk_network_complete(
		net, lane->run->objective->population, sizeof *lane->counts, lane->counts, err);
}

static int read_potential(struct spk_lane *lane, struct spk_error *err)
{
	struct spk_engine *e = lane->engine;
	const size_t variable = lane->run->objective->readout == SPK_READ_U ? SPK_U : SPK_U_BAR;

	for (uint32_t p = 0; p < e->network.n_partitions; p++) {
		struct spk_partition *part = &e->network.partitions[p];
		const struct spk_member *m = &part->members[lane->run->objective->population];
		for (uint64_t i = m->lo; i < m->hi; i++) {
			m->type->peek(m->group, (uint32_t)(i - m->lo), e->t, part->peeked);
			lane->readout[i] = part->peeked[variable];
		}
	}
	return spk_network_complete(
		&e->network, lane->run->objective->population, sizeof *lane->readout, lane->readout, err);
}

static int take_readout(struct spk_lane *lane, double window, struct spk_error *err)
{
	const struct spk_protocol_run *run = lane->run;
	const uint32_t label = run->data->labels[lane->now.item];
	int rc;

	if (run->objective->readout == SPK_READ_RATE) {
		for (size_t i = 0; i < run->n_out; i++)
			lane->readout[i] = -(double)lane->counts[i];
		rc = read_counts(lane, err);
		for (size_t i = 0; i < run->n_out; i++)
			lane->readout[i] = 1000 * (lane->readout[i] + (double)lane->counts[i]) / window;
	} else {
		rc = read_potential(lane, err);
	}
	if (rc)
		return rc;
	lane->J = spk_objective_value(&run->objective_par, run->n_out, lane->readout, label);
	lane->predicted = spk_objective_winner(run->n_out, lane->readout);
	spk_objective_gradient(&run->objective_par, run->n_out, lane->readout, label, lane->direction);
	lane->has_readout = 1;
	if (run->protocol->bandit.on)
		spk_lane_act(lane);
	return SPK_OK;
}

/* ---- A presentation ----------------------------------------------------------------------------- */

static int begin_phase(struct spk_lane *lane, int learn, struct spk_error *err)
{
	const struct spk_phase *phase = &lane->run->protocol->phases[lane->phase];
	int rc;

	reset_some(lane, &phase->reset);
	rc = spk_lane_show(lane, phase, lane->phase == 0, err);
	drive_neurons(lane);
	set_gates(lane, lane->phase, learn);
	spk_lane_readouts_begin(lane, lane->phase);
	lane->is_counting = 0;
	return rc;
}

static int run_phase(struct spk_lane *lane, struct spk_error *err)
{
	const struct spk_phase *phase = &lane->run->protocol->phases[lane->phase];
	const struct spk_objective *objective = lane->run->objective;
	const double duration = spk_phase_duration(lane->scenario, lane->phase, lane->now.number);
	const double window = fmin(objective->window, duration), end = lane->elapsed + duration;
	const int reads = phase->readout && objective->on;
	int rc = SPK_OK;

	if (reads && objective->readout == SPK_READ_RATE && !lane->is_counting) {
		rc = spk_timetable_run(lane->timetable, lane->engine, end - window, err);
		if (!rc)
			rc = read_counts(lane, err);
		lane->is_counting = 1;
	}
	if (!rc)
		rc = spk_timetable_run(lane->timetable, lane->engine, end, err);
	lane->elapsed = end;
	if (!rc && reads)
		rc = take_readout(lane, window, err);
	return rc ? rc : spk_lane_readouts_take(lane, lane->phase, err);
}

static int begin_presentation(struct spk_lane *lane, int learn, struct spk_error *err)
{
	lane->now.start = lane->elapsed;
	reset_some(lane, &lane->run->protocol->reset);
	lane->has_readout = 0;
	lane->phase = 0;
	if (!learn)
		return SPK_OK;
	spk_comparisons_begin(lane);
	return spk_gradient_begin(lane, err);
}

int spk_lane_present(struct spk_lane *lane, struct spk_error *err)
{
	const struct spk_protocol *protocol = lane->run->protocol;
	const int learn = protocol->stages[lane->now.stage].learn;
	int rc = SPK_OK;

	if (!lane->resumes)
		rc = begin_presentation(lane, learn, err);
	for (; !rc && lane->phase < protocol->n_phases; lane->phase++) {
		rc = lane->resumes ? SPK_OK : begin_phase(lane, learn, err);
		lane->resumes = 0;
		if (!rc)
			rc = run_phase(lane, err);
	}
	for (uint32_t p = 0; !rc && p < lane->engine->network.n_partitions; p++)
		spk_partition_set_gate(&lane->engine->network.partitions[p], lane->engine->t, 0);
	return rc;
}
