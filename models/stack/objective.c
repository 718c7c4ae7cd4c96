/* J of a deep chain and its gradients. Every term is a squared residual h_out - phi(W h_in + b) of one map.
 */
#include "models/stack/objective.h"

#include <stdlib.h>
#include <string.h>

#include "models/stack/blas.h"

enum { ROWS_PER_TASK = 32 };

static double unit_value(const void *context, size_t unit, double a)
{
	const struct spk_unit_model *model = context;

	(void)unit;
	return model->value(a);
}

static double unit_slope(const void *context, size_t unit, double a)
{
	const struct spk_unit_model *model = context;

	(void)unit;
	return model->slope(model->value(a));
}

struct spk_transfer spk_transfer_of_unit(const struct spk_unit_model *unit)
{
	return (struct spk_transfer){.value = unit_value, .slope = unit_slope, .context = unit};
}

static double neuron_value(const void *context, size_t unit, double a)
{
	const struct spk_neuron_unit *neuron = context;

	(void)unit;
	return neuron->model->rate(neuron->par, a);
}

static double neuron_slope(const void *context, size_t unit, double a)
{
	const struct spk_neuron_unit *neuron = context;

	(void)unit;
	return neuron->model->rate_slope(neuron->par, a);
}

struct spk_transfer spk_transfer_of_neuron(const struct spk_neuron_unit *neuron)
{
	return (struct spk_transfer){.value = neuron_value, .slope = neuron_slope, .context = neuron};
}

/* ---- Life cycle --------------------------------------------------------------------------------- */

static int init_map(size_t n_in, size_t n_out, struct spk_deep_map *map)
{
	*map = (struct spk_deep_map){.n_in = n_in,
		.n_out = n_out,
		.weight = calloc(n_in * n_out, sizeof *map->weight),
		.bias = calloc(n_out, sizeof *map->bias)};
	return map->weight && map->bias;
}

int spk_deep_init(size_t n_layers, const size_t *size, struct spk_deep *ret_deep, struct spk_error *err)
{
	struct spk_deep deep = {.n_layers = n_layers};
	int ok = 1;

	for (size_t l = 0; l < n_layers; l++) {
		deep.size[l] = size[l];
		deep.sigma[l] = 1;
	}
	for (size_t l = 0; ok && l + 1 < n_layers; l++)
		ok = init_map(size[l], size[l + 1], &deep.encoder[l]) &&
		     init_map(size[l + 1], size[l], &deep.decoder[l]);
	if (!ok) {
		spk_deep_clear(&deep);
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the objective");
	}
	*ret_deep = deep;
	return SPK_OK;
}

void spk_deep_clear(struct spk_deep *deep)
{
	for (size_t l = 0; l + 1 < SPK_STACK_MAX_LAYERS; l++) {
		free(deep->encoder[l].weight);
		free(deep->encoder[l].bias);
		free(deep->decoder[l].weight);
		free(deep->decoder[l].bias);
	}
	*deep = (struct spk_deep){0};
}

static void widen(size_t n, const float *from, double *to)
{
	for (size_t k = 0; k < n; k++)
		to[k] = (double)from[k];
}

void spk_deep_load(struct spk_deep *deep, const struct spk_stack *stack, const struct spk_net *net)
{
	deep->alpha = stack->objective_alpha;
	for (size_t l = 0; l < deep->n_layers; l++) {
		deep->transfer[l] = spk_transfer_of_unit(stack->layers[l].unit);
		deep->sigma[l] = stack->layers[l].sigma;
	}
	for (size_t l = 0; l + 1 < deep->n_layers; l++) {
		const size_t n = deep->size[l] * deep->size[l + 1];
		widen(n, net->encoder[l].weight, deep->encoder[l].weight);
		widen(deep->size[l + 1], net->encoder[l].bias, deep->encoder[l].bias);
		widen(n, net->decoder[l].weight, deep->decoder[l].weight);
		widen(deep->size[l], net->decoder[l].bias, deep->decoder[l].bias);
	}
}

int spk_deep_state_init(
	const struct spk_deep *deep, size_t room, struct spk_deep_state *ret_state, struct spk_error *err)
{
	struct spk_deep_state state = {.room = room, .n_layers = deep->n_layers};
	size_t largest = 0;
	int ok = 1;

	for (size_t l = 0; l < deep->n_layers; l++) {
		largest = deep->size[l] > largest ? deep->size[l] : largest;
		state.h[l] = calloc(room * deep->size[l], sizeof(double));
		ok = ok && state.h[l];
	}
	state.scratch = calloc(room * largest, sizeof(double));
	if (!ok || !state.scratch) {
		spk_deep_state_clear(&state);
		return spk_fail(err, SPK_E_NOMEM, "out of memory for the objective of %zu items", room);
	}
	*ret_state = state;
	return SPK_OK;
}

void spk_deep_state_clear(struct spk_deep_state *state)
{
	for (size_t l = 0; l < SPK_STACK_MAX_LAYERS; l++)
		free(state->h[l]);
	free(state->scratch);
	*state = (struct spk_deep_state){0};
}

void spk_deep_state_load(
	struct spk_deep_state *state, const struct spk_deep *deep, const struct spk_batch *batch)
{
	state->n = batch->n;
	for (size_t l = 0; l < deep->n_layers; l++)
		widen(batch->n * deep->size[l], batch->h[l], state->h[l]);
}

/* ---- One map ------------------------------------------------------------------------------------ */

/* A map between neighbours and what J says about it: weight * -|h_out - phi(W h_in + b)|^2 / (2 sigma^2). */
struct link {
	const struct spk_deep_map *map;
	const struct spk_transfer *transfer;
	const double *in, *out; /* activities */
	double precision;       /* weight / sigma^2 */
};

static struct link link_decoder(const struct spk_deep *deep, const struct spk_deep_state *state, size_t l)
{
	return (struct link){.map = &deep->decoder[l],
		.transfer = &deep->transfer[l],
		.in = state->h[l + 1],
		.out = state->h[l],
		.precision = 1 / (deep->sigma[l] * deep->sigma[l])};
}

static struct link link_encoder(const struct spk_deep *deep, const struct spk_deep_state *state, size_t l)
{
	return (struct link){.map = &deep->encoder[l],
		.transfer = &deep->transfer[l + 1],
		.in = state->h[l],
		.out = state->h[l + 1],
		.precision = deep->alpha / (deep->sigma[l + 1] * deep->sigma[l + 1])};
}

/* What is made of the net input a of a map, in place. */
enum form {
	RESIDUAL,   /* h_out - phi(a) */
	SENSITIVITY /* precision (h_out - phi(a)) phi'(a) = d term / da */
};

struct residual_work {
	const struct link *link;
	enum form form;
	size_t n;
	double *a;
};

static void finish_rows(void *context, unsigned task)
{
	const struct residual_work *work = context;
	const struct link *link = work->link;
	const struct spk_transfer *phi = link->transfer;
	const size_t n_out = link->map->n_out, first = (size_t)task * ROWS_PER_TASK;
	const size_t end = first + ROWS_PER_TASK < work->n ? first + ROWS_PER_TASK : work->n;

	for (size_t row = first; row < end; row++) {
		const double *h = link->out + row * n_out;
		double *a = work->a + row * n_out;
		for (size_t j = 0; j < n_out; j++) {
			const double net = a[j] + link->map->bias[j];
			a[j] = h[j] - phi->value(phi->context, j, net);
			if (work->form == SENSITIVITY)
				a[j] *= link->precision * phi->slope(phi->context, j, net);
		}
	}
}

static void compute_residual(
	const struct spk_parallel *parallel, const struct link *link, enum form form, size_t n, double *ret)
{
	const size_t n_in = link->map->n_in, n_out = link->map->n_out;
	struct residual_work work = {.link = link, .form = form, .n = n, .a = ret};

	const struct spk_product_double product = {.form = SPK_PRODUCT_A_BT,
		.rows = n,
		.columns = n_out,
		.inner = n_in,
		.a = link->in,
		.b = link->map->weight,
		.c = ret};

	spk_product_double(parallel, &product);
	spk_run_parallel(parallel, (unsigned)((n + ROWS_PER_TASK - 1) / ROWS_PER_TASK), finish_rows, &work);
}

/* ret[i] = -|residual_i|^2 / (2 sigma^2) */
static void compute_term(const struct spk_parallel *parallel, const struct link *link, double sigma, size_t n,
	double *scratch, double *ret)
{
	const size_t n_out = link->map->n_out;

	compute_residual(parallel, link, RESIDUAL, n, scratch);
	for (size_t i = 0; i < n; i++) {
		double sum = 0;
		for (size_t j = 0; j < n_out; j++)
			sum += scratch[i * n_out + j] * scratch[i * n_out + j];
		ret[i] = -sum / (2 * sigma * sigma);
	}
}

/* ret -= precision * residual: the derivative by the map's target. */
static void add_target_side(
	const struct spk_parallel *parallel, const struct link *link, size_t n, double *scratch, double *ret)
{
	compute_residual(parallel, link, RESIDUAL, n, scratch);
	for (size_t k = 0; k < n * link->map->n_out; k++)
		ret[k] -= link->precision * scratch[k];
}

/* ret += W^T sensitivity: the derivative by the map's input. */
static void add_input_side(
	const struct spk_parallel *parallel, const struct link *link, size_t n, double *scratch, double *ret)
{
	const struct spk_product_double product = {.form = SPK_PRODUCT_A_B,
		.rows = n,
		.columns = link->map->n_in,
		.inner = link->map->n_out,
		.a = scratch,
		.b = link->map->weight,
		.c = ret,
		.add = 1};

	compute_residual(parallel, link, SENSITIVITY, n, scratch);
	spk_product_double(parallel, &product);
}

static void compute_map_gradient(const struct spk_parallel *parallel, const struct link *link, size_t n,
	double *scratch, double *ret_weight, double *ret_bias)
{
	const size_t n_in = link->map->n_in, n_out = link->map->n_out;

	const struct spk_product_double product = {.form = SPK_PRODUCT_AT_B,
		.rows = n_out,
		.columns = n_in,
		.inner = n,
		.a = scratch,
		.b = link->in,
		.c = ret_weight,
		.add = 1};

	memset(ret_weight, 0, n_out * n_in * sizeof *ret_weight);
	memset(ret_bias, 0, n_out * sizeof *ret_bias);
	compute_residual(parallel, link, SENSITIVITY, n, scratch);
	spk_product_double(parallel, &product);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n_out; j++)
			ret_bias[j] += scratch[i * n_out + j];
}

/* ---- The prior ---------------------------------------------------------------------------------- */

/* ret = L^-1 (h - mean), or (h - mean) / sd */
static void whiten(const struct spk_top *top, const double *h, double *ret)
{
	for (size_t j = 0; j < top->n; j++) {
		double rest = h[j] - top->mean[j];
		if (!top->lower) {
			ret[j] = rest / top->sd[j];
			continue;
		}
		for (size_t k = 0; k < j; k++)
			rest -= top->lower[j * top->n + k] * ret[k];
		ret[j] = rest / top->lower[j * top->n + j];
	}
}

/* z = L^-T z, in place */
static void solve_transposed(const struct spk_top *top, double *z)
{
	for (size_t j = top->n; j-- > 0;) {
		if (!top->lower) {
			z[j] /= top->sd[j];
			continue;
		}
		for (size_t k = j + 1; k < top->n; k++)
			z[j] -= top->lower[k * top->n + j] * z[k];
		z[j] /= top->lower[j * top->n + j];
	}
}

/* ---- The whole chain ---------------------------------------------------------------------------- */

void spk_deep_terms(const struct spk_parallel *parallel, const struct spk_deep *deep,
	struct spk_deep_state *state, double *ret_terms)
{
	const size_t top = deep->n_layers - 1, n = state->n;
	double *scratch = state->scratch;

	for (size_t l = 0; l < top; l++) {
		const struct link down = link_decoder(deep, state, l), up = link_encoder(deep, state, l);
		compute_term(parallel, &down, deep->sigma[l], n, scratch, ret_terms + l * n);
		compute_term(parallel, &up, deep->sigma[l + 1], n, scratch, ret_terms + (top + 1 + l) * n);
	}
	for (size_t i = 0; i < n; i++) {
		double sum = 0;
		if (deep->prior)
			whiten(deep->prior, state->h[top] + i * deep->size[top], scratch);
		for (size_t j = 0; deep->prior && j < deep->size[top]; j++)
			sum += scratch[j] * scratch[j];
		ret_terms[top * n + i] = -sum / 2;
	}
}

void spk_deep_total(const struct spk_deep *deep, size_t n, const double *terms, double *ret)
{
	const size_t n_plain = deep->n_layers, n_terms = spk_deep_n_terms(deep);

	for (size_t i = 0; i < n; i++) {
		double plain = 0, encoders = 0;
		for (size_t t = 0; t < n_plain; t++)
			plain += terms[t * n + i];
		for (size_t t = n_plain; t < n_terms; t++)
			encoders += terms[t * n + i];
		ret[i] = plain + deep->alpha * encoders;
	}
}

void spk_deep_gradient(const struct spk_parallel *parallel, const struct spk_deep *deep,
	struct spk_deep_state *state, size_t l, double *ret)
{
	const size_t top = deep->n_layers - 1, n = state->n, size = deep->size[l];
	double *scratch = state->scratch;

	memset(ret, 0, n * size * sizeof *ret);
	if (l < top) {
		const struct link down = link_decoder(deep, state, l), up = link_encoder(deep, state, l);
		add_target_side(parallel, &down, n, scratch, ret);
		add_input_side(parallel, &up, n, scratch, ret);
	}
	if (l > 0) {
		const struct link down = link_decoder(deep, state, l - 1),
				  up = link_encoder(deep, state, l - 1);
		add_input_side(parallel, &down, n, scratch, ret);
		add_target_side(parallel, &up, n, scratch, ret);
	}
	for (size_t i = 0; deep->prior && l == top && i < n; i++) {
		whiten(deep->prior, state->h[l] + i * size, scratch);
		solve_transposed(deep->prior, scratch);
		for (size_t j = 0; j < size; j++)
			ret[i * size + j] -= scratch[j];
	}
}

void spk_deep_gradient_below(const struct spk_parallel *parallel, const struct spk_deep *deep,
	struct spk_deep_state *state, size_t l, double *ret)
{
	const struct link down = link_decoder(deep, state, l - 1);

	memset(ret, 0, state->n * deep->size[l] * sizeof *ret);
	add_input_side(parallel, &down, state->n, state->scratch, ret);
}

void spk_deep_gradient_decoder(const struct spk_parallel *parallel, const struct spk_deep *deep,
	struct spk_deep_state *state, size_t l, double *ret_weight, double *ret_bias)
{
	const struct link down = link_decoder(deep, state, l);

	compute_map_gradient(parallel, &down, state->n, state->scratch, ret_weight, ret_bias);
}

void spk_deep_gradient_encoder(const struct spk_parallel *parallel, const struct spk_deep *deep,
	struct spk_deep_state *state, size_t l, double *ret_weight, double *ret_bias)
{
	const struct link up = link_encoder(deep, state, l);

	compute_map_gradient(parallel, &up, state->n, state->scratch, ret_weight, ret_bias);
}
