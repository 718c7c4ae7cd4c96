#include "models/stack/learn.h"

#include <stdlib.h>

#include "models/math/det.h"
#include "models/math/levels.h"
#include "models/stack/noise.h"
#include "models/stack/optimiser.h"

/* Scratch rows of a batch: corrupted input, prediction, error. */
enum { INPUT, PREDICTION, ERROR };
enum { MAX_MINIBATCH = 1 << 16 };

/* ---- Life cycle --------------------------------------------------------------------------------- */

int spk_learner_init(const struct spk_stack *stack, const struct spk_net *net, uint64_t seed,
	struct spk_learner *ret_learner, struct spk_error *err)
{
	const enum spk_optimiser kind = stack->training.optimiser;
	const int has_first = kind != SPK_OPTIMISER_RMSPROP, has_second = kind != SPK_OPTIMISER_SGD;
	struct spk_learner learner = {.stack = stack, .seed = seed};
	size_t largest = 0;
	int rc = SPK_OK;

	for (size_t l = 0; l + 1 < net->n_layers; l++) {
		const struct spk_map *maps[] = {&net->encoder[l], &net->decoder[l]};
		struct spk_map *first[] = {&learner.first_encoder[l], &learner.first_decoder[l]};
		struct spk_map *second[] = {&learner.second_encoder[l], &learner.second_decoder[l]};
		for (unsigned k = 0; k < 2; k++) {
			const size_t n_in = maps[k]->n_in, n_out = maps[k]->n_out;
			largest = n_out * n_in + n_out > largest ? n_out * n_in + n_out : largest;
			if (rc == SPK_OK && has_first)
				rc = spk_map_init(n_in, n_out, NULL, first[k], err);
			if (rc == SPK_OK && has_second)
				rc = spk_map_init(n_in, n_out, NULL, second[k], err);
		}
	}
	if (rc == SPK_OK) {
		learner.gradient = malloc(largest * sizeof *learner.gradient);
		if (!learner.gradient)
			rc = spk_fail(err, SPK_E_NOMEM, "out of memory for the gradient of a stack");
	}
	if (rc) {
		spk_learner_clear(&learner);
		return rc;
	}
	*ret_learner = learner;
	return SPK_OK;
}

void spk_learner_clear(struct spk_learner *learner)
{
	for (size_t l = 0; l < SPK_STACK_MAX_LAYERS - 1; l++) {
		spk_map_clear(&learner->first_encoder[l]);
		spk_map_clear(&learner->first_decoder[l]);
		spk_map_clear(&learner->second_encoder[l]);
		spk_map_clear(&learner->second_decoder[l]);
	}
	free(learner->gradient);
	learner->gradient = NULL;
}

double spk_learn_share(const struct spk_training *training, uint64_t epoch)
{
	const double middle = ((double)epoch + 0.5) / (double)(training->epochs ? training->epochs : 1);
	const double way = middle < 1 ? middle : 1;
	const double linear = training->final > 0 ? 1 - (1 - training->final) * way : 1;

	return linear * spk_pow(training->decay, (double)epoch);
}

/* ---- Gradient ----------------------------------------------------------------------------------- */

struct descent {
	size_t n;
	const struct spk_map *map;
	const float *target, *y;
	float *error;                        /* [n * n_out] */
	float *bias_gradient;                /* [n_out] */
	double loss[SPK_PRODUCT_MAX_BLOCKS]; /* summed block by block, so that its bits do not depend on
						threads */
};

/* Error, loss and gradient of the biases for a block of units. */
static void form_error(void *context, struct spk_block block)
{
	struct descent *d = context;
	const float share = 1 / (float)d->n;
	double loss = 0;

	for (size_t k = 0; k < block.count; k++)
		d->bias_gradient[block.first + k] = 0;
	for (size_t i = 0; i < d->n; i++) {
		const size_t at = i * d->map->n_out + block.first;
		float *error = d->error + at, *sum = d->bias_gradient + block.first;
		float square = 0;
		for (size_t k = 0; k < block.count; k++) {
			const float e = d->y[at + k] - d->target[at + k];
			square += e * e;
			error[k] = share * e;
		}
		loss += (double)square;
		d->map->unit->apply_slope(block.count, d->y + at, error);
		for (size_t k = 0; k < block.count; k++)
			sum[k] += error[k];
	}
	d->loss[block.index] = loss;
}

/* Error and loss of a map; what the weights' gradient needs is left in *descent. */
static double find_error(const struct spk_parallel *parallel, const struct spk_map *map,
	struct spk_batch *batch, const float *in, const float *target, float *bias_gradient,
	struct descent *descent)
{
	double loss = 0;

	*descent = (struct descent){.n = batch->n,
		.map = map,
		.target = target,
		.y = batch->scratch[PREDICTION],
		.error = batch->scratch[ERROR],
		.bias_gradient = bias_gradient};
	spk_map_apply_then(parallel, map, batch->n, in, batch->scratch[PREDICTION], form_error, descent);
	for (unsigned k = 0; k < spk_product_blocks(map->n_out); k++)
		loss += descent->loss[k];
	return loss / (2 * (double)batch->n);
}

/* ---- Update ------------------------------------------------------------------------------------- */

struct update {
	struct spk_optimiser_step step;
	struct spk_map *map, *first, *second;
	const float *gradient;
};

static float *at_or_null(float *array, size_t at)
{
	return array ? array + at : NULL;
}

static void update_block(void *context, struct spk_block block)
{
	const struct update *u = context;

	for (size_t i = 0; i < u->map->n_out; i++) {
		const size_t at = i * u->map->n_in + block.first;
		spk_optimiser_apply(&u->step, block.count, u->gradient + at, at_or_null(u->first->weight, at),
			at_or_null(u->second->weight, at), u->map->weight + at);
	}
}

/* One map's update; in: its corrupted input. */
static double learn_map(const struct spk_parallel *parallel, struct update *update, float *gradient,
	struct spk_batch *batch, const float *in, const float *target)
{
	struct spk_map *map = update->map;
	float *bias_gradient = gradient + map->n_out * map->n_in;
	struct descent descent;
	const double loss = find_error(parallel, map, batch, in, target, bias_gradient, &descent);
	const struct spk_product product = {.form = SPK_PRODUCT_AT_B,
		.rows = map->n_out,
		.columns = map->n_in,
		.inner = batch->n,
		.a = descent.error,
		.b = in,
		.c = gradient,
		.finish = update_block,
		.context = update};

	update->gradient = gradient;
	spk_product(parallel, &product);
	spk_optimiser_apply(&update->step, map->n_out, bias_gradient, update->first->bias,
		update->second->bias, map->bias);
	return loss;
}

void spk_learn(const struct spk_parallel *parallel, struct spk_learner *learner, struct spk_net *net,
	uint64_t epoch, struct spk_batch *batch, struct spk_learn_loss *ret_loss)
{
	const struct spk_training *training = &learner->stack->training;
	const struct spk_stack_layer *layers = learner->stack->layers;
	const double share = spk_learn_share(training, epoch);
	const uint64_t t = learner->updates + 1, id = learner->updates * MAX_MINIBATCH;

	for (size_t l = 0; l + 1 < net->n_layers; l++) {
		struct spk_rng noise =
			spk_rng_stream(learner->seed, SPK_RNG_STACK_NOISE, (uint32_t)(2 * l), id);
		const double up = layers[l + 1].encoder_step, down = layers[l].decoder_step;
		struct update update = {.step = spk_optimiser_start(
						training, share * (up > 0 ? up : training->encoder_step), t),
			.map = &net->encoder[l],
			.first = &learner->first_encoder[l],
			.second = &learner->second_encoder[l]};
		const float *in = spk_noise_corrupt(
			parallel, &layers[l], 0, &noise, batch->n, batch->h[l], batch->scratch[INPUT]);
		ret_loss->encoder[l] =
			learn_map(parallel, &update, learner->gradient, batch, in, batch->h[l + 1]);

		noise = spk_rng_stream(learner->seed, SPK_RNG_STACK_NOISE, (uint32_t)(2 * l + 1), id);
		update = (struct update){.step = spk_optimiser_start(training,
						 share * (down > 0 ? down : training->decoder_step), t),
			.map = &net->decoder[l],
			.first = &learner->first_decoder[l],
			.second = &learner->second_decoder[l]};
		in = spk_noise_corrupt(parallel, &layers[l + 1], 1, &noise, batch->n, batch->h[l + 1],
			batch->scratch[INPUT]);
		ret_loss->decoder[l] =
			learn_map(parallel, &update, learner->gradient, batch, in, batch->h[l]);
	}
	learner->updates++;
}
