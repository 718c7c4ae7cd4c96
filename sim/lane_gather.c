#include "sim/lane_gather.h"

#include <stdlib.h>
#include <string.h>

#include "sim/gradient.h"

/* Bytes that are put into a message, or taken out of it; without a message they are counted. */
struct parcel {
	unsigned char *message;
	size_t n; /* so far */
	int is_taken;
};

static void move(struct parcel *p, void *data, size_t n)
{
	if (p->message && n)
		memcpy(p->is_taken ? data : p->message + p->n, p->is_taken ? p->message + p->n : data, n);
	p->n += n;
}

static void move_readouts(struct parcel *p, struct spk_lane *lane)
{
	const struct spk_protocol *protocol = lane->run->protocol;

	for (size_t k = 0; k < protocol->n_readouts; k++) {
		const struct spk_population *of =
			&lane->scenario->populations[protocol->readouts[k].population];
		struct spk_lane_readout *r = &lane->readouts[k];
		move(p, &r->is_taken, sizeof r->is_taken);
		move(p, r->values, of->size / of->copies * sizeof *r->values);
	}
}

/* What a presentation that learned adds to sums of changes and gradients. */
static void move_terms(struct parcel *p, struct spk_lane *lane)
{
	const struct spk_protocol_run *run = lane->run;

	move(p, lane->terms, spk_gradient_terms(run) * sizeof *lane->terms);
	if (run->protocol->n_comparisons)
		move(p, lane->direction, run->n_out * sizeof *lane->direction);
	for (size_t k = 0; k < run->protocol->n_comparisons; k++) {
		move(p, lane->compared[k], run->comparisons[k].n * sizeof **lane->compared);
		move(p, lane->ended[k], run->comparisons[k].n * sizeof **lane->ended);
	}
}

static void move_lane(struct parcel *p, struct spk_lane *lane)
{
	move(p, &lane->now.start, sizeof lane->now.start);
	move(p, &lane->has_readout, sizeof lane->has_readout);
	move(p, &lane->J, sizeof lane->J);
	move(p, &lane->predicted, sizeof lane->predicted);
	move(p, &lane->action, sizeof lane->action);
	move(p, &lane->reward, sizeof lane->reward);
	move(p, &lane->expected, sizeof lane->expected);
	move_readouts(p, lane);
	if (lane->run->protocol->stages[lane->now.stage].learn)
		move_terms(p, lane);
}

/* Those of lanes [lo, hi) that have presented, of n. */
static void move_lanes(struct parcel *p, struct spk_protocol_run *run, unsigned lo, unsigned hi, unsigned n)
{
	for (unsigned k = lo; k < hi && k < n; k++)
		move_lane(p, &run->lanes[k]);
}

static void take(struct spk_protocol_run *run, const struct spk_parts *parts, unsigned n)
{
	unsigned lo, hi;

	for (unsigned rank = 1; rank < parts->n; rank++) {
		struct parcel p = {
			.message = (unsigned char *)(uintptr_t)parts->part[rank].data, .is_taken = 1};
		spk_protocol_lanes(run->protocol, rank, parts->n, &lo, &hi);
		move_lanes(&p, run, lo, hi, n);
	}
}

int spk_lanes_gather(struct spk_protocol_run *run, unsigned n, struct spk_error *err)
{
	struct parcel p = {0};
	struct spk_parts parts;

	if (!run->ranks)
		return SPK_OK;
	if (!run->leads) /* rank 0 tells itself nothing */
		move_lanes(&p, run, run->first_own, run->end_own, n);
	p.message = malloc(p.n + 1);
	if (!p.message)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for what lanes tell each other");
	p.n = 0;
	if (!run->leads)
		move_lanes(&p, run, run->first_own, run->end_own, n);
	const int rc = spk_ranks_gather(run->ranks, p.n, p.message, &parts, err);
	if (!rc && run->leads)
		take(run, &parts, n);
	free(p.message);
	return rc;
}
