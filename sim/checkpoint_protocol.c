/*
 * Checkpoints of protocols: the place in stages, epochs and items, and what was measured so far. With one
 * lane a run may stop in the middle of a phase: the presentation at work is saved too. Several lanes stop
 * between two rounds, when none is at work: each has its network, and they share the weights with which the
 * batch began.
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
	rc = transfer_doubles(a, lane->last, run->n_rules * run->n_synapses);
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

/* The network of the first lane is that of the simulation, which is saved already. */
static int transfer_lanes(struct spk_archive *a, struct spk_protocol_run *run)
{
	int rc = SPK_OK;

	for (unsigned k = 0; !rc && k < run->n_lanes; k++) {
		struct spk_lane *lane = &run->lanes[k];
		rc = transfer_doubles(a, &lane->elapsed, 1);
		if (!rc)
			rc = spk_archive_u64(a, &lane->n_spikes);
		if (!rc && k > 0)
			rc = spk_checkpoint_engine(a, lane->engine, lane->timetable);
	}
	for (size_t k = 0; !rc && k < run->sim->scenario->n_projections; k++)
		if (run->merged[k])
			rc = transfer_doubles(a, run->merged[k],
				run->sim->engine.network.partitions[0].tables[k].table.n_synapses);
	return rc;
}

/* Updates and gradients so far. */
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

int spk_checkpoint_protocol(struct spk_archive *a, struct spk_protocol_run *run)
{
	int rc = transfer_place(a, run);

	if (!rc)
		rc = run->n_lanes > 1 ? transfer_lanes(a, run) : transfer_at_work(a, run);
	if (!rc)
		rc = spk_archive_bytes(a, run->scores, run->protocol->n_stages * sizeof *run->scores);
	if (!rc && run->objective->on)
		rc = transfer_agreement(a, &run->agreement);
	for (size_t k = 0; !rc && k < run->protocol->n_comparisons; k++)
		rc = transfer_comparison(a, &run->comparisons[k]);
	return rc;
}
