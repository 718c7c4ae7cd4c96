#include "sim/sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <spikem/version.h>

#include "sim/checkpoint.h"
#include "sim/gate.h"
#include "sim/protocol.h"
#include "sim/rate_limit_run.h"
#include "sim/reading.h"

static const double PROGRESS_S = 0.1;

double spk_sim_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int on_spikes(void *user, size_t n, const struct spk_fired *fired, double epoch, struct spk_error *err)
{
	struct spk_sim *sim = user;

	if (sim->protocol)
		spk_protocol_spikes(sim->protocol, n, fired);
	return spk_recorder_spikes(&sim->recorder, n, fired, epoch, err);
}

/* Events of this rank, spikes of all. */
static void count_events(struct spk_sim *sim)
{
	struct spk_counts *c = &sim->counts;

	c->spikes = sim->recorder.n_spikes;
	c->synaptic_events = c->input_events = c->plastic_events = 0;
	spk_network_count(&sim->engine.network, c);
	if (sim->protocol)
		spk_protocol_count(sim->protocol, c);
}

static int on_exchanged(void *user, double now, struct spk_error *err)
{
	struct spk_sim *sim = user;
	const int rc = spk_recorder_flush(&sim->recorder, now, 0, err);

	return rc || spk_sim_has_lanes(sim) ? rc : spk_sim_tell(sim, now, err);
}

int spk_sim_tell(struct spk_sim *sim, double now, struct spk_error *err)
{
	const double clock_s = spk_sim_clock();

	if (!sim->options.progress || clock_s - sim->last_progress_s < PROGRESS_S)
		return SPK_OK;
	sim->last_progress_s = clock_s;
	count_events(sim);
	const struct spk_progress progress = {.t_ms = now - sim->scenario->start,
		.t_stop_ms = sim->scenario->duration,
		.stage = sim->stage,
		.spikes = sim->counts.spikes,
		.synaptic_events = sim->counts.synaptic_events};
	if (sim->options.progress(sim->options.user, &progress))
		return spk_fail(err, SPK_E_INTERRUPTED, "interrupted at %.6g ms of %.6g ms", progress.t_ms,
			progress.t_stop_ms);
	return SPK_OK;
}

static double on_next_pause(void *user)
{
	const struct spk_sim *sim = user;

	return spk_sim_has_lanes(sim) ? HUGE_VAL : spk_recorder_next_weights(&sim->recorder);
}

static int on_pause(void *user, double now, struct spk_error *err)
{
	struct spk_sim *sim = user;
	struct spk_reading *reading;
	int rc = spk_reading_begin(&sim->engine.network, sim->engine.t, &reading, err);

	if (!rc)
		rc = spk_recorder_weights(&sim->recorder, now, err);
	spk_reading_end(reading);
	return rc;
}

/* Lanes have checkpoints of all together, between their rounds. */
static int on_border(void *user, struct spk_error *err)
{
	return spk_sim_has_lanes(user) ? SPK_OK : spk_checkpoint_at_border(user, err);
}

/* Counts of all ranks together. */
static int sum_counts(struct spk_sim *sim, size_t n, uint64_t *const *counts, struct spk_error *err)
{
	uint64_t values[8];

	for (size_t k = 0; k < n; k++)
		values[k] = *counts[k];
	const int rc = spk_ranks_sum(sim->options.ranks, n, values, err);
	for (size_t k = 0; !rc && k < n; k++)
		*counts[k] = values[k];
	return rc;
}

/* A rank has whole lanes, or a part of the only one. */
static int create_engine(struct spk_sim *sim, const struct spk_observer *observer, struct spk_error *err)
{
	const struct spk_sim_options *o = &sim->options;
	unsigned lane = 0, end;

	if (!spk_sim_has_lanes(sim))
		return spk_engine_create(
			sim->scenario, 0, o->threads, o->partitions, o->ranks, observer, &sim->engine, err);
	spk_protocol_lanes(
		&sim->scenario->protocol, spk_ranks_number(o->ranks), spk_ranks_count(o->ranks), &lane, &end);
	return spk_engine_create(sim->scenario, lane, 1, 1, NULL, observer, &sim->engine, err);
}

static int create_parts(struct spk_sim *sim, struct spk_error *err)
{
	const struct spk_scenario *scenario = sim->scenario;
	const struct spk_observer observer = {.spikes = on_spikes,
		.exchanged = on_exchanged,
		.next_pause = on_next_pause,
		.pause = on_pause,
		.border = on_border,
		.user = sim};
	struct spk_counts *c = &sim->counts;
	uint64_t *const counts[] = {&c->network_bytes, &c->synapses};
	int rc = SPK_OK;

	if (spk_ranks_count(sim->options.ranks) > 1 &&
		(scenario->rate_limit.run || scenario->rate_limit.n_compared))
		rc = spk_fail(err, SPK_E_INVALID,
			"a rate limit runs on one rank; use threads, or leave it out of the scenario");
	if (!rc && spk_sim_has_lanes(sim) && scenario->protocol.lanes < spk_ranks_count(sim->options.ranks))
		rc = spk_fail(err, SPK_E_INVALID, "%u ranks need at least as many lanes, or one lane",
			spk_ranks_count(sim->options.ranks));
	if (!rc && !spk_sim_has_lanes(sim) && spk_ranks_count(sim->options.ranks) > 1 &&
		scenario->protocol.n_comparisons)
		rc = spk_fail(err, SPK_E_INVALID,
			"`agreement` of a protocol with one lane runs on one rank; use threads, or leave it "
			"out");
	if (!rc)
		rc = create_engine(sim, &observer, err);
	if (!rc)
		rc = spk_timetable_create(scenario, &sim->timetable, err);
	if (!rc && scenario->protocol.on)
		rc = spk_protocol_create(sim, &sim->protocol, err);
	rc = spk_ranks_agree(sim->options.ranks, rc, err);
	if (rc)
		return rc;
	c->neurons = sim->engine.network.first_id[scenario->n_populations];
	c->synapses = sim->engine.network.n_synapses;
	c->network_bytes = spk_network_bytes(&sim->engine.network) +
			   (sim->protocol ? spk_protocol_bytes(sim->protocol) : 0);
	return sum_counts(sim, spk_sim_has_lanes(sim) ? 1 : 2, counts, err); /* each lane has all synapses */
}

int spk_sim_create(const struct spk_scenario *scenario, const struct spk_sim_options *options,
	struct spk_sim **ret_sim, struct spk_error *err)
{
	struct spk_sim *sim = calloc(1, sizeof *sim);
	const double start_s = spk_sim_clock();

	if (!sim)
		return spk_fail(err, SPK_E_NOMEM, "out of memory");
	if (scenario->about) {
		free(sim);
		return spk_fail(err, SPK_E_INVALID,
			"%s has no network, only a claim about %s: `spikem validate` runs it", scenario->path,
			scenario->about);
	}
	sim->scenario = scenario;
	sim->options = *options;
	sim->stage = "";
	if (sim->options.threads == 0)
		sim->options.threads = 1;
	if (sim->options.partitions == 0)
		sim->options.partitions = sim->options.threads * spk_ranks_count(sim->options.ranks);
	if (spk_sim_has_lanes(sim)) /* threads run lanes, each of one partition */
		sim->options.partitions = 1;
	const int rc = create_parts(sim, err);
	if (rc) {
		spk_sim_free(sim);
		return rc;
	}
	sim->counts.build_s = spk_sim_clock() - start_s;
	*ret_sim = sim;
	return SPK_OK;
}

int spk_sim_record_weights(struct spk_sim *sim, double elapsed, struct spk_error *err)
{
	int rc = SPK_OK;

	while (!rc && spk_recorder_next_weights(&sim->recorder) <= elapsed)
		rc = spk_recorder_weights(&sim->recorder, elapsed, err);
	return rc;
}

void spk_sim_settle(struct spk_sim *sim)
{
	for (uint32_t i = 0; i < sim->engine.network.n_partitions; i++)
		spk_partition_settle(&sim->engine.network.partitions[i], sim->engine.t);
}

void spk_sim_set_gate(struct spk_sim *sim, int open)
{
	for (uint32_t i = 0; i < sim->engine.network.n_partitions; i++)
		spk_partition_set_gate(&sim->engine.network.partitions[i], sim->engine.t, open);
}

int spk_sim_advance(struct spk_sim *sim, double elapsed, struct spk_error *err)
{
	return spk_timetable_run(&sim->timetable, &sim->engine, elapsed, err);
}

static int write_provenance(struct spk_sim *sim, struct spk_error *err)
{
	struct spk_file *file = sim->recorder.file;
	const struct spk_counts *c = &sim->counts;
	const struct spk_traffic traffic = spk_ranks_traffic(sim->options.ranks);
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {{"seed", sim->scenario->seed}, {"ranks", spk_ranks_count(sim->options.ranks)},
		{"threads", sim->options.threads}, {"partitions", sim->options.partitions},
		{"exchanges", traffic.exchanges}, {"exchanged_bytes", traffic.bytes}, {"neurons", c->neurons},
		{"synapses", c->synapses}, {"network_bytes", c->network_bytes}, {"spikes", c->spikes},
		{"synaptic_events", c->synaptic_events}, {"input_events", c->input_events},
		{"plastic_events", c->plastic_events}};
	int rc = spk_file_text(file, "/provenance/scenario", sim->scenario->path, err);

	if (!rc)
		rc = spk_file_attr_text(file, "/provenance", "version", spk_version(), err);
	if (!rc)
		rc = spk_file_attr_text(file, "/provenance", "libraries", spk_build_libraries(), err);
	if (!rc)
		rc = spk_file_attr_text(file, "/provenance", "build", spk_build_flags(), err);
	for (size_t k = 0; !rc && k < sizeof numbers / sizeof *numbers; k++)
		rc = spk_file_attr_u64(file, "/provenance", numbers[k].name, numbers[k].value, err);
	if (!rc)
		rc = spk_file_attr_f64(file, "/provenance", "build_s", c->build_s, err);
	if (!rc)
		rc = spk_file_attr_f64(file, "/provenance", "run_s", c->run_s, err);
	return rc;
}

/* What is written once all events of the run have happened. */
static int finish_run(struct spk_sim *sim, struct spk_error *err)
{
	const double now = spk_engine_elapsed(&sim->engine);
	int rc = spk_engine_sample_now(&sim->engine, err);

	if (!rc)
		rc = spk_recorder_flush(&sim->recorder, sim->scenario->start + now, 1, err);
	spk_sim_settle(sim);
	if (!rc)
		rc = spk_recorder_last_weights(&sim->recorder, now, err);
	if (!rc && sim->scenario->rate_limit.n_compared && sim->recorder.file)
		rc = spk_rate_compare_write(sim, err);
	if (!rc && sim->protocol)
		rc = spk_protocol_gather(sim->protocol, err);
	if (!rc && sim->protocol && sim->recorder.file)
		rc = spk_protocol_write(sim->protocol, sim->recorder.file, err);
	return rc;
}

/* Of several lanes the first is recorded, which is that of rank 0. */
static int open_results(struct spk_sim *sim, const char *path, struct spk_error *err)
{
	const int records = !spk_sim_has_lanes(sim) || spk_ranks_number(sim->options.ranks) == 0;
	const int rc = spk_recorder_open(
		&sim->recorder, &sim->engine.network, records ? path : NULL, sim->options.compress, err);

	return rc || !sim->protocol || sim->scenario->rate_limit.run ? rc
								     : spk_protocol_open(sim->protocol, err);
}

/* Go on from a checkpoint, if there is one. The new result file stands beside the unfinished one until it has
 * all of its rows. */
static int resume(struct spk_sim *sim, int *ret_found, struct spk_error *err)
{
	const struct spk_sim_options *o = &sim->options;
	const size_t room = o->output ? strlen(o->output) + sizeof ".resumed" : 0;
	char *path = o->output ? malloc(room) : NULL;
	uint64_t *rows = NULL;
	int rc = path || !o->output ? SPK_OK : spk_fail(err, SPK_E_NOMEM, "out of memory");

	if (path)
		(void)snprintf(path, room, "%s.resumed", o->output);
	if (!rc)
		rc = open_results(sim, path, err);
	rc = spk_ranks_agree(o->ranks, rc, err);
	if (!rc)
		rc = spk_checkpoint_load(sim, o->checkpoint, ret_found, &rows, err);
	if (!rc && *ret_found && sim->recorder.file)
		rc = spk_checkpoint_take_results(sim, o->output, rows, err);
	if (!rc && !*ret_found && sim->recorder.file)
		rc = spk_file_rename(sim->recorder.file, o->output, err);
	rc = spk_ranks_agree(o->ranks, rc, err);
	if (rc && sim->recorder.file) {
		(void)spk_recorder_close(&sim->recorder, 0, NULL);
		(void)unlink(path);
	}
	if (!rc && *ret_found)
		rc = sim->protocol ? spk_protocol_resume(sim->protocol, err)
				   : spk_engine_resume(&sim->engine, err);
	free(path);
	free(rows);
	return rc;
}

static int begin_run(struct spk_sim *sim, struct spk_error *err)
{
	const struct spk_sim_options *o = &sim->options;
	int found = 0;

	if (o->checkpoint && sim->scenario->rate_limit.run)
		return spk_fail(err, SPK_E_INVALID, "there are no checkpoints of a rate limit");
	sim->last_checkpoint_s = spk_sim_clock();
	const int rc =
		o->checkpoint && o->resume ? resume(sim, &found, err) : open_results(sim, o->output, err);
	if (!rc && !found && !sim->protocol && !sim->scenario->rate_limit.run)
		spk_sim_set_gate(sim, 1);
	return rc;
}

/* Open the file, run, write what comes at the end. */
static int run_parts(struct spk_sim *sim, struct spk_error *err)
{
	int rc = begin_run(sim, err);

	if (!rc && sim->scenario->rate_limit.run) {
		rc = spk_rate_limit_run(sim, err);
	} else if (!rc && sim->protocol) {
		rc = spk_protocol_run(sim->protocol, err);
	} else if (!rc) {
		rc = spk_sim_advance(sim, sim->scenario->duration, err);
	}
	if (!rc && !sim->scenario->rate_limit.run)
		rc = finish_run(sim, err);
	return rc;
}

/* After a run that came to its end or was interrupted, on all ranks alike. */
static int write_totals(struct spk_sim *sim, struct spk_error *err)
{
	struct spk_counts *c = &sim->counts;
	uint64_t *const counts[] = {&c->synaptic_events, &c->input_events, &c->plastic_events, &c->spikes};
	const int rc =
		sum_counts(sim, spk_sim_has_lanes(sim) ? 4 : 3, counts, err); /* or all know all spikes */

	return !rc && sim->recorder.file ? write_provenance(sim, err) : rc;
}

int spk_sim_run(struct spk_sim *sim, struct spk_error *err)
{
	const double start_s = spk_sim_clock();
	struct spk_error last = {0};
	int rc = spk_ranks_agree(sim->options.ranks, run_parts(sim, err), err);

	count_events(sim);
	sim->counts.run_s = spk_sim_clock() - start_s;
	if (!rc || rc == SPK_E_INTERRUPTED) {
		const int written = spk_ranks_agree(sim->options.ranks, write_totals(sim, &last), &last);
		rc = rc ? rc : written;
	}
	int closed = spk_recorder_close(&sim->recorder, rc == SPK_OK, rc ? NULL : &last);
	closed = spk_ranks_agree(sim->options.ranks, closed, &last);
	if (!rc && closed)
		rc = closed;
	if (rc && err && last.status)
		*err = last;
	return rc;
}

int spk_sim_is_saved(const struct spk_sim *sim)
{
	return sim->is_saved;
}

void spk_sim_counts(const struct spk_sim *sim, struct spk_counts *ret_counts)
{
	*ret_counts = sim->counts;
}

int spk_sim_report(const struct spk_sim *sim, char **ret_text, struct spk_error *err)
{
	*ret_text = NULL;
	return sim->protocol ? spk_protocol_report(sim->protocol, ret_text, err) : SPK_OK;
}

void spk_sim_free(struct spk_sim *sim)
{
	if (!sim)
		return;
	spk_protocol_free(sim->protocol);
	(void)spk_recorder_close(&sim->recorder, 0, NULL);
	spk_timetable_clear(&sim->timetable);
	spk_engine_clear(&sim->engine);
	free(sim);
}
