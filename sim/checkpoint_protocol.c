/*
 * Checkpoints of protocols: the place in stages, epochs and items, and what was measured so far. With one
 * lane a run may stop in the middle of a phase: the presentation at work is saved too. Several lanes stop
 * between two rounds, when none is at work: each has its network, a part of the archive, and they share the
 * weights with which the batch began.
 */
#include "sim/checkpoint_parts.h"

#include "sim/lane_readout.h"
#include "sim/protocol_run.h"

static int transfer_size(struct spk_archive *a, size_t *size)
{
	uint64_t value = *size;
	const int rc = spk_archive_u64(a, &value);

	*size = (size_t)value;
	return rc;
}

static int transfer_doubles(struct spk_archive *a, double *values, uint64_t n)
{
	return spk_archive_bytes(a, values, n * sizeof *values);
}

/* Where the run stands. */
static int transfer_place(struct spk_archive *a, struct spk_protocol_run *run)
{
	int rc = spk_archive_u64(a, &run->presentations);

	if (!rc)
		rc = transfer_size(a, &run->stage);
	if (!rc)
		rc = spk_archive_u64(a, &run->epoch);
	if (!rc)
		rc = spk_archive_u64(a, &run->place);
	if (!rc && (run->stage >= run->protocol->n_stages ||
			   run->epoch >= run->protocol->stages[run->stage].epochs ||
			   run->place >= spk_protocol_items(run, run->stage)))
		rc = spk_archive_fail(a, SPK_E_FORMAT, "its place in the protocol is none");
	return rc;
}

/* The presentation at work. */
static int transfer_presented(struct spk_archive *a, struct spk_protocol_run *run)
{
	struct spk_lane *lane = &run->lanes[0];
	struct spk_presented *now = &lane->now;
	int rc = transfer_size(a, &lane->phase);

	if (!rc)
		rc = spk_archive_bytes(a, &lane->is_counting, sizeof lane->is_counting);
	if (!rc)
		rc = transfer_doubles(a, &lane->elapsed, 1);
	if (!rc)
		rc = spk_archive_u64(a, &now->number);
	if (!rc)
		rc = spk_archive_u64(a, &now->item);
	if (!rc)
		rc = transfer_doubles(a, &now->start, 1);
	if (!rc && (now->item >= run->data->n_items || lane->phase >= run->protocol->n_phases))
		rc = spk_archive_fail(a, SPK_E_FORMAT, "its place in the protocol is none");
	now->stage = run->stage;
	now->epoch = run->epoch;
	return rc;
}

static int transfer_readout(struct spk_archive *a, struct spk_protocol_run *run)
{
	struct spk_lane *lane = &run->lanes[0];
	double *const numbers[] = {&lane->J, &lane->reward, &lane->expected};
	int rc = transfer_doubles(a, lane->readout, run->n_out);

	if (!rc)
		rc = transfer_doubles(a, lane->direction, run->n_out);
	if (!rc)
		rc = spk_archive_bytes(a, lane->counts, run->n_out * sizeof *lane->counts);
	if (!rc)
		rc = spk_archive_bytes(a, &lane->has_readout, sizeof lane->has_readout);
	for (size_t k = 0; !rc && k < sizeof numbers / sizeof *numbers; k++)
		rc = transfer_doubles(a, numbers[k], 1);
	if (!rc)
		rc = transfer_size(a, &lane->predicted);
	if (!rc)
		rc = transfer_size(a, &lane->action);
	if (!rc && run->n_out && (lane->predicted >= run->n_out || lane->action >= run->n_out))
		rc = spk_archive_fail(a, SPK_E_FORMAT, "a readout has fewer units here");
	return rc;
}

static int transfer_written(struct spk_archive *a, struct spk_protocol_run *run)
{
	const struct spk_scenario *sc = run->sim->scenario;
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < run->protocol->n_readouts; k++) {
		struct spk_lane_readout *r = &run->lanes[0].readouts[k];
		const struct spk_population *p = &sc->populations[run->protocol->readouts[k].population];
		const uint64_t n = p->size / p->copies;
		rc = transfer_doubles(a, &r->from, 1);
		if (!rc)
			rc = transfer_doubles(a, r->sums, n);
		if (!rc)
			rc = spk_archive_bytes(a, r->values, n * sizeof *r->values);
		if (!rc)
			rc = spk_archive_bytes(a, &r->is_taken, sizeof r->is_taken);
	}
	return rc;
}

/* A value for each synapse of the objective's projection; n_arrays of them, one after the other. */
static int transfer_arrays(
	struct spk_archive *a, const struct spk_protocol_run *run, size_t n_arrays, double *values)
{
	const struct spk_scenario *sc = run->sim->scenario;
	const struct spk_merge_synapses synapses = {.ranks = run->sim->engine.network.ranks,
		.n_sources = sc->populations[sc->projections[run->objective->projection].from].size,
		.n = run->n_synapses,
		.places = run->places};
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < n_arrays; k++)
		rc = spk_checkpoint_synapses(a, &synapses, values + k * run->n_synapses);
	return rc;
}

/* What the updates and gradients of this presentation need. */
static int transfer_begun(struct spk_archive *a, struct spk_protocol_run *run)
{
	const struct spk_scenario *sc = run->sim->scenario;
	struct spk_lane *lane = &run->lanes[0];
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < run->protocol->n_comparisons; k++)
		rc = transfer_doubles(a, lane->compared[k], run->comparisons[k].n);
	if (rc || !run->objective->on)
		return rc;
	const uint64_t n_source = sc->populations[sc->projections[run->objective->projection].from].size;
	rc = transfer_arrays(a, run, run->n_rules, lane->last);
	if (!rc)
		rc = transfer_doubles(a, lane->rates, n_source);
	return rc ? rc : spk_archive_bytes(a, lane->source_counts, n_source * sizeof *lane->source_counts);
}

static int transfer_at_work(struct spk_archive *a, struct spk_protocol_run *run)
{
	struct spk_lane *lane = &run->lanes[0];
	int rc = transfer_presented(a, run);

	if (!rc)
		rc = spk_archive_bytes(
			a, lane->shown, run->sim->scenario->n_populations * sizeof *lane->shown);
	if (!rc)
		rc = transfer_readout(a, run);
	if (!rc)
		rc = transfer_written(a, run);
	if (!rc)
		rc = transfer_begun(a, run);
	lane->resumes = spk_archive_is_loading(a);
	return rc;
}

/* Updates and gradients so far. */
static int transfer_gradients(struct spk_archive *a, struct spk_protocol_run *run)
{
	struct spk_agreement *g = &run->agreement;
	int rc = spk_archive_u64(a, &g->presentations);

	if (!rc)
		rc = transfer_arrays(a, run, g->n_rules * SPK_AGREEMENT_BLOCKS, g->change);
	return rc ? rc : transfer_arrays(a, run, SPK_AGREEMENT_BLOCKS, g->gradient);
}

static int transfer_agreement(struct spk_archive *a, struct spk_agreement *g)
{
	int rc = spk_archive_u64(a, &g->presentations);

	if (!rc)
		rc = transfer_doubles(a, g->change, g->n_rules * SPK_AGREEMENT_BLOCKS * g->n);
	return rc ? rc : transfer_doubles(a, g->gradient, SPK_AGREEMENT_BLOCKS * g->n);
}

/* Those of projections that are compared, see sim/comparison.h. */
static int transfer_comparison(struct spk_archive *a, struct spk_comparison *c)
{
	int rc = transfer_doubles(a, c->change, c->n);

	if (!rc)
		rc = transfer_doubles(a, c->gradient, c->n);
	return rc ? rc : transfer_agreement(a, &c->sample);
}

/* What all presentations so far gave. */
static int transfer_sums(struct spk_archive *a, struct spk_protocol_run *run)
{
	int rc = spk_archive_bytes(a, run->scores, run->protocol->n_stages * sizeof *run->scores);

	if (!rc && run->objective->on)
		rc = transfer_gradients(a, run);
	for (size_t k = 0; !rc && k < run->protocol->n_comparisons; k++)
		rc = transfer_comparison(a, &run->comparisons[k]);
	return rc;
}

int spk_checkpoint_protocol(struct spk_archive *a, struct spk_protocol_run *run)
{
	int rc = transfer_place(a, run);

	if (!rc)
		rc = transfer_at_work(a, run);
	return rc ? rc : transfer_sums(a, run);
}

/* ---- Several lanes ------------------------------------------------------------------------------ */

/* Spikes of a rank's first lane are counted with what is recorded. */
static int transfer_lane(struct spk_archive *a, struct spk_protocol_run *run, unsigned number)
{
	struct spk_lane *lane = &run->lanes[number];
	uint64_t *const n_spikes = number == run->first_own ? &run->sim->recorder.n_spikes : &lane->n_spikes;
	int rc = transfer_doubles(a, &lane->elapsed, 1);

	if (!rc)
		rc = spk_archive_u64(a, n_spikes);
	return rc ? rc : spk_checkpoint_engine(a, lane->engine, lane->timetable);
}

/* The rank that has a lane. */
static unsigned rank_of(const struct spk_protocol_run *run, unsigned lane)
{
	unsigned rank = 0, lo, hi;

	do
		spk_protocol_lanes(run->protocol, rank++, spk_ranks_count(run->ranks), &lo, &hi);
	while (lane >= hi);
	return rank - 1;
}

/* What rank 0 keeps for all, as the first lane is recorded there. */
static int transfer_first(struct spk_archive *a, struct spk_sim *sim)
{
	int rc = spk_checkpoint_recorder(a, &sim->recorder);

	return rc ? rc : transfer_sums(a, sim->protocol);
}

int spk_checkpoint_lanes(struct spk_archive *a, struct spk_sim *sim, uint64_t **ret_rows)
{
	struct spk_protocol_run *run = sim->protocol;
	int rc = transfer_place(a, run), is_own;

	for (size_t k = 0; !rc && k < sim->scenario->n_projections; k++)
		if (run->merged[k])
			rc = transfer_doubles(a, run->merged[k],
				sim->engine.network.partitions[0].tables[k].table.n_synapses);
	for (unsigned k = 0; !rc && k < run->n_lanes; k++) {
		rc = spk_archive_begin(a, rank_of(run, k), &is_own);
		if (!rc && is_own)
			rc = transfer_lane(a, run, k);
		if (!rc && is_own && k == 0)
			rc = transfer_first(a, sim);
		if (!rc)
			rc = spk_archive_end(a);
	}
	return rc ? rc : spk_checkpoint_rows(a, &sim->recorder, ret_rows);
}
