/* Parzen likelihood: plain double loops, densities with a known answer, cancellation, threads. */
#include "models/stack/parzen.h"

#include "tests/parallel.h"
#include "tests/test.h"

static const double TWO_PI = 6.283185307179586477;

/* One normal number of the central limit kind: exact moments 0 and 1, tails up to 6 sd. */
static double draw_normal(uint64_t *seed)
{
	double sum = -6;

	for (int k = 0; k < 12; k++)
		sum += test_uniform(seed, 0, 1);
	return sum;
}

static float *draw_points(uint64_t *seed, size_t n, double centre, double spread)
{
	float *points = malloc(n * sizeof *points);

	for (size_t k = 0; points && k < n; k++)
		points[k] = (float)(centre + spread * draw_normal(seed));
	return points;
}

static double plain_distance(size_t n_dims, const float *a, const float *b)
{
	double sum = 0;

	for (size_t d = 0; d < n_dims; d++)
		sum += ((double)a[d] - (double)b[d]) * ((double)a[d] - (double)b[d]);
	return sum;
}

static double plain_norm(size_t n_dims, const float *a)
{
	double sum = 0;

	for (size_t d = 0; d < n_dims; d++)
		sum += (double)a[d] * (double)a[d];
	return sqrt(sum);
}

/* log mean_k N(x; s_k, width^2 I) */
static double plain_log(size_t n_dims, size_t n, const float *samples, const float *x, double width)
{
	const double factor = 1 / (2 * width * width);
	double nearest = INFINITY, sum = 0;

	for (size_t k = 0; k < n; k++)
		nearest = fmin(nearest, plain_distance(n_dims, x, samples + k * n_dims));
	for (size_t k = 0; k < n; k++)
		sum += exp(factor * (nearest - plain_distance(n_dims, x, samples + k * n_dims)));
	return log(sum / (double)n) - factor * nearest - 0.5 * (double)n_dims * log(TWO_PI * width * width);
}

static void one_sample_is_a_gaussian(void)
{
	struct spk_error err;
	const float sample[] = {0.5F, -1.0F, 2.0F}, item[] = {1.5F, 1.0F, 0.0F};
	const double widths[] = {0.25, 3};
	double log_p[2];

	if (!CHECK(spk_parzen_log(NULL, 3, 1, sample, 1, item, 2, widths, log_p, &err) == SPK_OK))
		return;
	for (int w = 0; w < 2; w++) /* |x - s|^2 = 1 + 4 + 4, all products exact */
		CHECK_REL(log_p[w],
			-9 / (2 * widths[w] * widths[w]) - 1.5 * log(TWO_PI * widths[w] * widths[w]), 1e-14,
			"a few operations");
}

static void check_against_loops(uint64_t *seed, size_t n_dims, size_t n_samples, size_t n_items)
{
	enum { N_WIDTHS = 4 };
	const double widths[N_WIDTHS] = {1, 0.05, 0.3, 10};
	struct spk_error err;
	float *samples = draw_points(seed, n_samples * n_dims, 0.2, 1),
	      *items = draw_points(seed, n_items * n_dims, 0, 1);
	double *log_p = malloc(N_WIDTHS * n_items * sizeof *log_p);
	double longest = 0;

	if (CHECK(samples && items && log_p) &&
		CHECK(spk_parzen_log(NULL, n_dims, n_samples, samples, n_items, items, N_WIDTHS, widths,
			      log_p, &err) == SPK_OK)) {
		for (size_t k = 0; k < n_samples; k++)
			longest = fmax(longest, plain_norm(n_dims, samples + k * n_dims));
		for (size_t i = 0; i < n_items; i += 1 + n_items / 100)
			for (size_t w = 0; w < N_WIDTHS; w++) {
				const double bound = (double)n_dims * 0x1p-24 * longest *
						     plain_norm(n_dims, items + i * n_dims) /
						     (widths[w] * widths[w]);
				CHECK_ABS(log_p[w * n_items + i],
					plain_log(n_dims, n_samples, samples, items + i * n_dims, widths[w]),
					bound + 1e-11, "bound of single-precision products, Higham eq 3.5");
			}
	}
	free(samples);
	free(items);
	free(log_p);
}

static void values_are_those_of_plain_loops(void)
{
	PROPERTY(2, seed)
	{
		check_against_loops(&seed, 1, 1, 3);
		check_against_loops(&seed, 3, 513, 129);
		check_against_loops(&seed, 64, 1200, 300);
		check_against_loops(&seed, 2, 40, 128 * 33 + 5); /* more blocks than pieces of work */
	}
}

/* Far from the origin single precision leaves nothing of small distances. */
static void close_points_far_out_are_exact(void)
{
	enum { N = 20, N_DIMS = 50 };
	struct spk_error err;
	const double width = 1e-3;
	uint64_t seed = 5;
	float points[N * N_DIMS];
	double log_p[N];

	for (size_t k = 0; k < N * N_DIMS; k++)
		points[k] = 1000 + (float)(test_random(&seed) % 64) * 0x1p-10F;
	if (!CHECK(spk_parzen_log(NULL, N_DIMS, N, points, N, points, 1, &width, log_p, &err) == SPK_OK))
		return;
	for (size_t i = 0; i < N; i++)
		CHECK_REL(log_p[i], plain_log(N_DIMS, N, points, points + i * N_DIMS, width), 1e-13,
			"distances are computed directly");
}

/* The sum over many samples tends to the density convolved with the kernel: N(0, (1 + width^2) I). */
static void gaussian_data_give_the_blurred_gaussian(void)
{
	enum { N_DIMS = 2, N_SAMPLES = 20000, N_ITEMS = 2000 };
	struct spk_error err;
	uint64_t seed = 11;
	const double width = 0.4, variance = 1 + width * width;
	float *samples = draw_points(&seed, N_SAMPLES * N_DIMS, 0, 1),
	      *items = draw_points(&seed, N_ITEMS * N_DIMS, 0, 1);
	double log_p[N_ITEMS], exact = 0;

	if (CHECK(samples && items) && CHECK(spk_parzen_log(NULL, N_DIMS, N_SAMPLES, samples, N_ITEMS, items,
						     1, &width, log_p, &err) == SPK_OK)) {
		const struct spk_parzen found = spk_parzen_summary(N_ITEMS, log_p);
		for (size_t i = 0; i < N_ITEMS; i++)
			exact -= pow(plain_norm(N_DIMS, items + i * N_DIMS), 2) / (2 * variance) / N_ITEMS;
		exact -= log(TWO_PI * variance);
		CHECK_ABS(found.mean, exact, 0.02,
			"20,000 samples leave 3 % of error at a point, which the mean over items reduces");
		CHECK_ABS(found.mean, -log(TWO_PI * variance) - 1 / variance, 4 * found.se,
			"four standard errors over the items");
		CHECK_REL(found.se, 1 / variance / sqrt(N_ITEMS), 0.15,
			"the variance of |x|^2 / 2 is 1 in two dimensions; sampling error 2 %, tails of the "
			"draws");
	}
	free(samples);
	free(items);
}

static void bits_do_not_depend_on_threads(void)
{
	enum { N_DIMS = 20, N_SAMPLES = 700, N_ITEMS = 500, N_WIDTHS = 2 };
	struct spk_error err;
	struct spk_pool *pool = NULL;
	uint64_t seed = 13;
	const double widths[N_WIDTHS] = {0.5, 2};
	float *samples = draw_points(&seed, N_SAMPLES * N_DIMS, 0, 1),
	      *items = draw_points(&seed, N_ITEMS * N_DIMS, 0, 1);
	double one[N_WIDTHS * N_ITEMS], many[N_WIDTHS * N_ITEMS];

	if (CHECK(samples && items && spk_pool_create(3, &pool, &err) == SPK_OK)) {
		const struct spk_parallel runs[] = {test_on_pool(pool), test_backwards()};
		CHECK(spk_parzen_log(NULL, N_DIMS, N_SAMPLES, samples, N_ITEMS, items, N_WIDTHS, widths, one,
			      &err) == SPK_OK);
		for (size_t r = 0; r < 2; r++) {
			CHECK(spk_parzen_log(&runs[r], N_DIMS, N_SAMPLES, samples, N_ITEMS, items, N_WIDTHS,
				      widths, many, &err) == SPK_OK);
			CHECK(memcmp(one, many, sizeof one) == 0);
		}
		spk_pool_free(pool);
	}
	free(samples);
	free(items);
}

static void summaries_are_mean_and_standard_error(void)
{
	const double log_p[] = {1, 2, 6, /**/ 4, 4, 4};
	const struct spk_parzen summary = spk_parzen_summary(3, log_p);

	CHECK(summary.mean == 3);
	CHECK_REL(summary.se, sqrt(7.0 / 3), 1e-15, "variance 14/2 of three values");
	CHECK(spk_parzen_summary(3, log_p + 3).se == 0);
	CHECK(isnan(spk_parzen_summary(1, log_p).se));
}

TEST_MAIN(TEST(one_sample_is_a_gaussian), TEST(values_are_those_of_plain_loops),
	TEST(close_points_far_out_are_exact), TEST(gaussian_data_give_the_blurred_gaussian),
	TEST(bits_do_not_depend_on_threads), TEST(summaries_are_mean_and_standard_error))
