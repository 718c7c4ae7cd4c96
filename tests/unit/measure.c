/*
 * Measurements on data whose answer is known without noise, against figures of published tables and of other
 * programs, and on data that they must refuse.
 */
#include "tests/measure.h"

static const char *const rounding = "roundings";

/* ---- Figures known from elsewhere --------------------------------------------------------------- */

/* Student's 1908 data: additional hours of sleep under two drugs, in every textbook. The intervals are those
 * of R's t.test(extra ~ group), its paired form, and t.test(extra[group == 1]). */
static const double sleep_1[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
static const double sleep_2[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

static void differences_of_the_sleep_data(void)
{
	struct probe p = probe_of("difference");
	probe_input(&p, "a", 10, sleep_1), probe_input(&p, "b", 10, sleep_2);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, -1.58, 1e-12, rounding);
	CHECK_ABS(p.e.low, -3.3654832, 1e-7, "digits known");
	CHECK_ABS(p.e.high, 0.2054832, 1e-7, "digits known");
	CHECK(p.e.n == 20);
	probe_param(&p, "paired", 1);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, -1.58, 1e-12, rounding);
	CHECK_ABS(p.e.low, -2.4598858, 1e-7, "digits known");
	CHECK_ABS(p.e.high, -0.7001142, 1e-7, "digits known");
	CHECK(p.e.n == 10);
}

static void mean_of_a_sample(void)
{
	static const double one = 7.5;
	struct probe p = probe_of("mean");
	probe_input(&p, "values", 10, sleep_1);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, 0.75, 1e-12, rounding);
	/* t(9) at 97.5 %: 2.262157; s = 1.789010 */
	CHECK_ABS(p.e.high - p.e.value, 2.262157 * 1.789010 / sqrt(10), 2e-6, "digits of the table");
	CHECK_ABS(p.e.value - p.e.low, p.e.high - p.e.value, 1e-12, rounding);
	p.confidence = 0.9;
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.high - p.e.value, 1.833113 * 1.789010 / sqrt(10), 2e-6, "digits of the table");
	probe_input(&p, "values", 1, &one);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK(p.e.value == 7.5 && isnan(p.e.low) && isnan(p.e.high) && p.e.n == 1);
}

/* log C(n, k) p^k q^(n - k), summed: the binomial tails that define the interval of Clopper and Pearson. */
static double tail(int n, int from, int to, double share)
{
	double sum = 0;
	for (int k = from; k <= to; k++)
		sum += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(share) +
			   (n - k) * log1p(-share));
	return sum;
}

static void shares_have_the_exact_interval(void)
{
	static const int sizes[] = {1, 2, 7, 30, 400, 10000};
	double *values = calloc(10000, sizeof *values);
	struct probe p = probe_of("share");
	probe_param(&p, "above", 0.5);
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		const int n = sizes[s];
		for (int hits = 0; hits <= n; hits += n < 50 ? 1 : n / 8) {
			for (int k = 0; k < n; k++)
				values[k] = k < hits;
			probe_input(&p, "values", (size_t)n, values);
			CHECK(probe_run(&p) == SPK_OK);
			CHECK_ABS(p.e.value, (double)hits / n, 1e-15, rounding);
			const double low = hits == 0 ? 0.025 : tail(n, hits, n, p.e.low);
			const double high = hits == n ? 0.025 : tail(n, 0, hits, p.e.high);
			CHECK_ABS(low, 0.025, 1e-8, "terms of the tail to about 1e-11, lgamma of 1e4");
			CHECK_ABS(high, 0.025, 1e-8, "terms of the tail to about 1e-11, lgamma of 1e4");
			CHECK(hits > 0 || p.e.low == 0);
			CHECK(hits < n || p.e.high == 1);
		}
	}
	free(values);
}

static void share_compares(void)
{
	static const double predicted[] = {1, 2, 3, 4}, label[] = {1, 2, 0, 5};
	struct probe p = probe_of("share");
	probe_input(&p, "values", 4, predicted), probe_input(&p, "than", 4, label);
	probe_param(&p, "at_least", 0), probe_param(&p, "at_most", 0);
	CHECK(probe_run(&p) == SPK_OK && p.e.value == 0.5 && p.e.n == 4);
	probe_param(&p, "at_most", INFINITY);
	CHECK(probe_run(&p) == SPK_OK && p.e.value == 0.75);
	probe_param(&p, "above", 0);
	CHECK(probe_run(&p) == SPK_OK && p.e.value == 0.25);
	probe_param(&p, "below", 3);
	CHECK(probe_run(&p) == SPK_OK && p.e.value == 0);
}

/* ---- Vectors ------------------------------------------------------------------------------------ */

static void angles_of_known_vectors(void)
{
	static const double east[] = {2, 0, 0}, north_east[] = {3, 3, 0}, west[] = {-1e-200, 0, 0};
	struct probe c = probe_of("cosine"), a = probe_of("angle");
	const double *const others[] = {east, north_east, west};
	const double cosines[] = {1, sqrt(0.5), -1}, degrees[] = {0, 45, 180};
	for (int k = 0; k < 3; k++) {
		probe_input(&c, "update", 3, east), probe_input(&c, "gradient", 3, others[k]);
		probe_input(&a, "update", 3, east), probe_input(&a, "gradient", 3, others[k]);
		if (k == 2) { /* squares of 1e-200 vanish: no direction that could be told */
			probe_refused(&c, "no direction");
			continue;
		}
		CHECK(probe_run(&c) == SPK_OK && probe_run(&a) == SPK_OK);
		CHECK_ABS(c.e.value, cosines[k], 1e-15, rounding);
		CHECK_ABS(a.e.value, degrees[k], 1e-5, "arc cosine near 1 takes the root of a rounding");
		CHECK(isnan(c.e.low) && isnan(c.e.high) && isnan(a.e.low));
	}
}

static void angle_is_that_of_the_cosine(void)
{
	static const double u[] = {1, 2, 3}, g[] = {2, 1, 4}, blocks[] = {0.8, 0.9, 0.85, 0.7};
	const double degree = acos(-1) / 180;
	struct probe c = probe_of("cosine"), a = probe_of("angle");
	struct probe *const both[] = {&c, &a};
	for (int k = 0; k < 2; k++) {
		probe_input(both[k], "update", 3, u);
		probe_input(both[k], "gradient", 3, g);
		probe_input(both[k], "blocks", 4, blocks);
		CHECK(probe_run(both[k]) == SPK_OK);
	}
	CHECK_ABS(cos(a.e.value * degree), c.e.value, 1e-14, rounding);
	CHECK_ABS(cos(a.e.low * degree), c.e.high, 1e-14, rounding);
	CHECK_ABS(cos(a.e.high * degree), c.e.low, 1e-14, rounding);
	CHECK(c.e.low < c.e.value && c.e.value < c.e.high && c.e.n == 4);
}

/* Equal blocks: no spread, an interval of no width. */
static void equal_blocks_leave_no_width(void)
{
	static const double u[] = {1, 2, 3}, ones[] = {1, 1, 1};
	struct probe c = probe_of("cosine");
	probe_input(&c, "update", 3, u), probe_input(&c, "gradient", 3, u);
	probe_input(&c, "blocks", 3, ones);
	CHECK(probe_run(&c) == SPK_OK);
	CHECK_ABS(c.e.low, 1, 1e-14, rounding);
	CHECK_ABS(c.e.high, 1, 1e-14, rounding);
}

/* ---- Laws --------------------------------------------------------------------------------------- */

static void lines_without_noise(void)
{
	double x[20], y[20], cube[20], sd[20];
	struct probe slope = probe_of("slope"), intercept = probe_of("intercept");
	for (int k = 0; k < 20; k++) {
		x[k] = k + 1, y[k] = 2.5 - 0.75 * x[k], cube[k] = 4 * x[k] * x[k] * x[k],
		sd[k] = 0.1 * (k + 1);
	}
	for (size_t n_sd = 0; n_sd <= 20; n_sd += 20) {
		probe_input(&slope, "x", 20, x), probe_input(&slope, "y", 20, y);
		probe_input(&slope, "sd", n_sd, sd), probe_input(&intercept, "sd", n_sd, sd);
		probe_input(&intercept, "x", 20, x), probe_input(&intercept, "y", 20, y);
		CHECK(probe_run(&slope) == SPK_OK && probe_run(&intercept) == SPK_OK);
		CHECK_ABS(slope.e.value, -0.75, 1e-13, rounding);
		CHECK_ABS(intercept.e.value, 2.5, 1e-12, rounding);
		CHECK((slope.e.high - slope.e.low < 1e-12) == (n_sd == 0)); /* sd count, not the scatter */
		probe_param(&slope, "log_x", 1), probe_param(&slope, "log_y", 1);
		probe_param(&intercept, "log_x", 1), probe_param(&intercept, "log_y", 1);
		probe_input(&slope, "y", 20, cube), probe_input(&intercept, "y", 20, cube);
		CHECK(probe_run(&slope) == SPK_OK && probe_run(&intercept) == SPK_OK);
		CHECK_ABS(slope.e.value, 3, 1e-13, rounding);
		CHECK_ABS(intercept.e.value, log(4), 1e-12, rounding);
		slope = probe_of("slope"), intercept = probe_of("intercept");
	}
}

/* Anscombe's first quartet: y = 3.00 + 0.500 x, r = 0.816, standard error of the slope 0.118. */
static void lines_of_anscombe(void)
{
	static const double x[] = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
	static const double y[] = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
	struct probe p = probe_of("slope");
	probe_input(&p, "x", 11, x), probe_input(&p, "y", 11, y);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, 0.500, 5e-4, "digits known");
	CHECK_ABS((p.e.high - p.e.value) / 2.262157, 0.118, 5e-4, "digits known; t(9)");
	p = probe_of("intercept");
	probe_input(&p, "x", 11, x), probe_input(&p, "y", 11, y);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, 3.00, 5e-3, "digits known");
	CHECK_ABS((p.e.high - p.e.value) / 2.262157, 1.125, 5e-4, "digits known; t(9)");
	p = probe_of("correlation");
	probe_input(&p, "x", 11, x), probe_input(&p, "y", 11, y);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, 0.816, 5e-4, "digits known");
	CHECK_ABS(atanh(p.e.high) - atanh(p.e.value), 1.959964 / sqrt(8), 1e-6, "digits of the table");
	p = probe_of("r_squared");
	probe_input(&p, "x", 11, x), probe_input(&p, "y", 11, y);
	probe_param(&p, "law", 0);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, 0.667, 5e-4, "digits known");
}

static void r_squared_of_each_law(void)
{
	enum { LINEAR, POWER, INVERSE, IDENTITY };
	double x[12], y[4][12];
	for (int k = 0; k < 12; k++) {
		x[k] = 0.5 + k;
		y[LINEAR][k] = 1 - 2 * x[k], y[POWER][k] = 3 * pow(x[k], -1.5);
		y[INVERSE][k] = 5 / x[k], y[IDENTITY][k] = x[k];
	}
	for (int law = 0; law < 4; law++) {
		struct probe p = probe_of("r_squared");
		probe_input(&p, "x", 12, x), probe_input(&p, "y", 12, y[law]);
		probe_param(&p, "law", law);
		CHECK(probe_run(&p) == SPK_OK);
		CHECK_ABS(p.e.value, 1, 1e-13, rounding);
		CHECK(isnan(p.e.low) && p.e.n == 12);
	}
	struct probe p = probe_of("r_squared"); /* y = 1 - 2 x against x: far worse than the mean */
	probe_input(&p, "x", 12, x), probe_input(&p, "y", 12, y[LINEAR]);
	probe_param(&p, "law", IDENTITY);
	CHECK(probe_run(&p) == SPK_OK && p.e.value < -1);
}

static void perfect_correlation_stays_so(void)
{
	static const double x[] = {1, 2, 3, 5}, y[] = {-2, -4, -6, -10};
	struct probe p = probe_of("correlation");
	probe_input(&p, "x", 4, x), probe_input(&p, "y", 4, y);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, -1, 1e-15, rounding);
	CHECK_ABS(p.e.high, -1, 1e-6, "artanh near -1");
}

static void largest_deviation(void)
{
	static const double x[] = {1, 2, 3}, y[] = {1.5, 2, 1};
	struct probe p = probe_of("deviation");
	probe_input(&p, "x", 3, x);
	CHECK(probe_run(&p) == SPK_OK && p.e.value == 3);
	probe_input(&p, "y", 3, y);
	CHECK(probe_run(&p) == SPK_OK && p.e.value == 2);
}

/* ---- Courses ------------------------------------------------------------------------------------ */

static void courses(void)
{
	static const double x[] = {0, 1, 3, 2.5, 2, 4, 4, 3.9};
	struct probe share = probe_of("monotone"), dip = probe_of("dip");
	probe_input(&share, "values", 8, x), probe_input(&dip, "values", 8, x);
	CHECK(probe_run(&share) == SPK_OK && probe_run(&dip) == SPK_OK);
	CHECK_ABS(share.e.value, 4.0 / 7, 1e-15, rounding);
	CHECK(dip.e.value == 1 && isnan(dip.e.low) && isnan(share.e.low));
	probe_param(&share, "tolerance", 0.5);
	CHECK(probe_run(&share) == SPK_OK && share.e.value == 1);
	probe_param(&share, "tolerance", 0), probe_param(&share, "direction", 1);
	probe_param(&dip, "direction", 1);
	CHECK(probe_run(&share) == SPK_OK && probe_run(&dip) == SPK_OK);
	CHECK_ABS(share.e.value, 4.0 / 7, 1e-15, "three falls and the step of 0");
	CHECK(dip.e.value == 4);
}

static void courses_in_a_table(void)
{
	static const double x[] = {0, 1, 2, 0, 2, 1, 3, 2, 1};
	struct probe share = probe_of("monotone"), dip = probe_of("dip");
	probe_input(&share, "values", 9, x), probe_input(&dip, "values", 9, x);
	probe_param(&share, "columns", 3), probe_param(&dip, "columns", 3);
	CHECK(probe_run(&share) == SPK_OK && probe_run(&dip) == SPK_OK);
	CHECK_ABS(share.e.value, 0.5, 1e-15, rounding);
	CHECK_ABS(dip.e.value, 1, 1e-15, rounding); /* 0, 1, 2 */
	CHECK_ABS(dip.e.high - dip.e.value, 4.302653 / sqrt(3), 1e-6, "t(2), s = 1");
	CHECK(dip.e.n == 3);
	probe_param(&dip, "columns", 4);
	probe_refused(&dip, "no rows of 4");
	probe_param(&dip, "columns", 1.5);
	probe_refused(&dip, "no rows of 1.5");
	probe_param(&dip, "columns", 1);
	probe_refused(&dip, "no rows of 1");
}

/* ---- STDP windows ------------------------------------------------------------------------------- */

enum { N_PAIRS = 200 };

/* Four pairs at each of -25 ... -1, 1 ... 25 ms: c/t left, exponential right. */
static void fill_window(double *t, double *change)
{
	for (int k = 0; k < N_PAIRS; k++) {
		const int bin = k / 4 - 25;
		t[k] = bin < 0 ? bin : bin + 1;
		change[k] = t[k] < 0 ? 0.032 / t[k] : 0.04 * exp(-t[k] / 17);
	}
}

static double window_value(const char *name, double side, double law, const double *t, const double *change)
{
	struct probe p = probe_of(name);
	probe_input(&p, "delta_t", N_PAIRS, t), probe_input(&p, "change", N_PAIRS, change);
	if (!isnan(side))
		probe_param(&p, "side", side);
	if (!isnan(law))
		probe_param(&p, "law", law);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK(isnan(p.e.low) && isnan(p.e.high));
	return p.e.value;
}

static void windows_without_noise(void)
{
	double t[N_PAIRS], change[N_PAIRS];
	fill_window(t, change);
	CHECK(window_value("window_sign", NAN, NAN, t, change) == 1);
	CHECK(window_value("window_monotone", 0, NAN, t, change) == 1);
	CHECK(window_value("window_monotone", 1, NAN, t, change) == 1);
	CHECK_ABS(window_value("window_r_squared", 0, 0, t, change), 1, 1e-14, rounding);
	CHECK_ABS(
		window_value("window_r_squared", 1, 1, t, change), 1, 1e-12, "square of the fit's precision");
	CHECK_ABS(
		window_value("window_tau", 1, NAN, t, change), 17, 1e-5, "a minimum is flat: root of 1e-16");
	CHECK(window_value("window_preference", 0, NAN, t, change) > 0.01);
	CHECK(window_value("window_preference", 1, NAN, t, change) < -0.1);
	for (int k = 0; k < N_PAIRS; k++)
		change[k] = -change[k];
	CHECK(window_value("window_sign", NAN, NAN, t, change) == 0);
	CHECK_ABS(window_value("window_r_squared", 0, 0, t, change), 1, 1e-14, rounding);
	for (int k = 0; k < N_PAIRS; k++)
		change[k] = t[k]; /* grows with |t| on both sides */
	CHECK(window_value("window_monotone", 0, NAN, t, change) == 0);
	CHECK(window_value("window_monotone", 1, NAN, t, change) == 0);
}

/* Edges of bins, bins with too few pairs, the one around 0, pairs out of range. */
static void window_takes_the_right_pairs(void)
{
	const double t[] = {0.4, -0.5, -0.4, 0.5, 0.6, 1.49, 1.5, 2, 2, 25.4, 25, 25, 25.6, 30};
	const double change[] = {-9, -9, -9, 1, 1, 1, 1, 1, 1, 1, 1, -5, -9, -9};
	struct probe p = probe_of("window_sign");
	probe_input(&p, "delta_t", 14, t), probe_input(&p, "change", 14, change);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK(p.e.n == 3); /* 1, 2 and 25 ms */
	CHECK_ABS(p.e.value, 2.0 / 3, 1e-15, rounding);
	probe_param(&p, "least", 4);
	probe_refused(&p, "no bin");
	probe_param(&p, "least", 1), probe_param(&p, "range", 2);
	CHECK(probe_run(&p) == SPK_OK && p.e.n == 2 && p.e.value == 1);
}

static void windows_against_references(void)
{
	static const double figure_t[] = {1, 2, 3, 4, 5, 8, 22, -1, -2, -3, -4, -5, -8, -10, -22};
	static const double figure[] = {.0400, .0136, .0055, .0030, .0021, .0010, .0003, -.0418, -.0171,
		-.0109, -.0080, -.0064, -.0041, -.0030, -.0012};
	static const double other_t[] = {-10, -5, 5, 10}, other[] = {10, 5, -5, -10};
	double t[N_PAIRS], change[N_PAIRS];
	struct probe p = probe_of("window_correlation");
	fill_window(t, change);
	probe_param(&p, "least", 1);
	probe_input(&p, "delta_t", 15, figure_t), probe_input(&p, "change", 15, figure);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, 1, 1e-14, "the built-in reference against itself");
	CHECK(p.e.n == 15);
	for (int k = 0; k < N_PAIRS; k++)
		change[k] = 3 * t[k];
	probe_input(&p, "delta_t", N_PAIRS, t), probe_input(&p, "change", N_PAIRS, change);
	probe_input(&p, "reference_t", 4, other_t), probe_input(&p, "reference_change", 4, other);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, -1, 1e-14, rounding);
	probe_input(&p, "reference_change", 3, other);
	probe_refused(&p, "4 values and 'reference_change' 3");
	probe_input(&p, "reference_change", 4, other), probe_param(&p, "range", 5);
	probe_refused(&p, "covers 2 points");
}

/* ---- Cosines against presentations -------------------------------------------------------------- */

static void cosine_law_without_noise(void)
{
	static const double snrs[] = {0.01, 0.1, 0.57, 2.4};
	for (int s = 0; s < 4; s++) {
		double n[6], c[6];
		struct probe snr = probe_of("cosine_snr"), law = probe_of("cosine_law");
		for (int k = 0; k < 6; k++) {
			n[k] = pow(4, k);
			c[k] = cos(atan(1 / (sqrt(n[k]) * snrs[s])));
		}
		probe_input(&snr, "x", 6, n), probe_input(&snr, "y", 6, c);
		probe_input(&law, "x", 6, n), probe_input(&law, "y", 6, c);
		CHECK(probe_run(&snr) == SPK_OK && probe_run(&law) == SPK_OK);
		CHECK_REL(snr.e.value, snrs[s], 1e-6, "a minimum is flat: root of 1e-16, and safety");
		CHECK(law.e.value < 1e-6);
		probe_param(&law, "statistic", 1);
		CHECK(probe_run(&law) == SPK_OK);
		CHECK_ABS(law.e.value, 1, 1e-9, "square of the fit's precision");
		c[5] -= 0.3; /* one cosine off: the fit shares it out, some is left */
		probe_param(&law, "statistic", 0);
		CHECK(probe_run(&law) == SPK_OK && law.e.value > 0.1 && law.e.value <= 0.3);
	}
}

/* ---- Misuse ------------------------------------------------------------------------------------- */

/* Every measurement refuses no input, values that are not finite, and lengths that do not go together. */
static void every_measurement_refuses_bad_inputs(void)
{
	double good[40], bad[40];
	for (int k = 0; k < 40; k++)
		good[k] = bad[k] = 0.01 * (k + 1);
	for (const struct spk_measurement *const *m = spk_measurements; *m; m++) {
		struct probe p = probe_of((*m)->name);
		for (size_t k = 0; k < (*m)->n_params; k++)
			p.par[k] = isnan(p.par[k]) ? (*m)->params[k].lo : p.par[k];
		probe_refused(&p, "0 value");
		for (size_t input = 0; input < (*m)->n_inputs; input++) {
			for (size_t k = 0; k < (*m)->n_inputs; k++)
				p.in[k] = (struct spk_series){40, good};
			for (int what = 0; what < 3; what++) {
				bad[17] = what == 0   ? (double)NAN
					  : what == 1 ? (double)INFINITY
						      : -(double)INFINITY;
				p.in[input].values = bad;
				probe_refused(&p, "not a finite number");
				CHECK(strstr(p.err.text, (*m)->inputs[input].name) != NULL);
			}
		}
		if ((*m)->n_inputs > 1 && !(*m)->inputs[1].optional &&
			strcmp((*m)->name, "difference") != 0 && strcmp((*m)->name, "parzen") != 0) {
			memset(p.in, 0, sizeof p.in);
			p.in[0] = (struct spk_series){40, good}, p.in[1] = (struct spk_series){39, good};
			probe_refused(&p, "go together one by one");
		}
	}
}

static void refusals(void)
{
	static const double flat[] = {2, 2, 2, 2}, line[] = {1, 2, 3, 4}, zero[] = {0, 0, 0, 0};
	static const double beyond[] = {0.5, 0.5, 1.5, 0.5};
	struct probe p = probe_of("correlation");
	probe_input(&p, "x", 4, line), probe_input(&p, "y", 4, flat);
	probe_refused(&p, "all values of 'y' are equal");
	probe_input(&p, "x", 3, line), probe_input(&p, "y", 3, line);
	probe_refused(&p, "at least 4");
	p = probe_of("slope");
	probe_input(&p, "x", 4, flat), probe_input(&p, "y", 4, line);
	probe_refused(&p, "all values of 'x' are 2");
	probe_input(&p, "x", 4, line), probe_input(&p, "sd", 4, zero);
	probe_refused(&p, "value 0 of 'sd' is 0; it must be above 0");
	probe_input(&p, "sd", 0, NULL), probe_input(&p, "y", 4, zero), probe_param(&p, "log_y", 1);
	probe_refused(&p, "value 0 of 'y' is 0; it must be above 0");
	p = probe_of("r_squared");
	probe_param(&p, "law", 2);
	probe_input(&p, "x", 4, zero), probe_input(&p, "y", 4, line);
	probe_refused(&p, "c/x has none");
	probe_input(&p, "x", 4, line), probe_input(&p, "y", 4, flat);
	probe_refused(&p, "R^2 has no meaning");
	p = probe_of("cosine");
	probe_input(&p, "update", 4, zero), probe_input(&p, "gradient", 4, line);
	probe_refused(&p, "'update' are 0");
	probe_input(&p, "update", 4, line), probe_input(&p, "blocks", 4, beyond);
	probe_refused(&p, "value 2 of 'blocks' is 1.5, not a cosine");
	p = probe_of("cosine_law");
	probe_input(&p, "x", 4, line), probe_input(&p, "y", 4, beyond);
	probe_refused(&p, "not a cosine");
	probe_input(&p, "x", 4, zero), probe_input(&p, "y", 4, line);
	probe_refused(&p, "it must be above 0");
	p = probe_of("window_tau");
	probe_param(&p, "side", 0), probe_param(&p, "least", 1);
	probe_input(&p, "delta_t", 4, line), probe_input(&p, "change", 4, line);
	probe_refused(&p, "negative side of the window has 0 bins");
	probe_param(&p, "bin", 1000);
	probe_refused(&p, "bins of 1000 ms");
}

static void equal_values_have_no_width(void)
{
	static const double flat[] = {2, 2, 2, 2}, other[] = {3, 3, 3};
	struct probe p = probe_of("difference");
	probe_input(&p, "a", 4, flat), probe_input(&p, "b", 3, other);
	CHECK(probe_run(&p) == SPK_OK && p.e.value == -1 && p.e.low == -1 && p.e.high == -1);
	p = probe_of("mean");
	probe_input(&p, "values", 4, flat);
	CHECK(probe_run(&p) == SPK_OK && p.e.low == 2 && p.e.high == 2);
}

TEST_MAIN(TEST(differences_of_the_sleep_data), TEST(mean_of_a_sample), TEST(shares_have_the_exact_interval),
	TEST(share_compares), TEST(angles_of_known_vectors), TEST(angle_is_that_of_the_cosine),
	TEST(equal_blocks_leave_no_width), TEST(lines_without_noise), TEST(lines_of_anscombe),
	TEST(r_squared_of_each_law), TEST(perfect_correlation_stays_so), TEST(largest_deviation),
	TEST(courses), TEST(courses_in_a_table), TEST(windows_without_noise),
	TEST(window_takes_the_right_pairs), TEST(windows_against_references), TEST(cosine_law_without_noise),
	TEST(every_measurement_refuses_bad_inputs), TEST(refusals), TEST(equal_values_have_no_width))
