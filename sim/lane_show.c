/* What sources show: images and their masks, labels, errors, rewards. */
#include "sim/lane.h"

#include <math.h>
#include <string.h>

#include "models/math/det.h"
#include "models/stack/inpaint.h"
#include "sim/protocol_run.h"

static const struct spk_stage *stage_of(const struct spk_lane *lane)
{
	return &lane->run->protocol->stages[lane->now.stage];
}

/* What a population shows in a phase; NULL: nothing. */
static const struct spk_show *find_show(
	const struct spk_lane *lane, const struct spk_phase *phase, size_t population)
{
	for (size_t k = 0; k < phase->n_shown; k++)
		if (phase->shown[k].population == population)
			return phase->shown[k].kind < SPK_SHOW_LABEL || stage_of(lane)->learn
				       ? &phase->shown[k]
				       : NULL;
	return NULL;
}

static const enum spk_mask_kind *find_mask(const struct spk_lane *lane, const struct spk_phase *phase)
{
	return phase->mask ? phase->mask : stage_of(lane)->mask;
}

static int find_visible(struct spk_lane *lane, const enum spk_mask_kind *mask, struct spk_error *err)
{
	const struct spk_dataset *data = lane->run->data;

	if (mask)
		return spk_mask(*mask, (size_t)data->height, (size_t)data->width, lane->scenario->seed,
			lane->now.item, lane->visible, err);
	memset(lane->visible, 1, data->n_pixels);
	return SPK_OK;
}

static double clip_to_1(double x)
{
	return fmax(0, fmin(1, x));
}

/* The pixel as it is seen in this presentation. */
static double noisy(const struct spk_lane *lane, uint64_t k, double pixel)
{
	struct spk_rng rng =
		spk_rng_stream(lane->scenario->seed, SPK_RNG_NOISE, (uint32_t)k, lane->now.number);

	return clip_to_1(pixel + lane->run->protocol->noise * spk_rng_normal(&rng));
}

/* Drive of source k. Errors and rewards: 0 before the readout. */
static double drive_of(const struct spk_lane *lane, enum spk_show_kind kind, uint64_t k)
{
	const struct spk_dataset *data = lane->run->data;
	const double pixel =
		kind < SPK_SHOW_LABEL ? (double)data->pixels[lane->now.item * data->n_pixels + k] : 0;
	const double error = lane->has_readout && kind > SPK_SHOW_LABEL
				     ? lane->direction[k] * lane->run->objective->scale
				     : 0;
	const double surprise = lane->has_readout && kind > SPK_SHOW_LABEL && k == lane->action
					? lane->reward - lane->expected
					: 0;

	switch (kind) {
	case SPK_SHOW_IMAGE:
		return lane->visible[k] ? pixel : 0;
	case SPK_SHOW_WHOLE_IMAGE:
		return pixel;
	case SPK_SHOW_VISIBLE_PIXELS:
		return lane->visible[k];
	case SPK_SHOW_HIDDEN_PIXELS:
		return !lane->visible[k];
	case SPK_SHOW_NOISY_IMAGE:
		return lane->visible[k] ? noisy(lane, k, pixel) : 0;
	case SPK_SHOW_LABEL:
		return k == data->labels[lane->now.item];
	case SPK_SHOW_ERROR_ON:
		return clip_to_1(error);
	case SPK_SHOW_ERROR_OFF:
		return clip_to_1(-error);
	case SPK_SHOW_REWARD_ON:
		return clip_to_1(surprise);
	case SPK_SHOW_REWARD_OFF:
		return clip_to_1(-surprise);
	}
	return 0;
}

static void set_drive(struct spk_lane *lane, size_t population, const struct spk_show *show)
{
	struct spk_engine *e = lane->engine;
	const uint64_t copies = lane->scenario->populations[population].copies;

	for (uint32_t p = 0; p < e->network.n_partitions; p++) {
		const struct spk_member *m = &e->network.partitions[p].members[population];
		for (uint64_t i = m->lo; i < m->hi; i++)
			spk_partition_set_drive(&e->network.partitions[p], population, i, e->t,
				show ? drive_of(lane, show->kind, i / copies) : 0);
	}
}

/* Equal codes of one presentation: the same drive, once the readout has been taken. */
static uint32_t code_of(const struct spk_show *show, const enum spk_mask_kind *mask)
{
	return show ? 1 + (uint32_t)show->kind + (mask ? (1 + (uint32_t)*mask) << 8 : 0) : 0;
}

/*
 * Sources restart when their drive is set, so a source that goes on showing what it shows is left alone: a
 * regular source keeps its beat from one phase of a presentation to the next.
 */
int spk_lane_show(struct spk_lane *lane, const struct spk_phase *phase, int fresh, struct spk_error *err)
{
	const enum spk_mask_kind *mask = find_mask(lane, phase);
	const int rc = find_visible(lane, mask, err);

	for (size_t k = 0; !rc && k < lane->scenario->n_populations; k++) {
		const struct spk_show *show = find_show(lane, phase, k);
		const uint32_t code = code_of(show, mask);
		if (!lane->run->shown_ever[k] || (!fresh && code == lane->shown[k]))
			continue;
		lane->shown[k] = code;
		set_drive(lane, k, show);
	}
	return rc;
}

/* ---- Actions ------------------------------------------------------------------------------------ */

/* Probability of a unit by the softmax of the readouts. */
static double probability_of(const struct spk_lane *lane, size_t unit)
{
	struct spk_objective_par par = lane->run->objective_par;

	par.form = SPK_FORM_SOFTMAX;
	return spk_exp(spk_objective_value(&par, lane->run->n_out, lane->readout, unit));
}

static size_t draw_unit(const struct spk_lane *lane, struct spk_rng *rng)
{
	double left = spk_rng_uniform(rng);
	size_t unit = 0;

	while (unit + 1 < lane->run->n_out && (left -= probability_of(lane, unit)) > 0)
		unit++;
	return unit;
}

void spk_lane_act(struct spk_lane *lane)
{
	const struct spk_bandit *bandit = &lane->run->protocol->bandit;
	struct spk_rng rng = spk_rng_stream(lane->scenario->seed, SPK_RNG_ACTION, 0, lane->now.number);

	lane->action = lane->predicted;
	if (stage_of(lane)->learn && spk_rng_uniform(&rng) < bandit->explore)
		lane->action = (size_t)spk_rng_below(&rng, lane->run->n_out);
	else if (stage_of(lane)->learn && bandit->from_softmax)
		lane->action = draw_unit(lane, &rng);
	lane->reward = lane->action == lane->run->data->labels[lane->now.item];
	lane->expected = bandit->predicts_value ? lane->readout[lane->action] / lane->run->objective->scale
						: probability_of(lane, lane->action);
}
