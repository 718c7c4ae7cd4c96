/*
 * What measurements promise about their bias and their 95 % interval, over 2000 synthetic repeats each.
 *
 * A 95 % interval covers the truth in 93 to 97 % of 2000 repeats: the number covered is binomial with a
 * standard deviation of 0.49 %, so an exact interval leaves this range with probability 4e-5. Intervals that
 * may be too wide must cover 93 % at least. Means over the repeats lie within 4 of their own standard errors
 * of the truth plus the stated bias. Seeds are fixed: a test that passes goes on passing.
 */
#include "tests/measure.h"

enum { N_REPEATS = 2000 };

/* Tally of repeats. */
struct tally {
	long n, covered;
	double sum, squares;
};

static void tally_add(struct tally *tally, struct probe *p, double truth)
{
	if (!CHECK(probe_run(p) == SPK_OK))
		return;
	tally->n++;
	tally->covered += p->e.low <= truth && truth <= p->e.high;
	tally->sum += p->e.value, tally->squares += p->e.value * p->e.value;
}

static double tally_mean(const struct tally *tally)
{
	return tally->sum / (double)tally->n;
}

static double tally_error(const struct tally *tally)
{
	const double mean = tally_mean(tally);
	return sqrt((tally->squares / (double)tally->n - mean * mean) / (double)tally->n);
}

static double tally_coverage(const struct tally *tally)
{
	return (double)tally->covered / (double)tally->n;
}

static void check_tally(const struct tally *tally, double mean, double most)
{
	CHECK(tally->n == N_REPEATS);
	CHECK_ABS(tally_mean(tally), mean, 4 * tally_error(tally), "4 standard errors");
	CHECK(tally_coverage(tally) >= 0.93 && tally_coverage(tally) <= most);
	if (tally_coverage(tally) < 0.93 || tally_coverage(tally) > most)
		printf("#   covered %.4f\n", tally_coverage(tally));
}

static struct spk_rng stream(uint64_t id)
{
	return spk_rng_stream(20, SPK_RNG_TEST, 5, id);
}

static void fill_normal(struct spk_rng *rng, size_t n, double mean, double sd, double *values)
{
	for (size_t k = 0; k < n; k++)
		values[k] = mean + sd * spk_rng_normal(rng);
}

static void mean_and_its_interval(void)
{
	for (size_t n = 3; n <= 30; n += 27) {
		struct spk_rng rng = stream(n);
		struct tally tally = {0};
		double values[30];
		for (int repeat = 0; repeat < N_REPEATS; repeat++) {
			struct probe p = probe_of("mean");
			fill_normal(&rng, n, 5, 2, values);
			probe_input(&p, "values", n, values);
			tally_add(&tally, &p, 5);
		}
		check_tally(&tally, 5, 0.97);
	}
}

static void difference_and_its_interval(void)
{
	struct spk_rng rng = stream(100);
	struct tally welch = {0}, paired = {0}, careless = {0};
	double a[8], b[25], c[8];
	for (int repeat = 0; repeat < N_REPEATS; repeat++) {
		struct probe p = probe_of("difference");
		fill_normal(&rng, 8, 1, 3, a), fill_normal(&rng, 25, 0, 0.5, b);
		probe_input(&p, "a", 8, a), probe_input(&p, "b", 25, b);
		tally_add(&welch, &p, 1);
		fill_normal(&rng, 8, -0.5, 0.2, c);
		for (int k = 0; k < 8; k++)
			c[k] += a[k]; /* items that are hard for one are hard for the other */
		probe_input(&p, "b", 8, c);
		tally_add(&careless, &p, 0.5);
		probe_param(&p, "paired", 1);
		tally_add(&paired, &p, 0.5);
	}
	check_tally(&welch, 1, 0.97);
	check_tally(&paired, 0.5, 0.97);
	CHECK(tally_coverage(&careless) == 1); /* far too wide: why pairing is worth its parameter */
}

/* Conservative by design: the exact interval covers 95 % or more at every share and size. */
static void share_and_its_interval(void)
{
	static const double shares[] = {0.02, 0.3, 0.5, 0.95};
	for (int s = 0; s < 4; s++) {
		struct spk_rng rng = stream(200 + (uint64_t)s);
		struct tally tally = {0};
		double values[60];
		for (int repeat = 0; repeat < N_REPEATS; repeat++) {
			struct probe p = probe_of("share");
			for (int k = 0; k < 60; k++)
				values[k] = spk_rng_uniform(&rng);
			probe_param(&p, "below", shares[s]);
			probe_input(&p, "values", 60, values);
			tally_add(&tally, &p, shares[s]);
		}
		check_tally(&tally, shares[s], 1);
		CHECK(tally_coverage(&tally) >= 0.95 - 0.015); /* 3 standard deviations */
	}
}

/* Bias -r (1 - r^2)/(2 n), to be seen at n = 10 in 2000 repeats. */
static void correlation_and_its_interval(void)
{
	static const double rs[] = {0, 0.6, -0.9};
	for (int s = 0; s < 3; s++) {
		struct spk_rng rng = stream(300 + (uint64_t)s);
		struct tally tally = {0};
		const double r = rs[s];
		double x[10], y[10];
		for (int repeat = 0; repeat < N_REPEATS; repeat++) {
			struct probe p = probe_of("correlation");
			fill_normal(&rng, 10, 0, 1, x), fill_normal(&rng, 10, 0, sqrt(1 - r * r), y);
			for (int k = 0; k < 10; k++)
				y[k] += r * x[k];
			probe_input(&p, "x", 10, x), probe_input(&p, "y", 10, y);
			tally_add(&tally, &p, r);
		}
		check_tally(&tally, r - r * (1 - r * r) / 20, 0.97);
	}
}

static void lines_and_their_intervals(void)
{
	static const double x[] = {0.5, 1, 1.5, 3, 4, 6, 9, 10};
	for (size_t n_sd = 0; n_sd <= 8; n_sd += 8) {
		struct spk_rng rng = stream(400 + n_sd);
		struct tally slopes = {0}, intercepts = {0};
		double y[8], sd[8];
		for (int repeat = 0; repeat < N_REPEATS; repeat++) {
			struct probe slope = probe_of("slope"), intercept = probe_of("intercept");
			for (int k = 0; k < 8; k++) {
				sd[k] = n_sd ? 0.2 + 0.3 * x[k] : 0.7;
				y[k] = 2 - 0.3 * x[k] + sd[k] * spk_rng_normal(&rng);
			}
			probe_input(&slope, "x", 8, x), probe_input(&slope, "y", 8, y);
			probe_input(&intercept, "x", 8, x), probe_input(&intercept, "y", 8, y);
			probe_input(&slope, "sd", n_sd, sd), probe_input(&intercept, "sd", n_sd, sd);
			tally_add(&slopes, &slope, -0.3), tally_add(&intercepts, &intercept, 2);
		}
		check_tally(&slopes, -0.3, 0.97);
		check_tally(&intercepts, 2, 0.97);
	}
}

/* Noise of sd 0.3 on a line of variance 1 over 50 points: R^2 near 1/(1 + 0.09), and p/n = 2/50 of the rest
 * higher. */
static void r_squared_and_its_bias(void)
{
	struct spk_rng rng = stream(500);
	struct tally tally = {0};
	double x[50], y[50];
	for (int repeat = 0; repeat < N_REPEATS; repeat++) {
		struct probe p = probe_of("r_squared");
		for (int k = 0; k < 50; k++) {
			x[k] = (k - 24.5) / sqrt(208.25); /* variance 1 */
			y[k] = x[k] + 0.3 * spk_rng_normal(&rng);
		}
		probe_input(&p, "x", 50, x), probe_input(&p, "y", 50, y), probe_param(&p, "law", 0);
		tally_add(&tally, &p, NAN);
	}
	CHECK_ABS(tally_mean(&tally), 1 - 0.09 / 1.09 * (1 - 1.0 / 50), 0.0025,
		"the bias lies between none and 2 p/n of the rest, 0.0033 each way");
}

/* ---- Cosines ------------------------------------------------------------------------------------ */

enum { N_BLOCKS = 25, DIMENSIONS = 200 };

/* Updates of N_BLOCKS blocks: signal along the first axis, systematic part along the second, noise of sd 1 in
 * all. */
static void accumulate(struct spk_rng *rng, double signal, double wrong, double *total, double *blocks)
{
	memset(total, 0, DIMENSIONS * sizeof *total);
	for (int b = 0; b < N_BLOCKS; b++) {
		double squares = 0, along = 0;
		for (int k = 0; k < DIMENSIONS; k++) {
			const double mean = k == 0 ? signal : k == 1 ? wrong : 0;
			const double value = mean + spk_rng_normal(rng);
			total[k] += value, squares += value * value;
			along = k == 0 ? value : along;
		}
		blocks[b] = along / sqrt(squares);
	}
}

/* Truth: the mean over repeats, which is what the interval is said to be of. */
static double cover_cosines(uint64_t id, double signal, double wrong, double *ret_mean)
{
	enum { N = 1000 };
	static struct spk_estimate found[N];
	static double update[DIMENSIONS], gradient[DIMENSIONS] = {1};
	struct spk_rng rng = stream(id);
	double blocks[N_BLOCKS], mean = 0;
	int covered = 0;
	for (int repeat = 0; repeat < N; repeat++) {
		struct probe p = probe_of("cosine");
		accumulate(&rng, signal, wrong, update, blocks);
		probe_input(&p, "update", DIMENSIONS, update),
			probe_input(&p, "gradient", DIMENSIONS, gradient);
		probe_input(&p, "blocks", N_BLOCKS, blocks);
		CHECK(probe_run(&p) == SPK_OK);
		found[repeat] = p.e;
		mean += p.e.value / N;
	}
	for (int repeat = 0; repeat < N; repeat++)
		covered += found[repeat].low <= mean && mean <= found[repeat].high;
	*ret_mean = mean;
	return (double)covered / N;
}

/* The cosine is biased towards 0 as stated; the interval is exact for noise alike in all directions. */
static void cosine_and_its_interval(void)
{
	static const double signals[] = {0, 0.5, 2, 10, 60};
	for (int s = 0; s < 5; s++) {
		const double per_block = signals[s] / sqrt(DIMENSIONS - 1);
		double mean;
		const double covered = cover_cosines(600 + (uint64_t)s, signals[s], 0, &mean);
		const double want = 1 / sqrt(1 + 1 / (N_BLOCKS * per_block * per_block));
		CHECK_ABS(mean, s ? want : 0, 0.012, "1/(2 d) and 4 standard errors of at most 0.0023");
		CHECK(covered > 0.92 && covered < 0.98); /* 4 standard deviations at 1000 repeats */
		if (!(covered > 0.92 && covered < 0.98))
			printf("#   signal %g: covered %g\n", signals[s], covered);
	}
}

/* Where the update is also wrong on average, the interval is too wide, not too narrow. */
static void cosine_of_a_wrong_update(void)
{
	double mean;
	CHECK(cover_cosines(650, 5, 5, &mean) > 0.92);
	CHECK(mean > 0.6 && mean < sqrt(0.5));
}

static void snr_and_its_interval(void)
{
	static const double n[] = {1, 4, 16, 64, 128, 256};
	static const double snrs[] = {0.1, 0.5};
	for (int s = 0; s < 2; s++) {
		struct spk_rng rng = stream(700 + (uint64_t)s);
		struct tally tally = {0};
		double c[6];
		for (int repeat = 0; repeat < N_REPEATS; repeat++) {
			struct probe p = probe_of("cosine_snr");
			for (int k = 0; k < 6; k++)
				c[k] = 1 / sqrt(1 + 1 / (n[k] * snrs[s] * snrs[s])) +
				       0.0015 * spk_rng_normal(&rng); /* at most 0.9923 + 5 sd < 1 */
			probe_input(&p, "x", 6, n), probe_input(&p, "y", 6, c);
			tally_add(&tally, &p, snrs[s]);
		}
		CHECK_REL(tally_mean(&tally), snrs[s], 0.002, "bias of order 0.0015^2 and 4 standard errors");
		CHECK(tally_coverage(&tally) >= 0.93 && tally_coverage(&tally) <= 0.97);
	}
}

/* ---- Windows ------------------------------------------------------------------------------------ */

/* Mean over 200 windows of 4000 noisy pairs each, all of the law with sd as large as the change at 4 ms. */
static double noisy_window(const char *name, double side, double law, int exponential, uint64_t id)
{
	enum { N = 200, N_PAIRS = 4000 };
	static double t[N_PAIRS], change[N_PAIRS];
	struct spk_rng rng = stream(id);
	double mean = 0;
	for (int repeat = 0; repeat < N; repeat++) {
		struct probe p = probe_of(name);
		for (int k = 0; k < N_PAIRS; k++) {
			t[k] = 51 * spk_rng_uniform(&rng) - 25.5;
			const double size = exponential ? exp(-fabs(t[k]) / 17) : 1 / fmax(fabs(t[k]), 0.5);
			change[k] = copysign(size, t[k]) + 0.25 * spk_rng_normal(&rng);
		}
		probe_input(&p, "delta_t", N_PAIRS, t), probe_input(&p, "change", N_PAIRS, change);
		if (!isnan(side))
			probe_param(&p, "side", side);
		if (!isnan(law))
			probe_param(&p, "law", law);
		CHECK(probe_run(&p) == SPK_OK);
		mean += p.e.value / N;
	}
	return mean;
}

static void windows_under_noise(void)
{
	CHECK_REL(noisy_window("window_tau", 1, NAN, 1, 800), 17.0, 0.01, "nearly unbiased: 1 %");
	const double inverse = noisy_window("window_r_squared", 0, 0, 0, 801);
	CHECK(inverse > 0.95 &&
		inverse < 1); /* noise lowers it: sd of a bin's mean 0.028, of the window 0.2 */
	CHECK(noisy_window("window_preference", 0, NAN, 0, 802) > 0.01);
	CHECK(noisy_window("window_preference", 1, NAN, 1, 803) < -0.1);
	CHECK(noisy_window("window_sign", NAN, NAN, 1, 804) > 0.99);
	const double monotone = noisy_window("window_monotone", 1, NAN, 0, 805);
	CHECK(monotone > 0.55 && monotone < 0.9); /* pulled towards 1/2 where 1/t is flat */
	CHECK(noisy_window("window_correlation", NAN, NAN, 0, 806) > 0.9);
}

/* ---- Courses ------------------------------------------------------------------------------------ */

/* Steps of +1 with noise of sd s on the values: a step falls when sqrt(2) s times a normal number is below
 * -1. */
static void courses_under_noise(void)
{
	enum { ROWS = 40, COLUMNS = 11 };
	struct spk_rng rng = stream(900);
	struct tally shares = {0}, dips = {0};
	double values[ROWS * COLUMNS];
	for (int repeat = 0; repeat < N_REPEATS; repeat++) {
		struct probe share = probe_of("monotone"), dip = probe_of("dip");
		for (int k = 0; k < ROWS * COLUMNS; k++)
			values[k] = k % COLUMNS + 0.5 * spk_rng_normal(&rng);
		probe_input(&share, "values", ROWS * COLUMNS, values);
		probe_input(&dip, "values", ROWS * COLUMNS, values);
		probe_param(&share, "columns", COLUMNS), probe_param(&dip, "columns", COLUMNS);
		tally_add(&shares, &share, 0.5 * erfc(-1 / (sqrt(2) * sqrt(2) * 0.5)));
		tally_add(&dips, &dip, 0);
	}
	check_tally(&shares, 0.5 * erfc(-1.0), 0.97);
	CHECK(tally_mean(&dips) > 0.1); /* the noise-free course has no dip: biased upwards as stated */
	CHECK(tally_coverage(&dips) < 0.01);
}

/* Poisson processes: E[CV] = 1 - 1/n up to terms of 1/n^2. */
static void cv_and_its_interval(void)
{
	enum { NEURONS = 10, INTERVALS = 300, SPIKES = NEURONS * (INTERVALS + 1) };
	static double times[SPIKES], ids[SPIKES];
	struct tally tally = {0};
	for (uint64_t repeat = 0; repeat < N_REPEATS; repeat++) {
		struct spk_rng rng = stream(repeat + 900000);
		struct probe p = probe_of("interval_cv");
		for (int k = 0; k < SPIKES; k++) {
			ids[k] = k / (INTERVALS + 1);
			times[k] = (k % (INTERVALS + 1) ? times[k - 1] : 0) - log(spk_rng_uniform(&rng));
		}
		probe_input(&p, "times", SPIKES, times), probe_input(&p, "neurons", SPIKES, ids);
		tally_add(&tally, &p, 1 - 1.0 / INTERVALS);
	}
	check_tally(&tally, 1 - 1.0 / INTERVALS, 0.97);
}

TEST_MAIN(TEST(mean_and_its_interval), TEST(difference_and_its_interval), TEST(share_and_its_interval),
	TEST(correlation_and_its_interval), TEST(lines_and_their_intervals), TEST(r_squared_and_its_bias),
	TEST(cosine_and_its_interval), TEST(cosine_of_a_wrong_update), TEST(snr_and_its_interval),
	TEST(windows_under_noise), TEST(courses_under_noise), TEST(cv_and_its_interval))
