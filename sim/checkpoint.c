#include "sim/checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include <spikem/version.h>

#include "sim/checkpoint_parts.h"
#include "sim/checksum.h"
#include "sim/scenario_compare.h"

enum { MAX_SCENARIO = 1 << 26 };

/* ---- Origin ------------------------------------------------------------------------------------- */

static uint64_t mark(uint64_t hash, const void *data, size_t bytes)
{
	hash = spk_checksum(hash, &bytes, sizeof bytes);
	return bytes ? spk_checksum(hash, data, bytes) : hash;
}

static uint64_t mark_schedule(uint64_t hash, const struct spk_schedule *schedule)
{
	hash = mark(hash, schedule->times, schedule->n * sizeof *schedule->times);
	return mark(hash, schedule->values, schedule->n * sizeof *schedule->values);
}

static uint64_t mark_value(uint64_t hash, const struct spk_value *value)
{
	return mark(hash, value->list, value->n_list * sizeof *value->list);
}

static uint64_t mark_population(uint64_t hash, const struct spk_population *p)
{
	const size_t n = p->neuron ? p->neuron->n_params : p->source->n_params;

	hash = mark(hash, p->spike_times, p->n_spikes * sizeof *p->spike_times);
	hash = mark(hash, p->spike_ids, p->n_spikes * sizeof *p->spike_ids);
	hash = mark_schedule(hash, &p->rate);
	for (size_t k = 0; k < n; k++)
		hash = mark_value(hash, &p->params[k]);
	for (size_t k = 0; p->neuron && k < p->neuron->n_states; k++)
		hash = mark_value(hash, &p->initial[k]);
	return hash;
}

/* Data that the scenario names but does not contain, so that another file under a name is noticed. */
static uint64_t mark_data(const struct spk_scenario *sc)
{
	uint64_t hash = SPK_CHECKSUM_START;

	for (size_t k = 0; k < sc->n_datasets; k++) {
		const struct spk_dataset *d = &sc->datasets[k];
		hash = mark(hash, d->pixels, d->n_items * d->n_pixels * sizeof *d->pixels);
		hash = mark(hash, d->labels, d->labels ? d->n_items * sizeof *d->labels : 0);
	}
	for (size_t k = 0; k < sc->n_populations; k++)
		hash = mark_population(hash, &sc->populations[k]);
	for (size_t k = 0; k < sc->n_inputs; k++) {
		hash = mark_value(hash, &sc->inputs[k].rate);
		hash = mark_schedule(hash, &sc->inputs[k].schedule);
	}
	for (size_t k = 0; k < sc->n_projections; k++) {
		const struct spk_projection *p = &sc->projections[k];
		hash = mark(hash, p->pre, p->n_list * sizeof *p->pre);
		hash = mark(hash, p->post, p->n_list * sizeof *p->post);
		hash = mark_value(hash, &p->weight);
		hash = mark_value(hash, &p->axonal);
		hash = mark_value(hash, &p->dendritic);
	}
	return hash;
}

/* A text that must be the same; *ret_theirs is malloc'ed when reading. */
static int transfer_text(struct spk_archive *a, const char *ours, char **ret_theirs)
{
	char *text = (char *)(uintptr_t)ours;
	const int rc = spk_archive_text(a, MAX_SCENARIO, &text);

	*ret_theirs = !rc && spk_archive_is_loading(a) ? text : NULL;
	return rc;
}

static int transfer_version(struct spk_archive *a)
{
	char *theirs;
	int rc = transfer_text(a, SPK_VERSION, &theirs);

	if (theirs && strcmp(theirs, SPK_VERSION) != 0)
		rc = spk_archive_fail(a, SPK_E_FORMAT,
			"it comes from version %.40s, here is %s, which would not go on bit for bit", theirs,
			SPK_VERSION);
	free(theirs);
	return rc;
}

static int transfer_origin(struct spk_archive *a, struct spk_sim *sim)
{
	const char *ours = sim->scenario->used ? sim->scenario->used : "";
	struct spk_error reason = {0};
	char *theirs = NULL;
	int rc = transfer_version(a);

	if (!rc)
		rc = transfer_text(a, ours, &theirs);
	if (theirs && spk_scenario_compare(theirs, ours, &reason))
		rc = spk_archive_fail(a, SPK_E_FORMAT, "%s", reason.text);
	free(theirs);
	if (!rc && !sim->data_mark)
		sim->data_mark = mark_data(sim->scenario);
	if (!rc)
		rc = spk_archive_expect(a, "the data have changed since", sim->data_mark);
	if (!rc)
		rc = spk_archive_expect(a, "synapses", sim->counts.synapses);
	return rc ? rc : spk_archive_expect(a, "cells of an epoch", sim->engine.network.epoch_cells);
}

/* ---- State -------------------------------------------------------------------------------------- */

/* Time lies in the open cell, or between two. */
static int has_time(const struct spk_engine *e)
{
	const double cell = e->network.cell_ms, start = (double)(e->cell - e->epoch_cell) * cell;

	return e->epoch_cell <= e->cell && e->cell - e->epoch_cell <= e->network.epoch_cells &&
	       e->t >= start && e->t < start + cell && (e->is_open || !(e->t > start));
}

static int transfer_engine(struct spk_archive *a, struct spk_engine *e)
{
	int rc = spk_archive_u64(a, &e->cell);

	if (!rc)
		rc = spk_archive_u64(a, &e->epoch_cell);
	if (!rc)
		rc = spk_archive_bytes(a, &e->is_open, sizeof e->is_open);
	if (!rc)
		rc = spk_archive_bytes(a, &e->t, sizeof e->t);
	if (!rc)
		rc = spk_archive_bytes(a, e->next_grid, e->network.scenario->n_states * sizeof *e->next_grid);
	return !rc && !has_time(e) ? spk_archive_fail(a, SPK_E_FORMAT, "its time is none") : rc;
}

static int transfer_timetable(struct spk_archive *a, struct spk_timetable *table, size_t n_inputs)
{
	uint64_t next = table->next;
	int rc = spk_archive_u64(a, &next);

	if (!rc && next > table->n)
		rc = spk_archive_fail(a, SPK_E_FORMAT, "a schedule is shorter here");
	if (rc)
		return rc;
	table->next = (size_t)next;
	return spk_archive_bytes(a, table->currents, n_inputs * sizeof *table->currents);
}

int spk_checkpoint_engine(struct spk_archive *a, struct spk_engine *e, struct spk_timetable *table)
{
	int rc = transfer_engine(a, e);

	if (!rc)
		rc = transfer_timetable(a, table, e->network.scenario->n_inputs);
	if (!rc)
		rc = spk_checkpoint_members(a, &e->network);
	if (!rc)
		rc = spk_checkpoint_rules(a, &e->network);
	return rc ? rc : spk_checkpoint_events(a, &e->network, e->t);
}

static int transfer(struct spk_archive *a, struct spk_sim *sim, uint64_t **ret_rows)
{
	int rc = transfer_origin(a, sim);

	if (rc || spk_sim_has_lanes(sim))
		return rc ? rc : spk_checkpoint_lanes(a, sim, ret_rows);
	rc = spk_checkpoint_engine(a, &sim->engine, &sim->timetable);
	if (!rc)
		rc = spk_checkpoint_recorder(a, &sim->recorder);
	if (!rc && sim->protocol)
		rc = spk_checkpoint_protocol(a, sim->protocol);
	return rc ? rc : spk_checkpoint_rows(a, &sim->recorder, ret_rows);
}

int spk_checkpoint_save(struct spk_sim *sim, const char *path, struct spk_error *err)
{
	struct spk_ranks *ranks = sim->options.ranks;
	struct spk_archive *a;
	int rc = sim->recorder.file ? spk_file_flush(sim->recorder.file, err) : SPK_OK;

	if (!rc)
		rc = spk_engine_flush(&sim->engine, err);
	rc = spk_ranks_agree(ranks, rc, err);
	if (!rc)
		rc = spk_archive_create(path, ranks, &a, err);
	return rc ? rc : spk_archive_close(a, transfer(a, sim, NULL), err);
}

int spk_checkpoint_load(
	struct spk_sim *sim, const char *path, int *ret_found, uint64_t **ret_rows, struct spk_error *err)
{
	struct spk_archive *a;
	uint64_t *rows = NULL;
	int rc = spk_archive_open(path, sim->options.ranks, &a, err);

	*ret_found = 0;
	if (rc || !a)
		return rc;
	rc = spk_archive_close(a, transfer(a, sim, &rows), err);
	if (rc) {
		free(rows);
		return rc;
	}
	*ret_found = 1;
	*ret_rows = rows;
	return SPK_OK;
}

int spk_checkpoint_take_results(
	struct spk_sim *sim, const char *path, const uint64_t *rows, struct spk_error *err)
{
	return spk_checkpoint_copy_results(&sim->recorder, path, rows, err);
}

/* ---- When --------------------------------------------------------------------------------------- */

/* What this rank wants now; the clock is that of rank 0. */
static enum spk_checkpoint_wish wish_of(struct spk_sim *sim)
{
	const struct spk_sim_options *o = &sim->options;
	const enum spk_checkpoint_wish wish = o->wish ? o->wish(o->user) : SPK_CHECKPOINT_NONE;
	const int is_due = o->checkpoint_s > 0 && spk_ranks_number(o->ranks) == 0 &&
			   spk_sim_clock() - sim->last_checkpoint_s >= o->checkpoint_s;

	return wish == SPK_CHECKPOINT_NONE && is_due ? SPK_CHECKPOINT_WRITE : wish;
}

/* What one rank wants at a border all do at a later one, when they have heard of it in an exchange. */
static enum spk_checkpoint_wish common_wish(struct spk_sim *sim)
{
	const enum spk_checkpoint_wish own = wish_of(sim);

	if (!sim->options.ranks)
		return own;
	const unsigned heard = spk_ranks_take_notes(sim->options.ranks);
	if (own != SPK_CHECKPOINT_NONE)
		spk_ranks_note(sim->options.ranks, 1U << own);
	if (heard & 1U << SPK_CHECKPOINT_STOP)
		return SPK_CHECKPOINT_STOP;
	return heard & 1U << SPK_CHECKPOINT_WRITE ? SPK_CHECKPOINT_WRITE : SPK_CHECKPOINT_NONE;
}

int spk_checkpoint_at_border(struct spk_sim *sim, struct spk_error *err)
{
	const struct spk_sim_options *o = &sim->options;
	const enum spk_checkpoint_wish wish = o->checkpoint ? common_wish(sim) : SPK_CHECKPOINT_NONE;

	if (wish == SPK_CHECKPOINT_NONE)
		return SPK_OK;
	const int rc = spk_checkpoint_save(sim, o->checkpoint, err);
	sim->last_checkpoint_s = spk_sim_clock();
	if (rc || wish != SPK_CHECKPOINT_STOP)
		return rc;
	sim->is_saved = 1;
	return spk_fail(err, SPK_E_INTERRUPTED, "interrupted at %.6g ms of %.6g ms, with a checkpoint in %s",
		spk_engine_elapsed(&sim->engine), sim->scenario->duration, o->checkpoint);
}
