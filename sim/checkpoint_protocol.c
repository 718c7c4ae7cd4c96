/*
 * Checkpoints of protocols: the place in stages, epochs and items, the presentation at work, and what was
 * measured so far. A run may stop in the middle of a phase.
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
	struct spk_lane *lane = &run->lanes[0];
	int rc = spk_archive_u64(a, &run->presentations);

	if (!rc)
		rc = transfer_size(a, &run->stage);
	if (!rc)
		rc = spk_archive_u64(a, &run->epoch);
	if (!rc)
		rc = spk_archive_u64(a, &run->place);
	if (!rc)
		rc = transfer_size(a, &lane->phase);
	if (!rc)
		rc = spk_archive_bytes(a, &lane->is_counting, sizeof lane->is_counting);
	if (!rc)
		rc = transfer_doubles(a, &lane->elapsed, 1);
	if (!rc && (run->stage >= run->protocol->n_stages ||
			   run->epoch >= run->protocol->stages[run->stage].epochs ||
			   run->place >= spk_protocol_items(run, run->stage) ||
			   lane->phase >= run->protocol->n_phases))
		rc = spk_archive_fail(a, SPK_E_FORMAT, "its place in the protocol is none");
	return rc;
}

/* The presentation at work. */
static int transfer_presented(struct spk_archive *a, struct spk_protocol_run *run)
{
	struct spk_presented *now = &run->lanes[0].now;
	int rc = spk_archive_u64(a, &now->number);

	if (!rc)
		rc = spk_archive_u64(a, &now->item);
	if (!rc)
		rc = transfer_doubles(a, &now->start, 1);
	if (!rc && now->item >= run->data->n_items)
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

/* Updates and gradients so far, and what those of this presentation need. */
static int transfer_gradient(struct spk_archive *a, struct spk_protocol_run *run)
{
	const struct spk_scenario *sc = run->sim->scenario;
	struct spk_agreement *g = &run->agreement;
	struct spk_lane *lane = &run->lanes[0];
	int rc = spk_archive_u64(a, &g->presentations);

	if (!run->objective->on)
		return rc;
	const uint64_t n_source = sc->populations[sc->projections[run->objective->projection].from].size;
	if (!rc)
		rc = transfer_doubles(a, g->change, g->n_rules * SPK_AGREEMENT_BLOCKS * g->n);
	if (!rc)
		rc = transfer_doubles(a, g->gradient, SPK_AGREEMENT_BLOCKS * g->n);
	if (!rc)
		rc = transfer_doubles(a, lane->last, run->n_rules * run->n_synapses);
	if (!rc)
		rc = transfer_doubles(a, lane->rates, n_source);
	return rc ? rc : spk_archive_bytes(a, lane->source_counts, n_source * sizeof *lane->source_counts);
}

/* Updates and gradients of projections that are compared, see sim/comparison.h. */
static int transfer_comparisons(struct spk_archive *a, struct spk_protocol_run *run)
{
	int rc = SPK_OK;

	for (size_t k = 0; !rc && k < run->protocol->n_comparisons; k++) {
		struct spk_comparison *c = &run->comparisons[k];
		struct spk_agreement *sample = &c->sample;
		rc = transfer_doubles(a, c->change, c->n);
		if (!rc)
			rc = transfer_doubles(a, c->gradient, c->n);
		if (!rc)
			rc = spk_archive_u64(a, &sample->presentations);
		if (!rc)
			rc = transfer_doubles(a, sample->change, SPK_AGREEMENT_BLOCKS * sample->n);
		if (!rc)
			rc = transfer_doubles(a, sample->gradient, SPK_AGREEMENT_BLOCKS * sample->n);
		if (!rc)
			rc = transfer_doubles(a, run->lanes[0].compared[k], c->n);
	}
	return rc;
}

int spk_checkpoint_protocol(struct spk_archive *a, struct spk_protocol_run *run)
{
	const size_t n_populations = run->sim->scenario->n_populations;
	int rc = transfer_place(a, run);

	if (!rc)
		rc = transfer_presented(a, run);
	if (!rc)
		rc = spk_archive_bytes(a, run->lanes[0].shown, n_populations * sizeof *run->lanes[0].shown);
	if (!rc)
		rc = transfer_readout(a, run);
	if (!rc)
		rc = transfer_written(a, run);
	if (!rc)
		rc = spk_archive_bytes(a, run->scores, run->protocol->n_stages * sizeof *run->scores);
	if (!rc)
		rc = transfer_gradient(a, run);
	if (!rc)
		rc = transfer_comparisons(a, run);
	if (!rc && spk_archive_is_loading(a))
		run->lanes[0].resumes = 1;
	return rc;
}
