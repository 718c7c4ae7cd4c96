/* The prior on the top layer and the samplers. */
#include "tests/stack_fixture.h"

enum { D = 3, ROWS = 5000 };

/* Rows mean + mix z, z uniform of variance 1. */
static void make_rows(float *rows)
{
	const double mean[D] = {1, -0.5, 0.2}, mix[D][D] = {{0.8, 0, 0}, {0.3, 0.5, 0}, {-0.4, 0.2, 0.1}};
	uint64_t state = 4;

	for (size_t i = 0; i < ROWS; i++) {
		double z[D];
		for (size_t k = 0; k < D; k++)
			z[k] = test_uniform(&state, -sqrt(3), sqrt(3));
		for (size_t k = 0; k < D; k++) {
			double value = mean[k];
			for (size_t j = 0; j < D; j++)
				value += mix[k][j] * z[j];
			rows[i * D + k] = (float)value;
		}
	}
}

/* Mean and covariance of rows, in plain loops. */
static void find_moments(const float *rows, size_t n, double *mean, double covariance[D][D])
{
	for (size_t k = 0; k < D; k++) {
		mean[k] = 0;
		for (size_t i = 0; i < n; i++)
			mean[k] += (double)rows[i * D + k] / (double)n;
	}
	for (size_t j = 0; j < D; j++)
		for (size_t k = 0; k < D; k++) {
			covariance[j][k] = 0;
			for (size_t i = 0; i < n; i++)
				covariance[j][k] += ((double)rows[i * D + j] - mean[j]) *
						    ((double)rows[i * D + k] - mean[k]) / (double)n;
		}
}

static double *from_factor(const struct spk_top *top, double *ret)
{
	for (size_t i = 0; i < D; i++)
		for (size_t j = 0; j < D; j++) {
			ret[i * D + j] = 0;
			for (size_t k = 0; k < D; k++)
				ret[i * D + j] += top->lower[i * D + k] * top->lower[j * D + k];
		}
	return ret;
}

static void prior_has_the_moments_of_the_data(void)
{
	const struct spk_unit_model *unit = spk_find_unit("linear");
	struct spk_error err = {0};
	float *rows = malloc(ROWS * D * sizeof *rows);
	double mean[D], covariance[D][D], product[D * D];
	struct spk_top top;

	make_rows(rows);
	find_moments(rows, ROWS, mean, covariance);
	CHECK_ABS(covariance[0][1], 0.24, 0.03, "0.8 * 0.3: the data are what they should be");
	if (CHECK(spk_top_fit(&(struct spk_prior){.spread = 4}, unit->lo, unit->hi, D, ROWS, rows, &top,
			  &err) == SPK_OK)) {
		for (size_t k = 0; k < D; k++) {
			CHECK_REL(top.mean[k], mean[k], 1e-10, "sums of 5000 doubles");
			CHECK_REL(top.sd[k] * top.sd[k], 4 * covariance[k][k] + 1e-6, 1e-10, "the same");
		}
		CHECK(!top.lower);
		spk_top_clear(&top);
	}
	if (CHECK(spk_top_fit(&(struct spk_prior){.spread = 4, .full_covariance = 1}, unit->lo, unit->hi, D,
			  ROWS, rows, &top, &err) == SPK_OK)) {
		from_factor(&top, product);
		for (size_t j = 0; j < D; j++)
			for (size_t k = 0; k < D; k++) {
				CHECK_ABS(product[j * D + k], 4 * covariance[j][k] + (j == k ? 1e-6 : 0),
					1e-10, "sums of 5000 doubles");
				CHECK(k <= j || fabs(top.lower[j * D + k]) == 0); /* lower */
			}
		CHECK(!top.sd);
		spk_top_clear(&top);
	}
	free(rows);
}

static void draws_have_the_moments_of_the_prior(void)
{
	enum { DRAWS = 20000 };
	double mean[D] = {1, -2, 0.5}, sd[D] = {0.5, 2, 0.1},
	       lower[D * D] = {2, 0, 0, -1, 0.5, 0, 0.3, 0.4, 0.2};
	double found[D], covariance[D][D], want[D * D];
	float *rows = malloc(DRAWS * D * sizeof *rows);

	for (int full = 0; full < 2; full++) {
		const struct spk_top top = {
			.n = D, .mean = mean, .sd = full ? NULL : sd, .lower = full ? lower : NULL};
		for (size_t k = 0; k < D * D; k++)
			want[k] = k % (D + 1) == 0 ? sd[k / D] * sd[k / D] : 0;
		if (full)
			from_factor(&top, want);
		for (uint64_t i = 0; i < DRAWS; i++)
			spk_top_draw(&top, 3, 1, i, rows + i * D);
		find_moments(rows, DRAWS, found, covariance);
		for (size_t j = 0; j < D; j++) {
			CHECK_ABS(found[j], mean[j], 5 * sqrt(want[j * D + j] / DRAWS), "5 standard errors");
			for (size_t k = 0; k < D; k++)
				CHECK_ABS(covariance[j][k], want[j * D + k],
					5 * sqrt(2 * want[j * D + j] * want[k * D + k] / DRAWS),
					"5 standard errors or more");
		}
	}
	free(rows);
}

static void draws_are_clipped_and_reproducible(void)
{
	double mean[D] = {0, 0.5, 1}, sd[D] = {1, 1, 1};
	struct spk_top top = {.n = D, .mean = mean, .sd = sd, .clip = 1, .lo = 0, .hi = 1};
	float a[D], b[D];
	size_t at_ends = 0, inside = 0, differ = 0;

	for (uint64_t id = 0; id < 100; id++) {
		spk_top_draw(&top, 3, 1, id, a);
		for (size_t k = 0; k < D; k++) {
			CHECK(a[k] >= 0 && a[k] <= 1);
			at_ends += a[k] <= 0 || a[k] >= 1;
			inside += a[k] > 0 && a[k] < 1;
		}
		spk_top_draw(&top, 3, 1, id, b);
		CHECK(memcmp(a, b, sizeof a) == 0);
		spk_top_draw(&top, 3, 2, id, b);
		differ += memcmp(a, b, sizeof a) != 0;
	}
	CHECK(at_ends > 100 && inside > 50 && differ > 80);
}

static void silent_and_broken_units(void)
{
	const struct spk_unit_model *unit = spk_find_unit("sigmoid");
	float rows[] = {0.25f, 0.5f, 0.25f, 0.75f, 0.25f, 0.25f}, broken[] = {0, NAN, 1, 1};
	struct spk_error err = {0};
	struct spk_top top = {0};

	for (int full = 0; full < 2; full++) {
		const struct spk_prior prior = {.spread = 4, .full_covariance = full};
		CHECK(spk_top_fit(&prior, unit->lo, unit->hi, 2, 3, rows, &top, &err) == SPK_OK);
		CHECK_ABS(full ? top.lower[0] : top.sd[0], 1e-3, 1e-9, "the floor");
		spk_top_clear(&top);
		CHECK(spk_top_fit(&prior, unit->lo, unit->hi, 2, 2, broken, &top, &err) == SPK_E_NUMERIC &&
			!top.mean);
		CHECK(spk_top_fit(&prior, unit->lo, unit->hi, 2, 0, rows, &top, &err) == SPK_E_INVALID);
	}
}

/* ---- Samplers ----------------------------------------------------------------------------------- */

static const size_t sizes[] = {12, 17, 9};
enum { N = 6 };

/* What Algorithm 2 says, from the pieces that have tests of their own. */
static void samplers_follow_their_recipes(void)
{
	struct fixture f, want;
	double mean[9] = {0.5, 0.2}, sd[9] = {0.3, 0.3, 0.3, 0.1, 0.1, 0.1, 1, 1, 1};
	const struct spk_top top = {.n = 9, .mean = mean, .sd = sd};
	struct spk_stack_sampler sampler = {.kind = SPK_SAMPLER_ANCESTRAL,
		.rounds = 2,
		.inference = {.steps = 4, .delta = 0.2, .alpha = 0.3}};
	float start[N * 12] = {0};

	fixture_describe(&f, 3, sizes);
	fixture_describe(&want, 3, sizes);
	if (!fixture_build(&f, N, 3) || !fixture_build(&want, N, 3))
		return;
	for (uint64_t i = 0; i < N; i++)
		spk_top_draw(&top, 8, 2, 40 + i, want.batch.h[2] + i * 9);
	spk_map_apply(NULL, &f.net.decoder[1], N, want.batch.h[2], want.batch.h[1]);
	spk_map_apply(NULL, &f.net.decoder[0], N, want.batch.h[1], want.batch.h[0]);
	spk_sample(NULL, &f.stack, &f.net, &top, &sampler, 8, 2, 40, NULL, &f.batch);
	CHECK(memcmp(f.batch.h[0], want.batch.h[0], sizeof start) == 0);

	sampler.kind = SPK_SAMPLER_GENERATE;
	for (unsigned k = 0; k < 2; k++) {
		spk_infer(NULL, &f.net, &sampler.inference, NULL, NULL, &want.batch);
		spk_map_apply(NULL, &f.net.decoder[0], N, want.batch.h[1], want.batch.h[0]);
	}
	spk_sample(NULL, &f.stack, &f.net, &top, &sampler, 8, 2, 40, NULL, &f.batch);
	CHECK(memcmp(f.batch.h[0], want.batch.h[0], sizeof start) == 0);

	sampler.kind = SPK_SAMPLER_JOINT; /* without noise: up and down, twice */
	memcpy(want.batch.h[0], start, sizeof start);
	for (unsigned k = 0; k < 2; k++) {
		spk_encode(NULL, &f.net, &want.batch);
		spk_map_apply(NULL, &f.net.decoder[1], N, want.batch.h[2], want.batch.h[1]);
		spk_map_apply(NULL, &f.net.decoder[0], N, want.batch.h[1], want.batch.h[0]);
	}
	spk_sample(NULL, &f.stack, &f.net, &top, &sampler, 8, 2, 40, start, &f.batch);
	CHECK(memcmp(f.batch.h[0], want.batch.h[0], sizeof start) == 0);
	f.layers[2].draws = 3; /* with noise: another */
	spk_sample(NULL, &f.stack, &f.net, &top, &sampler, 8, 2, 40, start, &f.batch);
	CHECK(memcmp(f.batch.h[0], want.batch.h[0], sizeof start) != 0);
	fixture_clear(&f);
	fixture_clear(&want);
}

/* A sample is the same whatever stands beside it, up to the BLAS's last bits. */
static void samples_depend_on_their_number(void)
{
	struct fixture f, one;
	double mean[9] = {0.5, 0.2}, sd[9] = {0.3, 0.3, 0.3, 0.1, 0.1, 0.1, 1, 1, 1};
	const struct spk_top top = {.n = 9, .mean = mean, .sd = sd};
	const enum spk_sampler_kind kinds[] = {SPK_SAMPLER_GENERATE, SPK_SAMPLER_JOINT};

	for (unsigned k = 0; k < 2; k++) {
		const struct spk_stack_sampler sampler = {.kind = kinds[k],
			.rounds = 2,
			.inference = {.steps = 4, .delta = 0.2, .alpha = 0.3, .temperature = 0.1}};
		float start[N * 12] = {0};
		fixture_describe(&f, 3, sizes);
		fixture_describe(&one, 3, sizes);
		f.layers[0].corruption = f.layers[1].corruption = 0.3;
		f.layers[2].draws = 2;
		memcpy(one.layers, f.layers, sizeof f.layers);
		if (fixture_build(&f, N, 3) && fixture_build(&one, 1, 3)) {
			spk_sample(NULL, &f.stack, &f.net, &top, &sampler, 8, 2, 40, start, &f.batch);
			spk_sample(NULL, &one.stack, &one.net, &top, &sampler, 8, 2, 43, start, &one.batch);
			for (size_t i = 0; i < 12; i++) {
				CHECK_ABS((double)one.batch.h[0][i], (double)f.batch.h[0][3 * 12 + i], 2e-5,
					"roundings in another order");
				CHECK(fabsf(one.batch.h[0][i] - f.batch.h[0][2 * 12 + i]) > 0);
			}
		}
		fixture_clear(&f);
		fixture_clear(&one);
	}
}

TEST_MAIN(TEST(prior_has_the_moments_of_the_data), TEST(draws_have_the_moments_of_the_prior),
	TEST(draws_are_clipped_and_reproducible), TEST(silent_and_broken_units),
	TEST(samplers_follow_their_recipes), TEST(samples_depend_on_their_number))
