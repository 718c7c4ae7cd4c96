#include "models/stack/net.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/math/levels.h"
#include "models/math/normal.h"

/* ---- Life cycle --------------------------------------------------------------------------------- */

int spk_map_init(size_t n_in, size_t n_out, const struct spk_unit_model *unit, struct spk_map *ret_map,
	struct spk_error *err)
{
	struct spk_map map = {.n_in = n_in, .n_out = n_out, .unit = unit};

	map.weight = calloc(n_in * n_out, sizeof *map.weight);
	map.bias = calloc(n_out, sizeof *map.bias);
	if (!map.weight || !map.bias) {
		spk_map_clear(&map);
		return spk_fail(err, SPK_E_NOMEM, "out of memory for a map of %zu to %zu units", n_in, n_out);
	}
	*ret_map = map;
	return SPK_OK;
}

void spk_map_clear(struct spk_map *map)
{
	free(map->weight);
	free(map->bias);
	map->weight = map->bias = NULL;
}

void spk_net_clear(struct spk_net *net)
{
	for (size_t l = 0; l + 1 < net->n_layers; l++) {
		spk_map_clear(&net->encoder[l]);
		spk_map_clear(&net->decoder[l]);
	}
	net->n_layers = 0;
}

/* Orthonormal rows, or columns where there are more rows than columns, times the gain. */
static int set_orthogonal(struct spk_rng rng, double gain, struct spk_map *map, struct spk_error *err)
{
	const int is_tall = map->n_out >= map->n_in;
	const size_t m = is_tall ? map->n_out : map->n_in, n = is_tall ? map->n_in : map->n_out;
	gsl_matrix *a = gsl_matrix_alloc(m, n), *t = gsl_matrix_alloc(n, n), *q = gsl_matrix_alloc(m, m),
		   *r = gsl_matrix_alloc(n, n);
	float *row = malloc(n * sizeof *row);
	int rc = SPK_OK;

	if (!a || !t || !q || !r || !row) {
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for initial weights");
		goto out;
	}
	for (size_t i = 0; i < m; i++) {
		spk_normal_fill(&rng, rng.draw, n, row);
		rng.draw += spk_normal_blocks(n);
		for (size_t k = 0; k < n; k++)
			gsl_matrix_set(a, i, k, (double)row[k]);
	}
	spk_blas_use_one_thread();
	if (gsl_linalg_QR_decomp_r(a, t) || gsl_linalg_QR_unpack_r(a, t, q, r)) {
		rc = spk_fail(err, SPK_E_NUMERIC, "no orthogonal matrix of %zu x %zu was found", m, n);
		goto out;
	}
	/* with the signs of the diagonal of R, Q is distributed evenly over all orthogonal matrices */
	for (size_t i = 0; i < m; i++)
		for (size_t k = 0; k < n; k++)
			map->weight[is_tall ? i * n + k : k * m + i] =
				(float)(gsl_matrix_get(r, k, k) < 0 ? -gain * gsl_matrix_get(q, i, k)
								    : gain * gsl_matrix_get(q, i, k));
out:
	gsl_matrix_free(a);
	gsl_matrix_free(t);
	gsl_matrix_free(q);
	gsl_matrix_free(r);
	free(row);
	return rc;
}

/* The map from layer `from` to layer `to`, its neighbour. */
static int make_map(const struct spk_stack *stack, uint64_t seed, size_t from, size_t to,
	struct spk_map *ret_map, struct spk_error *err)
{
	const struct spk_stack_layer *layer = &stack->layers[to];
	const uint32_t sub = (uint32_t)(from < to ? 2 * from : 2 * to + 1);
	const double gain = from > to && layer->decoder_gain > 0 ? layer->decoder_gain : layer->gain;
	int rc = spk_map_init(stack->layers[from].size, layer->size, layer->unit, ret_map, err);

	if (rc)
		return rc;
	for (size_t k = 0; k < ret_map->n_out; k++)
		ret_map->bias[k] = (float)layer->bias;
	return set_orthogonal(spk_rng_stream(seed, SPK_RNG_STACK_WEIGHT, sub, 0), gain, ret_map, err);
}

int spk_net_init(const struct spk_stack *stack, uint64_t seed, struct spk_net *ret_net, struct spk_error *err)
{
	struct spk_net net = {.n_layers = stack->n_layers};
	int rc = SPK_OK;

	if (stack->n_layers < 2 || stack->n_layers > SPK_STACK_MAX_LAYERS)
		return spk_fail(err, SPK_E_INVALID, "a stack has 2 to %d layers", SPK_STACK_MAX_LAYERS);
	for (size_t l = 0; l < net.n_layers; l++) {
		net.size[l] = stack->layers[l].size;
		if (net.size[l] == 0)
			return spk_fail(err, SPK_E_INVALID, "layer %zu of the stack has no units", l);
	}
	for (size_t l = 0; rc == SPK_OK && l + 1 < net.n_layers; l++) {
		rc = make_map(stack, seed, l, l + 1, &net.encoder[l], err);
		if (rc == SPK_OK)
			rc = make_map(stack, seed, l + 1, l, &net.decoder[l], err);
	}
	if (rc) {
		spk_net_clear(&net);
		return rc;
	}
	*ret_net = net;
	return SPK_OK;
}

/* ---- Propagation -------------------------------------------------------------------------------- */

struct application {
	const struct spk_map *map;
	size_t n;
	float *out;
	int is_linear;
	void (*then)(void *context, struct spk_block block);
	void *context;
};

SPK_FOR_EACH_LEVEL static void add(size_t n, const float *b, float *a)
{
	for (size_t k = 0; k < n; k++)
		a[k] += b[k];
}

static void finish_block(void *context, struct spk_block block)
{
	const struct application *a = context;

	for (size_t i = 0; i < a->n; i++) {
		float *out = a->out + i * a->map->n_out + block.first;
		add(block.count, a->map->bias + block.first, out);
		if (!a->is_linear)
			a->map->unit->apply(block.count, out);
	}
	if (a->then)
		a->then(a->context, block);
}

static void propagate(
	const struct spk_parallel *parallel, const struct application *application, const float *in)
{
	const struct spk_map *map = application->map;
	const struct spk_product product = {
		.form = SPK_PRODUCT_A_BT,
		.rows = application->n,
		.columns = map->n_out,
		.inner = map->n_in,
		.a = in,
		.b = map->weight,
		.c = application->out,
		.finish = finish_block,
		.context = (void *)application,
	};

	spk_product(parallel, &product);
}

void spk_map_apply_then(const struct spk_parallel *parallel, const struct spk_map *map, size_t n,
	const float *in, float *out, void (*then)(void *context, struct spk_block block), void *context)
{
	const struct application a = {.map = map, .n = n, .out = out, .then = then, .context = context};

	propagate(parallel, &a, in);
}

void spk_map_apply(
	const struct spk_parallel *parallel, const struct spk_map *map, size_t n, const float *in, float *out)
{
	spk_map_apply_then(parallel, map, n, in, out, NULL, NULL);
}

void spk_map_input(
	const struct spk_parallel *parallel, const struct spk_map *map, size_t n, const float *in, float *out)
{
	const struct application a = {.map = map, .n = n, .out = out, .is_linear = 1};

	propagate(parallel, &a, in);
}

/* ---- Centring ----------------------------------------------------------------------------------- */

/* bias[j] -= mean over items of net input j, minus the bias wanted. */
static int centre_map(const struct spk_parallel *parallel, double bias, size_t n, const float *in,
	float *room, struct spk_map *map, struct spk_error *err)
{
	double *mean = calloc(map->n_out, sizeof *mean);

	if (!mean)
		return spk_fail(err, SPK_E_NOMEM, "out of memory for initial biases");
	spk_map_input(parallel, map, n, in, room);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < map->n_out; j++)
			mean[j] += (double)room[i * map->n_out + j] / (double)n;
	for (size_t j = 0; j < map->n_out; j++)
		map->bias[j] = (float)((double)map->bias[j] - mean[j] + bias);
	free(mean);
	return SPK_OK;
}

int spk_net_centre(const struct spk_parallel *parallel, const struct spk_stack *stack, size_t n,
	const float *items, struct spk_net *net, struct spk_error *err)
{
	float *below = NULL, *above = NULL;
	size_t largest = 0;
	int rc = SPK_OK;

	for (size_t l = 0; l < net->n_layers; l++)
		largest = net->size[l] > largest ? net->size[l] : largest;
	below = malloc(n * largest * sizeof *below);
	above = malloc(n * largest * sizeof *above);
	if (!below || !above) {
		rc = spk_fail(err, SPK_E_NOMEM, "out of memory for initial biases");
		goto out;
	}
	memcpy(below, items, n * net->size[0] * sizeof *below);
	for (size_t l = 0; l + 1 < net->n_layers; l++) {
		const struct spk_stack_layer *layer = &stack->layers[l + 1];
		float *const other = below;
		if (layer->centre)
			rc = centre_map(parallel, layer->bias, n, below, above, &net->encoder[l], err);
		if (rc)
			goto out;
		spk_map_apply(parallel, &net->encoder[l], n, below, above);
		below = above;
		above = other;
	}
out:
	free(below);
	free(above);
	return rc;
}
