/* The measurement of Parzen log-likelihoods: plain double loops, the choice of a width, coverage, refusals.
 */
#include "tests/measure.h"

enum { D = 3, N_SAMPLES = 40, N_TEST = 25, N_VALIDATION = 15, N_WIDTHS = 4 };

static const double widths[N_WIDTHS] = {2, 0.3, 0.7, 0.05};

static struct {
	double samples[N_SAMPLES * D], test[N_TEST * D], validation[N_VALIDATION * D];
} data;

/* Values that single precision holds, so that no rounding stands between measurement and oracle. */
static void fill(struct spk_rng *rng, size_t n, double *values)
{
	for (size_t k = 0; k < n; k++)
		values[k] = floor(256 * spk_rng_normal(rng)) / 256;
}

static struct probe prepare(void)
{
	struct spk_rng rng = spk_rng_stream(4, SPK_RNG_TEST, 0, 0);
	struct probe p = probe_of("parzen");

	fill(&rng, N_SAMPLES * D, data.samples);
	fill(&rng, N_TEST * D, data.test);
	fill(&rng, N_VALIDATION * D, data.validation);
	probe_param(&p, "dimension", D);
	probe_input(&p, "samples", N_SAMPLES * D, data.samples);
	probe_input(&p, "test", N_TEST * D, data.test);
	probe_input(&p, "widths", 1, &widths[2]);
	return p;
}

static double plain_log(const double *x, double width)
{
	long double sum = 0; /* its exponents reach far enough for all widths */

	for (int k = 0; k < N_SAMPLES; k++) {
		double square = 0;

		for (int d = 0; d < D; d++)
			square += pow(x[d] - data.samples[k * D + d], 2);
		sum += expl(-square / (2 * width * width)) / N_SAMPLES;
	}
	return (double)logl(sum) - D * log(width * sqrt(2 * acos(-1)));
}

static double plain_mean(const double *rows, int n, double width)
{
	double sum = 0;

	for (int k = 0; k < n; k++)
		sum += plain_log(rows + k * D, width) / n;
	return sum;
}

static void mean_and_interval_of_plain_loops(void)
{
	struct probe p = prepare();
	double squares = 0;

	CHECK(probe_run(&p) == SPK_OK && p.e.n == N_TEST);
	const double mean = plain_mean(data.test, N_TEST, widths[2]);
	for (int k = 0; k < N_TEST; k++)
		squares += pow(plain_log(data.test + k * D, widths[2]) - mean, 2);
	const double half = 2.063899 * sqrt(squares / (N_TEST - 1) / N_TEST);
	CHECK_ABS(p.e.value, mean, 1e-5, "products in single precision");
	CHECK_ABS(p.e.high - p.e.value, half, 1e-5, "the same; t(24) at 97.5 % to 7 digits");
	CHECK_ABS(p.e.value - p.e.low, half, 1e-5, "the same");
	probe_input(&p, "test", D, data.test);
	CHECK(probe_run(&p) == SPK_OK && p.e.n == 1 && isnan(p.e.low));
	CHECK_ABS(p.e.value, plain_log(data.test, widths[2]), 1e-5, "products in single precision");
}

static void validation_rows_choose_the_width(void)
{
	struct probe p = prepare();
	int best = 0;

	for (int w = 1; w < N_WIDTHS; w++)
		if (plain_mean(data.validation, N_VALIDATION, widths[w]) >
			plain_mean(data.validation, N_VALIDATION, widths[best]))
			best = w;
	CHECK(best == 2 || best == 1);
	probe_input(&p, "widths", N_WIDTHS, widths);
	probe_input(&p, "validation", N_VALIDATION * D, data.validation);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(
		p.e.value, plain_mean(data.test, N_TEST, widths[best]), 1e-5, "products in single precision");
	/* rows on the samples themselves: the smallest width is the best there, whatever the test rows say */
	probe_input(&p, "validation", N_VALIDATION * D, data.samples);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, plain_mean(data.test, N_TEST, widths[3]), 5e-3, "as above, width 0.05");
}

static void other_samples_are_taken_away(void)
{
	struct probe p = prepare();
	double own, other;

	CHECK(probe_run(&p) == SPK_OK);
	own = p.e.value;
	probe_input(&p, "samples", N_TEST * D, data.test);
	CHECK(probe_run(&p) == SPK_OK);
	other = p.e.value;
	probe_input(&p, "than", N_SAMPLES * D, data.samples);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, other - own, 1e-12, "roundings of sums");
	probe_input(&p, "samples", N_SAMPLES * D, data.samples);
	CHECK(probe_run(&p) == SPK_OK && p.e.value == 0 && p.e.low == 0 && p.e.high == 0);
	probe_input(&p, "than", N_SAMPLES * D - 1, data.samples);
	probe_refused(&p, "'than' has 119 values, which make no rows of 3");
}

/* One sample at 0 and width 1: the density is known, E log p = -D/2 (1 + log 2 pi) for standard normal rows.
 */
static void interval_covers_the_mean(void)
{
	const double truth = -0.5 * D * (1 + log(2 * acos(-1))), zero[D] = {0}, one = 1;
	struct spk_rng rng = spk_rng_stream(5, SPK_RNG_TEST, 0, 0);
	double rows[60 * D];
	int covered = 0;

	for (int repeat = 0; repeat < 2000; repeat++) {
		struct probe p = probe_of("parzen");

		for (int k = 0; k < 60 * D; k++)
			rows[k] = spk_rng_normal(&rng);
		probe_param(&p, "dimension", D);
		probe_input(&p, "samples", D, zero), probe_input(&p, "widths", 1, &one);
		probe_input(&p, "test", 60 * D, rows);
		CHECK(probe_run(&p) == SPK_OK);
		covered += p.e.low <= truth && truth <= p.e.high;
	}
	CHECK(covered > 0.93 * 2000 && covered < 0.97 * 2000); /* as in tests/law/measure_intervals.c */
}

static void refusals(void)
{
	static const double bad[] = {0.1, 0}, odd[D] = {1, NAN, 2};
	struct probe p = prepare();

	probe_input(&p, "samples", N_SAMPLES * D - 1, data.samples);
	probe_refused(&p, "make no rows of 3");
	p = prepare(), probe_input(&p, "test", 2, data.test), probe_refused(&p, "at least 3");
	p = prepare(), probe_input(&p, "test", D, odd), probe_refused(&p, "not a finite number");
	p = prepare(), probe_input(&p, "widths", 2, bad), probe_refused(&p, "must be > 0");
	p = prepare(), probe_input(&p, "widths", 0, bad), probe_refused(&p, "'widths'");
	p = prepare(), probe_input(&p, "widths", 2, widths), probe_refused(&p, "need `validation`");
	p = prepare(), probe_param(&p, "dimension", 1.5), probe_refused(&p, "no whole number");
}

TEST_MAIN(TEST(mean_and_interval_of_plain_loops), TEST(validation_rows_choose_the_width),
	TEST(other_samples_are_taken_away), TEST(interval_covers_the_mean), TEST(refusals))
