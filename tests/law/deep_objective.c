/*
 * The objective of a deep chain: its value against the formula written out, all gradients against finite
 * differences of that formula, eq 12 where it is exact.
 */
#include "models/stack/objective.h"

#include "tests/neuron_probe.h"
#include "tests/parallel.h"
#include "tests/test.h"

enum { MAX_SIZE = 6, MAX_ITEMS = 4, MAX_LAYERS = 4 };

/* A chain with its state, and the covariance of its prior. */
struct chain {
	struct spk_deep deep;
	struct spk_deep_state state;
	struct spk_top top;
	double mean[MAX_SIZE], sd[MAX_SIZE], lower[MAX_SIZE * MAX_SIZE];
	double curvature[MAX_SIZE]; /* of the units of bent() */
};

enum prior { NO_PRIOR, DIAGONAL_PRIOR, FULL_PRIOR };

/* A transfer function that differs from unit to unit. */
static double bent(const void *context, size_t unit, double a)
{
	const double *curvature = context;
	return a + curvature[unit] * a * a;
}

static double bent_slope(const void *context, size_t unit, double a)
{
	const double *curvature = context;
	return 1 + 2 * curvature[unit] * a;
}

static void fill(uint64_t *seed, size_t n, double lo, double hi, double *values)
{
	for (size_t k = 0; k < n; k++)
		values[k] = test_uniform(seed, lo, hi);
}

/* Weights of all maps in [-weight, weight), biases in [lo, hi). */
static void fill_maps(uint64_t *seed, struct spk_deep *deep, double weight, double lo, double hi)
{
	for (size_t l = 0; l + 1 < deep->n_layers; l++) {
		const size_t n = deep->size[l] * deep->size[l + 1];
		fill(seed, n, -weight, weight, deep->encoder[l].weight);
		fill(seed, n, -weight, weight, deep->decoder[l].weight);
		fill(seed, deep->size[l + 1], lo, hi, deep->encoder[l].bias);
		fill(seed, deep->size[l], lo, hi, deep->decoder[l].bias);
	}
}

static void draw_prior(uint64_t *seed, struct chain *chain, enum prior prior)
{
	const size_t n = chain->deep.size[chain->deep.n_layers - 1];

	fill(seed, n, -1, 1, chain->mean);
	fill(seed, n, 0.5, 2, chain->sd);
	fill(seed, n * n, -0.5, 0.5, chain->lower);
	for (size_t j = 0; j < n; j++)
		chain->lower[j * n + j] = chain->sd[j];
	chain->top = (struct spk_top){.n = n,
		.mean = chain->mean,
		.sd = prior == DIAGONAL_PRIOR ? chain->sd : NULL,
		.lower = prior == FULL_PRIOR ? chain->lower : NULL};
	chain->deep.prior = prior == NO_PRIOR ? NULL : &chain->top;
}

/* unit: transfer function of all layers; NULL: bent() */
static int draw_chain(uint64_t *seed, size_t n_layers, const struct spk_unit_model *unit, enum prior prior,
	struct chain *chain)
{
	struct spk_error err;
	size_t size[MAX_LAYERS];

	for (size_t l = 0; l < n_layers; l++)
		size[l] = 1 + test_random(seed) % MAX_SIZE;
	if (!CHECK(spk_deep_init(n_layers, size, &chain->deep, &err) == SPK_OK))
		return 0;
	if (!CHECK(spk_deep_state_init(&chain->deep, MAX_ITEMS, &chain->state, &err) == SPK_OK)) {
		spk_deep_clear(&chain->deep);
		return 0;
	}
	fill(seed, MAX_SIZE, -0.2, 0.2, chain->curvature);
	for (size_t l = 0; l < n_layers; l++) {
		chain->deep.transfer[l] = unit ? spk_transfer_of_unit(unit)
					       : (struct spk_transfer){bent, bent_slope, chain->curvature};
		chain->deep.sigma[l] = test_uniform(seed, 0.5, 2);
		fill(seed, MAX_ITEMS * size[l], -1, 1, chain->state.h[l]);
	}
	fill_maps(seed, &chain->deep, 1, -1, 1);
	chain->deep.alpha = test_uniform(seed, 0.1, 2);
	chain->state.n = 1 + test_random(seed) % MAX_ITEMS;
	draw_prior(seed, chain, prior);
	return 1;
}

static void clear_chain(struct chain *chain)
{
	spk_deep_state_clear(&chain->state);
	spk_deep_clear(&chain->deep);
}

/* ---- The formula written out -------------------------------------------------------------------- */

/* -|out - phi(W in + b)|^2 / (2 sigma^2) */
static double plain_conditional(const struct spk_deep_map *map, const struct spk_transfer *phi, double sigma,
	const double *in, const double *out)
{
	double sum = 0;

	for (size_t j = 0; j < map->n_out; j++) {
		double a = map->bias[j];
		for (size_t k = 0; k < map->n_in; k++)
			a += map->weight[j * map->n_in + k] * in[k];
		sum += pow((out[j] - phi->value(phi->context, j, a)) / sigma, 2);
	}
	return -sum / 2;
}

/* -d^T C^-1 d / 2 by Gaussian elimination on C */
static double plain_prior(const struct chain *chain, const double *h)
{
	const size_t n = chain->top.n;
	double matrix[MAX_SIZE][MAX_SIZE + 1], solution[MAX_SIZE], sum = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			matrix[i][j] = chain->top.sd && i == j ? chain->sd[i] * chain->sd[i] : 0;
			for (size_t k = 0; chain->top.lower && k <= i && k <= j; k++)
				matrix[i][j] += chain->lower[i * n + k] * chain->lower[j * n + k];
		}
		matrix[i][n] = h[i] - chain->mean[i];
	}
	for (size_t p = 0; p < n; p++)
		for (size_t i = p + 1; i < n; i++)
			for (size_t j = n + 1; j-- > p;)
				matrix[i][j] -= matrix[i][p] / matrix[p][p] * matrix[p][j];
	for (size_t i = n; i-- > 0;) {
		solution[i] = matrix[i][n];
		for (size_t j = i + 1; j < n; j++)
			solution[i] -= matrix[i][j] * solution[j];
		solution[i] /= matrix[i][i];
		sum += solution[i] * (h[i] - chain->mean[i]);
	}
	return -sum / 2;
}

/* Term t of item i; the order of objective.h. */
static double plain_term(const struct chain *chain, size_t t, size_t i)
{
	const struct spk_deep *deep = &chain->deep;
	const size_t top = deep->n_layers - 1, l = t < top ? t : t - top - 1;

	if (t == top)
		return deep->prior ? plain_prior(chain, chain->state.h[top] + i * deep->size[top]) : 0;
	const double *low = chain->state.h[l] + i * deep->size[l],
		     *high = chain->state.h[l + 1] + i * deep->size[l + 1];
	return t < top ? plain_conditional(&deep->decoder[l], &deep->transfer[l], deep->sigma[l], high, low)
		       : plain_conditional(
				 &deep->encoder[l], &deep->transfer[l + 1], deep->sigma[l + 1], low, high);
}

static double plain_item(const struct chain *chain, size_t i)
{
	double sum = 0;

	for (size_t t = 0; t < 2 * chain->deep.n_layers - 1; t++)
		sum += plain_term(chain, t, i) * (t >= chain->deep.n_layers ? chain->deep.alpha : 1);
	return sum;
}

static double plain_objective(const struct chain *chain)
{
	double sum = 0;

	for (size_t i = 0; i < chain->state.n; i++)
		sum += plain_item(chain, i);
	return sum;
}

static double central_difference(const struct chain *chain, double *at, double step)
{
	const double old = *at;

	*at = old + step;
	const double up = plain_objective(chain);
	*at = old - step;
	const double down = plain_objective(chain);
	*at = old;
	return (up - down) / (2 * step);
}

/* Compare n entries of a gradient with differences by the numbers at `at`. */
static void check_entries(const struct chain *chain, size_t n, double *at, const double *gradient)
{
	for (size_t k = 0; k < n; k++) {
		const double wide = central_difference(chain, at + k, 2e-3),
			     narrow = central_difference(chain, at + k, 1e-3);
		const double want = (4 * narrow - wide) / 3;
		CHECK_ABS(gradient[k], want, 1e-7 * fmax(1, fabs(want)),
			"h^4 times fifth derivatives, and rounding of J over h: both below 1e-9");
	}
}

static void check_gradients(struct chain *chain)
{
	struct spk_deep *deep = &chain->deep;
	double gradient[MAX_SIZE * MAX_SIZE], bias[MAX_SIZE];

	for (size_t l = 0; l < deep->n_layers; l++) {
		spk_deep_gradient(NULL, deep, &chain->state, l, gradient);
		check_entries(chain, chain->state.n * deep->size[l], chain->state.h[l], gradient);
	}
	for (size_t l = 0; l + 1 < deep->n_layers; l++) {
		const size_t n = deep->size[l] * deep->size[l + 1];
		spk_deep_gradient_decoder(NULL, deep, &chain->state, l, gradient, bias);
		check_entries(chain, n, deep->decoder[l].weight, gradient);
		check_entries(chain, deep->size[l], deep->decoder[l].bias, bias);
		spk_deep_gradient_encoder(NULL, deep, &chain->state, l, gradient, bias);
		check_entries(chain, n, deep->encoder[l].weight, gradient);
		check_entries(chain, deep->size[l + 1], deep->encoder[l].bias, bias);
	}
}

/* ---- Tests -------------------------------------------------------------------------------------- */

static void values_are_the_formula(void)
{
	PROPERTY(60, seed)
	{
		struct chain chain;
		double terms[(2 * MAX_LAYERS - 1) * MAX_ITEMS], total[MAX_ITEMS];

		if (!draw_chain(&seed, 2 + test_random(&seed) % 3, NULL, (enum prior)(test_random(&seed) % 3),
			    &chain))
			return;
		const size_t n = chain.state.n;
		spk_deep_terms(NULL, &chain.deep, &chain.state, terms);
		spk_deep_total(&chain.deep, n, terms, total);
		CHECK(spk_deep_n_terms(&chain.deep) == 2 * chain.deep.n_layers - 1);
		for (size_t i = 0; i < n; i++) {
			for (size_t t = 0; t < spk_deep_n_terms(&chain.deep); t++)
				CHECK_REL(terms[t * n + i], plain_term(&chain, t, i), 1e-11,
					"sums of a few numbers; elimination with pivots near 1");
			CHECK_REL(total[i], plain_item(&chain, i), 1e-11, "the same");
		}
		clear_chain(&chain);
	}
}

static void check_units(const struct spk_unit_model *unit)
{
	for (size_t n_layers = 2; n_layers <= MAX_LAYERS; n_layers++)
		PROPERTY(3, seed)
		{
			struct chain chain;
			if (!draw_chain(&seed, n_layers, unit, (enum prior)(test_k % 3), &chain))
				return;
			check_gradients(&chain);
			clear_chain(&chain);
		}
}

static void gradients_of_every_unit_are_slopes(void)
{
	for (size_t u = 0; spk_unit_models[u]; u++)
		check_units(spk_unit_models[u]);
	check_units(NULL);
}

/* Rates of spiking neurons, of the order of 10 Hz, as activities; u a few mV above threshold. */
static void gradients_of_every_neuron_are_slopes(void)
{
	FOR_EACH_NEURON(m)
	PROPERTY(3, seed)
	{
		struct chain chain;
		struct probe p = probe_default(m);
		const struct spk_neuron_unit neuron = {m, p.par};
		const double threshold = probe_get(&p, "V_th");

		probe_ready(&p);
		if (!draw_chain(&seed, 3, NULL, FULL_PRIOR, &chain))
			return;
		for (size_t l = 0; l < 3; l++) {
			chain.deep.transfer[l] = spk_transfer_of_neuron(&neuron);
			chain.deep.sigma[l] = 10;
			fill(&seed, MAX_ITEMS * chain.deep.size[l], 5, 6, chain.state.h[l]);
		}
		fill_maps(&seed, &chain.deep, 0.03, threshold + 4, threshold + 8);
		check_gradients(&chain);
		clear_chain(&chain);
	}
}

/* The part from below is what is left of dJ/dh at the top without encoders and prior. */
static void part_from_below_is_the_slope_of_its_term(void)
{
	PROPERTY(10, seed)
	{
		struct chain chain;
		double part[MAX_ITEMS * MAX_SIZE];

		if (!draw_chain(&seed, 2, NULL, NO_PRIOR, &chain))
			return;
		chain.deep.alpha = 0;
		spk_deep_gradient_below(NULL, &chain.deep, &chain.state, 1, part);
		check_entries(&chain, chain.state.n * chain.deep.size[1], chain.state.h[1], part);
		clear_chain(&chain);
	}
}

/* h = W x + b for all n items. */
static void propagate(const struct spk_deep_map *map, size_t n, const double *in, double *out)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < map->n_out; j++) {
			out[i * map->n_out + j] = map->bias[j];
			for (size_t k = 0; k < map->n_in; k++)
				out[i * map->n_out + j] +=
					map->weight[j * map->n_in + k] * in[i * map->n_in + k];
		}
}

static void tie_weights(struct spk_deep *deep, size_t l)
{
	for (size_t j = 0; j < deep->size[l + 1]; j++)
		for (size_t k = 0; k < deep->size[l]; k++)
			deep->encoder[l].weight[j * deep->size[l] + k] =
				deep->decoder[l].weight[k * deep->size[l + 1] + j];
}

/* Linear units, f = g^T: f(x) - f(g(h)) = W^T (x - g(h)), so eq 12 is exact. */
static void target_propagation_is_exact_for_tied_linear_maps(void)
{
	PROPERTY(20, seed)
	{
		struct chain chain;
		double image[MAX_ITEMS * MAX_SIZE], up[MAX_ITEMS * MAX_SIZE], again[MAX_ITEMS * MAX_SIZE],
			exact[MAX_ITEMS * MAX_SIZE];

		if (!draw_chain(&seed, 3, spk_find_unit("linear"), NO_PRIOR, &chain))
			return;
		for (size_t l = 1; l < 3; l++) {
			const struct spk_deep *deep = &chain.deep;
			const double variance = deep->sigma[l - 1] * deep->sigma[l - 1];
			tie_weights(&chain.deep, l - 1);
			propagate(&deep->decoder[l - 1], chain.state.n, chain.state.h[l], image);
			propagate(&deep->encoder[l - 1], chain.state.n, chain.state.h[l - 1], up);
			propagate(&deep->encoder[l - 1], chain.state.n, image, again);
			spk_deep_gradient_below(NULL, deep, &chain.state, l, exact);
			for (size_t k = 0; k < chain.state.n * deep->size[l]; k++)
				CHECK_ABS(up[k] - again[k], variance * exact[k], 1e-12,
					"differences of sums of a dozen numbers below 10");
		}
		clear_chain(&chain);
	}
}

/* Maps that invert each other and h = f(x): J is at its maximum 0. */
static void perfect_chains_are_maxima(void)
{
	PROPERTY(5, seed)
	{
		struct spk_error err;
		const size_t size[] = {2, 2, 2};
		struct chain chain;
		double terms[5], gradient[2];

		if (!CHECK(spk_deep_init(3, size, &chain.deep, &err) == SPK_OK) ||
			!CHECK(spk_deep_state_init(&chain.deep, 1, &chain.state, &err) == SPK_OK))
			return;
		chain.state.n = 1;
		chain.deep.alpha = 1;
		fill(&seed, 2, -1, 1, chain.state.h[0]);
		for (size_t l = 0; l < 3; l++)
			chain.deep.transfer[l] = spk_transfer_of_unit(spk_find_unit("linear"));
		for (size_t l = 0; l < 2; l++) { /* rotations by a right angle, exact in floating point */
			memcpy(chain.deep.encoder[l].weight, (double[]){0, -1, 1, 0}, 4 * sizeof(double));
			memcpy(chain.deep.decoder[l].weight, (double[]){0, 1, -1, 0}, 4 * sizeof(double));
			propagate(&chain.deep.encoder[l], 1, chain.state.h[l], chain.state.h[l + 1]);
		}
		spk_deep_terms(NULL, &chain.deep, &chain.state, terms);
		for (size_t t = 0; t < 5; t++)
			CHECK(terms[t] == 0);
		for (size_t l = 0; l < 3; l++) {
			spk_deep_gradient(NULL, &chain.deep, &chain.state, l, gradient);
			CHECK(gradient[0] == 0 && gradient[1] == 0);
		}
		clear_chain(&chain);
	}
}

static void set_map(uint64_t *seed, size_t n_in, size_t n_out, float *numbers, struct spk_map *map)
{
	*map = (struct spk_map){
		.n_in = n_in, .n_out = n_out, .weight = numbers, .bias = numbers + n_in * n_out};
	for (size_t k = 0; k < (n_in + 1) * n_out; k++)
		numbers[k] = (float)test_uniform(seed, -1, 1);
}

static void stacks_are_taken_over(void)
{
	uint64_t seed = 7;
	struct spk_error err;
	float up[12], down[11], x[6], h[4];
	struct chain chain = {0};
	struct spk_stack_layer layers[] = {{.unit = spk_find_unit("sigmoid"), .sigma = 0.5},
		{.unit = spk_find_unit("softplus"), .sigma = 3}};
	const struct spk_stack stack = {.n_layers = 2, .layers = layers, .objective_alpha = 0.25};
	struct spk_net net = {.n_layers = 2, .size = {3, 2}};
	struct spk_batch batch = {.n = 2, .room = 2, .n_layers = 2, .h = {x, h}};
	double terms[6], total[2];

	set_map(&seed, 3, 2, up, &net.encoder[0]);
	set_map(&seed, 2, 3, down, &net.decoder[0]);
	for (size_t k = 0; k < 6; k++)
		x[k] = (float)test_uniform(&seed, 0, 1);
	for (size_t k = 0; k < 4; k++)
		h[k] = (float)test_uniform(&seed, 0, 2);
	if (!CHECK(spk_deep_init(2, net.size, &chain.deep, &err) == SPK_OK) ||
		!CHECK(spk_deep_state_init(&chain.deep, 2, &chain.state, &err) == SPK_OK))
		return;
	spk_deep_load(&chain.deep, &stack, &net);
	spk_deep_state_load(&chain.state, &chain.deep, &batch);
	spk_deep_terms(NULL, &chain.deep, &chain.state, terms);
	spk_deep_total(&chain.deep, 2, terms, total);
	for (size_t i = 0; i < 2; i++) {
		double want = 0;
		for (size_t j = 0; j < 3; j++) {
			const double a = (double)down[6 + j] + (double)down[2 * j] * (double)h[2 * i] +
					 (double)down[2 * j + 1] * (double)h[2 * i + 1];
			want -= pow((double)x[3 * i + j] - 1 / (1 + exp(-a)), 2) / (2 * 0.25);
		}
		for (size_t j = 0; j < 2; j++) {
			double a = (double)up[6 + j];
			for (size_t k = 0; k < 3; k++)
				a += (double)up[3 * j + k] * (double)x[3 * i + k];
			want -= 0.25 * pow((double)h[2 * i + j] - log1p(exp(a)), 2) / (2 * 9);
		}
		CHECK_REL(total[i], want, 1e-12, "sums of a few numbers");
	}
	clear_chain(&chain);
}

/* Larger than the blocks that work is cut into. */
static void bits_do_not_depend_on_threads(void)
{
	uint64_t seed = 3;
	const size_t size[] = {230, 210}, n = 100;
	struct spk_error err;
	struct spk_pool *pool = NULL;
	struct chain chain = {0};
	double *one = malloc(size[0] * size[1] * sizeof *one),
	       *many = malloc(size[0] * size[1] * sizeof *many);
	double bias[2][230], terms[2][300];

	if (!CHECK(one && many && spk_pool_create(3, &pool, &err) == SPK_OK) ||
		!CHECK(spk_deep_init(2, size, &chain.deep, &err) == SPK_OK) ||
		!CHECK(spk_deep_state_init(&chain.deep, n, &chain.state, &err) == SPK_OK))
		return;
	const struct spk_parallel runs[] = {test_on_pool(pool), test_backwards()};
	chain.state.n = n;
	chain.deep.alpha = 1;
	for (size_t l = 0; l < 2; l++) {
		chain.deep.transfer[l] = spk_transfer_of_unit(spk_find_unit("sigmoid"));
		fill(&seed, n * size[l], 0, 1, chain.state.h[l]);
	}
	fill_maps(&seed, &chain.deep, 0.1, -1, 1);
	for (size_t r = 0; r < 2; r++) {
		spk_deep_terms(NULL, &chain.deep, &chain.state, terms[0]);
		spk_deep_terms(&runs[r], &chain.deep, &chain.state, terms[1]);
		CHECK(memcmp(terms[0], terms[1], sizeof terms[0]) == 0);
		spk_deep_gradient(NULL, &chain.deep, &chain.state, 1, one);
		spk_deep_gradient(&runs[r], &chain.deep, &chain.state, 1, many);
		CHECK(memcmp(one, many, n * size[1] * sizeof *one) == 0);
		spk_deep_gradient_decoder(NULL, &chain.deep, &chain.state, 0, one, bias[0]);
		spk_deep_gradient_decoder(&runs[r], &chain.deep, &chain.state, 0, many, bias[1]);
		CHECK(memcmp(one, many, size[0] * size[1] * sizeof *one) == 0);
		CHECK(memcmp(bias[0], bias[1], sizeof bias[0]) == 0);
	}
	clear_chain(&chain);
	spk_pool_free(pool);
	free(one);
	free(many);
}

TEST_MAIN(TEST(values_are_the_formula), TEST(gradients_of_every_unit_are_slopes),
	TEST(gradients_of_every_neuron_are_slopes), TEST(part_from_below_is_the_slope_of_its_term),
	TEST(target_propagation_is_exact_for_tied_linear_maps), TEST(perfect_chains_are_maxima),
	TEST(stacks_are_taken_over), TEST(bits_do_not_depend_on_threads))
