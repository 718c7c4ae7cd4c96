/**
 * Small stacks for tests, threads to run them on, and the paper's formulas written once more: plain loops in
 * double precision, one item at a time.
 */
#ifndef SPIKEM_TESTS_STACK_FIXTURE_H
#define SPIKEM_TESTS_STACK_FIXTURE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/models.h"
#include "models/stack/learn.h"
#include "models/stack/sample.h"
#include "tests/parallel.h"
#include "tests/test.h"

enum { FIXTURE_LAYERS = 4 };

/** Layers of these sizes: sigmoid, softplus, sigmoid, linear. */
struct fixture {
	struct spk_stack_layer layers[FIXTURE_LAYERS];
	struct spk_stack stack;
	struct spk_net net;
	struct spk_batch batch;
};

static inline void fixture_describe(struct fixture *f, size_t n_layers, const size_t *size)
{
	static const char *const units[] = {"sigmoid", "softplus", "sigmoid", "linear"};

	memset(f, 0, sizeof *f);
	f->stack = (struct spk_stack){.on = 1, .n_layers = n_layers, .layers = f->layers};
	f->stack.inference = (struct spk_inference){.steps = 3, .delta = 0.3, .alpha = 0.2};
	f->stack.training = (struct spk_training){.epochs = 4,
		.minibatch = 8,
		.optimiser = SPK_OPTIMISER_SGD,
		.encoder_step = 0.01,
		.decoder_step = 0.02,
		.decay = 1,
		.momentum = 0.9,
		.forget = 0.9};
	for (size_t l = 0; l < n_layers; l++)
		f->layers[l] = (struct spk_stack_layer){.size = size[l],
			.unit = spk_find_unit(units[l]),
			.gain = 1.5,
			.bias = 0.1 * (double)l - 0.2,
			.sigma = 1};
}

/** Net, batch of n items and data x in (0, 1) from a seed; encoded. */
static inline int fixture_build(struct fixture *f, size_t n, uint64_t seed)
{
	struct spk_error err = {0};
	uint64_t state = seed;

	if (!CHECK(spk_net_init(&f->stack, seed, &f->net, &err) == SPK_OK) ||
		!CHECK(spk_batch_init(&f->net, n, &f->batch, &err) == SPK_OK))
		return 0;
	for (size_t k = 0; k < n * f->net.size[0]; k++)
		f->batch.h[0][k] = (float)test_uniform(&state, 0, 1);
	spk_encode(NULL, &f->net, &f->batch);
	return 1;
}

static inline void fixture_clear(struct fixture *f)
{
	spk_batch_clear(&f->batch);
	spk_net_clear(&f->net);
}

/** Activities that are no fixed point of anything. */
static inline void fixture_scatter(struct fixture *f, uint64_t seed)
{
	for (size_t l = 1; l < f->net.n_layers; l++)
		for (size_t k = 0; k < f->batch.n * f->net.size[l]; k++)
			f->batch.h[l][k] += (float)test_uniform(&seed, -0.5, 0.5);
}

/* ---- Threads ------------------------------------------------------------------------------------ */

/** A parallel loop on so many threads; end it with spk_pool_free(ret.pool). */
static inline struct spk_parallel fixture_threads(unsigned n)
{
	struct spk_error err = {0};
	struct spk_pool *pool = NULL;

	CHECK(spk_pool_create(n, &pool, &err) == SPK_OK);
	return test_on_pool(pool);
}

/* ---- Formulas ----------------------------------------------------------------------------------- */

static inline double plain_unit(const struct spk_unit_model *unit, double a)
{
	if (strcmp(unit->name, "sigmoid") == 0)
		return 1 / (1 + exp(-a));
	return strcmp(unit->name, "softplus") == 0 ? log1p(exp(a)) : a;
}

/** phi'(a), from a. */
static inline double plain_slope(const struct spk_unit_model *unit, double a)
{
	const double s = 1 / (1 + exp(-a));

	if (strcmp(unit->name, "sigmoid") == 0)
		return s * (1 - s);
	return strcmp(unit->name, "softplus") == 0 ? s : 1;
}

static inline double plain_input(const struct spk_map *map, size_t unit, const double *in)
{
	double a = (double)map->bias[unit];

	for (size_t k = 0; k < map->n_in; k++)
		a += (double)map->weight[unit * map->n_in + k] * in[k];
	return a;
}

static inline void plain_apply(const struct spk_map *map, const double *in, double *out)
{
	for (size_t j = 0; j < map->n_out; j++)
		out[j] = plain_unit(map->unit, plain_input(map, j, in));
}

static inline void plain_row(const float *rows, size_t size, size_t row, double *ret)
{
	for (size_t k = 0; k < size; k++)
		ret[k] = (double)rows[row * size + k];
}

#endif
