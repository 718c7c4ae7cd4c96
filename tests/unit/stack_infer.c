/* INFERENCE against Algorithm 2 in plain loops, written from the paper: one item, double precision. */
#include "models/stack/noise.h"
#include "tests/stack_fixture.h"

enum { N = 5, WIDEST = 32 };
static const size_t sizes[] = {14, 19, 11, 6};

/* d_l for one item. */
static void plain_difference(const struct spk_net *net, enum spk_estimator estimator,
	const struct spk_map *random, size_t l, double h[][WIDEST], double *ret)
{
	const struct spk_map *g = &net->decoder[l - 1], *f = &net->encoder[l - 1];
	double decoded[WIDEST], up[WIDEST], back[WIDEST];

	plain_apply(g, h[l], decoded);
	plain_apply(f, h[l - 1], up);
	plain_apply(f, decoded, back);
	for (size_t k = 0; k < net->size[l]; k++) {
		ret[k] = up[k] - back[k];
		if (estimator == SPK_ESTIMATOR_TARGET_PROP)
			continue;
		const float *w = estimator == SPK_ESTIMATOR_RANDOM ? random[l - 1].weight : g->weight;
		ret[k] = 0;
		for (size_t i = 0; i < net->size[l - 1]; i++)
			ret[k] += (double)w[i * net->size[l] + k] * (h[l - 1][i] - decoded[i]) *
				  plain_slope(g->unit, plain_input(g, i, h[l]));
	}
}

static void plain_step(const struct spk_net *net, const struct spk_inference *inference,
	const struct spk_map *random, double h[][WIDEST])
{
	for (size_t l = net->n_layers - 1; l > 0; l--) {
		double d[WIDEST], above[WIDEST];
		plain_difference(net, inference->estimator, random, l, h, d);
		if (l + 1 < net->n_layers)
			plain_apply(&net->decoder[l], h[l + 1], above);
		for (size_t k = 0; k < net->size[l]; k++) {
			h[l][k] += inference->delta * d[k];
			if (l + 1 < net->n_layers)
				h[l][k] +=
					inference->alpha * (above[k] - (h[l][k] - inference->delta * d[k]));
		}
	}
}

static void load_item(const struct fixture *f, size_t item, double h[][WIDEST])
{
	for (size_t l = 0; l < f->net.n_layers; l++)
		plain_row(f->batch.h[l], f->net.size[l], item, h[l]);
}

static void check_item(const struct fixture *f, size_t item, double h[][WIDEST])
{
	for (size_t l = 0; l < f->net.n_layers; l++)
		for (size_t k = 0; k < f->net.size[l]; k++)
			CHECK_ABS((double)f->batch.h[l][item * f->net.size[l] + k], h[l][k], 1e-5,
				"single precision: some 50 roundings of numbers of size 3");
}

static void steps_equal_algorithm_2(void)
{
	for (size_t n_layers = 2; n_layers <= 4; n_layers++)
		for (int estimator = 0; estimator < 3; estimator++) {
			struct fixture f, other;
			double h[N][FIXTURE_LAYERS][WIDEST];
			fixture_describe(&f, n_layers, sizes);
			fixture_describe(&other, n_layers, sizes);
			f.stack.inference.estimator = (enum spk_estimator)estimator;
			if (fixture_build(&f, N, 7) && fixture_build(&other, 1, 8)) {
				for (size_t i = 0; i < N; i++) {
					load_item(&f, i, h[i]);
					for (unsigned k = 0; k < 3; k++)
						plain_step(
							&f.net, &f.stack.inference, other.net.decoder, h[i]);
				}
				spk_infer(
					NULL, &f.net, &f.stack.inference, other.net.decoder, NULL, &f.batch);
				for (size_t i = 0; i < N; i++)
					check_item(&f, i, h[i]);
			}
			fixture_clear(&f);
			fixture_clear(&other);
		}
}

static void steps_move_from_scattered_activities(void)
{
	struct fixture f;
	double h[FIXTURE_LAYERS][WIDEST], before[WIDEST];

	fixture_describe(&f, 3, sizes);
	if (fixture_build(&f, N, 9)) {
		fixture_scatter(&f, 10);
		load_item(&f, 2, h);
		memcpy(before, h[1], sizeof before);
		plain_step(&f.net, &f.stack.inference, NULL, h);
		spk_infer_step(NULL, &f.net, &f.stack.inference, NULL, NULL, &f.batch);
		check_item(&f, 2, h);
		CHECK(fabs(h[1][0] - before[0]) > 1e-3); /* far more than the tolerance */
	}
	fixture_clear(&f);
}

static void differences_equal_the_formula(void)
{
	for (int estimator = 0; estimator < 3; estimator++) {
		struct fixture f, other;
		float got[N * WIDEST];
		fixture_describe(&f, 4, sizes);
		fixture_describe(&other, 4, sizes);
		if (fixture_build(&f, N, 3) && fixture_build(&other, 1, 4)) {
			fixture_scatter(&f, 5);
			f.batch.h[0][3] +=
				0.25f; /* not encoded again: the difference must not rely on that */
			for (size_t l = 1; l < 4; l++) {
				spk_infer_difference(NULL, &f.net, (enum spk_estimator)estimator,
					other.net.decoder, l, &f.batch, got);
				for (size_t i = 0; i < N; i++) {
					double h[FIXTURE_LAYERS][WIDEST], want[WIDEST];
					load_item(&f, i, h);
					plain_difference(&f.net, (enum spk_estimator)estimator,
						other.net.decoder, l, h, want);
					for (size_t k = 0; k < sizes[l]; k++)
						CHECK_ABS((double)got[i * sizes[l] + k], want[k], 5e-6,
							"single precision");
				}
			}
		}
		fixture_clear(&f);
		fixture_clear(&other);
	}
}

/* The exact estimator is the gradient of -|h_{l-1} - g(h_l)|^2 / 2. */
static void gradient_estimator_is_a_gradient(void)
{
	struct fixture f;
	float got[N * WIDEST];

	fixture_describe(&f, 3, sizes);
	if (fixture_build(&f, N, 3)) {
		fixture_scatter(&f, 5);
		for (size_t l = 1; l < 3; l++) {
			double h[FIXTURE_LAYERS][WIDEST], decoded[WIDEST];
			spk_infer_difference(NULL, &f.net, SPK_ESTIMATOR_GRADIENT, NULL, l, &f.batch, got);
			load_item(&f, 1, h);
			for (size_t k = 0; k < sizes[l]; k++) {
				double value[2] = {0};
				for (int side = 0; side < 2; side++) {
					const double kept = h[l][k];
					h[l][k] += side ? 1e-5 : -1e-5;
					plain_apply(&f.net.decoder[l - 1], h[l], decoded);
					h[l][k] = kept;
					for (size_t i = 0; i < sizes[l - 1]; i++)
						value[side] -= pow(h[l - 1][i] - decoded[i], 2) / 2;
				}
				CHECK_ABS((double)got[sizes[l] + k], (value[1] - value[0]) / 2e-5, 5e-6,
					"single precision; the difference is right to 1e-9");
			}
		}
	}
	fixture_clear(&f);
}

static void without_alpha_nothing_comes_from_above(void)
{
	struct fixture f;
	double h[FIXTURE_LAYERS][WIDEST];

	fixture_describe(&f, 3, sizes);
	f.stack.inference.alpha = 0;
	if (fixture_build(&f, N, 3)) {
		fixture_scatter(&f, 5);
		load_item(&f, 0, h);
		plain_step(&f.net, &f.stack.inference, NULL, h);
		spk_infer_step(NULL, &f.net, &f.stack.inference, NULL, NULL, &f.batch);
		check_item(&f, 0, h);
	}
	fixture_clear(&f);
}

/* ---- Temperature -------------------------------------------------------------------------------- */

static void temperature_adds_noise_of_its_variance(void)
{
	enum { ITEMS = 2000 };
	struct fixture f, cold;
	struct spk_rng noise = spk_rng_stream(3, SPK_RNG_TEST, 0, 0);
	double sum = 0, square = 0;

	fixture_describe(&f, 2, sizes);
	fixture_describe(&cold, 2, sizes);
	if (fixture_build(&f, ITEMS, 3) && fixture_build(&cold, ITEMS, 3)) {
		const size_t n = ITEMS * sizes[1];
		spk_infer_step(NULL, &f.net, &f.stack.inference, NULL, NULL, &cold.batch);
		f.stack.inference.temperature = 0.6;
		spk_infer_step(NULL, &f.net, &f.stack.inference, NULL, &noise, &f.batch);
		for (size_t k = 0; k < n; k++) {
			const double z = (double)f.batch.h[1][k] - (double)cold.batch.h[1][k];
			sum += z / (double)n;
			square += z * z / (double)n;
		}
		CHECK_ABS(sum, 0, 5 * sqrt(0.36 / (double)n), "5 standard errors");
		CHECK_REL(square, 2 * 0.3 * 0.6, 5 * sqrt(2 / (double)n), "2 delta T; 5 standard errors");
		CHECK(noise.draw > 0); /* the next step draws others */
	}
	fixture_clear(&f);
	fixture_clear(&cold);
}

/* An item's noise is the same in another batch, as long as its stream is. */
static void noise_belongs_to_the_item(void)
{
	struct spk_rng all = spk_rng_stream(3, SPK_RNG_TEST, 0, 40), one = all;
	float h[6 * 300] = {0}, alone[300] = {0};

	spk_noise_add(NULL, &all, 1, 6, 300, h, h);
	spk_noise_add(NULL, &all, 1, 6, 300, h, h);
	one.id += 4;
	spk_noise_add(NULL, &one, 1, 1, 300, alone, alone);
	spk_noise_add(NULL, &one, 1, 1, 300, alone, alone);
	CHECK(memcmp(h + 4 * 300, alone, sizeof alone) == 0);
	CHECK(memcmp(h + 3 * 300, alone, sizeof alone) != 0);
	for (size_t k = 256; k < 300; k++)
		CHECK(fabsf(alone[k] - alone[k - 256]) > 0); /* long rows are made in pieces */
	for (size_t k = 0; k < 6 * 300; k++)
		h[k] = 0.5f;
	spk_noise_bernoulli(NULL, &all, 3, 6, 300, h, h);
	for (size_t k = 0; k < 300; k++)
		alone[k] = 0.5f;
	one.draw = all.draw - (300 * 3 / 2 + 7) / 8 * 8;
	spk_noise_bernoulli(NULL, &one, 3, 1, 300, alone, alone);
	CHECK(memcmp(h + 4 * 300, alone, sizeof alone) == 0 && one.draw == all.draw);
}

static void bernoulli_draws_have_mean_and_variance(void)
{
	enum { ITEMS = 4000 };
	const double p[] = {-0.5, 0, 0.1, 0.5, 0.8, 1, 1.5};
	struct spk_rng noise = spk_rng_stream(3, SPK_RNG_TEST, 0, 40);
	float *h = malloc(7 * ITEMS * sizeof *h);

	for (size_t k = 0; k < 7 * ITEMS; k++)
		h[k] = (float)p[k % 7];
	spk_noise_bernoulli(NULL, &noise, 3, ITEMS, 7, h, h);
	for (size_t j = 0; j < 7; j++) {
		const double q = fmin(fmax(p[j], 0), 1);
		double mean = 0, square = 0;
		for (size_t i = 0; i < ITEMS; i++) {
			mean += (double)h[7 * i + j] / ITEMS;
			square += pow((double)h[7 * i + j] - q, 2) / ITEMS;
		}
		CHECK_ABS(mean, q, 1e-12 + 5 * sqrt(q * (1 - q) / (3 * ITEMS)), "5 standard errors");
		CHECK_ABS(square, q * (1 - q) / 3, 0.012 * (q * (1 - q) > 0), "5 standard errors or more");
	}
	free(h);
}

TEST_MAIN(TEST(steps_equal_algorithm_2), TEST(steps_move_from_scattered_activities),
	TEST(differences_equal_the_formula), TEST(gradient_estimator_is_a_gradient),
	TEST(without_alpha_nothing_comes_from_above), TEST(temperature_adds_noise_of_its_variance),
	TEST(noise_belongs_to_the_item), TEST(bernoulli_draws_have_mean_and_variance))
