/* Measurements of residuals and fillings: figures worked out by hand, plain loops, coverage, refusals. */
#include "tests/measure.h"

static const char *const rounding = "roundings";

/* Two items, two terms with 2 and 1 numbers: term 0 of item 0, of item 1, then term 1. */
static const double before[] = {1, 2, 3, 0, 2, 4}, after[] = {0, 2, 3, 1, 1, 0}, dims[] = {2, 1},
		    sigmas[] = {1, 2};

static struct probe by_hand(const char *name)
{
	struct probe p = probe_of(name);

	probe_input(&p, "before", 6, before), probe_input(&p, "after", 6, after);
	probe_input(&p, "dimensions", 2, dims);
	return p;
}

static void gains_worked_out_by_hand(void)
{
	struct probe p = by_hand("objective_gain"), share = by_hand("objective_rising");

	/* item 0: (1 + 4 - 4)/2 + (4 - 1)/2 = 2; item 1: (9 - 10)/2 + 16/2 = 7.5 */
	CHECK(probe_run(&p) == SPK_OK && p.e.n == 2);
	CHECK_ABS(p.e.value, 4.75, 1e-15, rounding);
	CHECK_ABS(p.e.high - p.e.value, 12.706205 * 2.75, 1e-5, "t(1) at 97.5 % to 8 digits");
	CHECK(probe_run(&share) == SPK_OK && share.e.value == 1 && share.e.n == 2);
	/* sigma 2 of term 1 takes three quarters off its share: 0.5 + 0.375 and -0.5 + 2 */
	probe_input(&p, "sigma", 2, sigmas);
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, 1.1875, 1e-15, rounding);
	/* the other way round nothing rises */
	probe_input(&share, "before", 6, after), probe_input(&share, "after", 6, before);
	CHECK(probe_run(&share) == SPK_OK && share.e.value == 0);
	/* J that stays does not rise */
	probe_input(&share, "before", 6, before);
	CHECK(probe_run(&share) == SPK_OK && share.e.value == 0);
}

/* Residuals with standard deviations 2 and 1 of a single number: the mean gain is (4 - 1)/2. */
static void interval_covers_the_mean_gain(void)
{
	static const double one = 1;
	struct spk_rng rng = spk_rng_stream(6, SPK_RNG_TEST, 0, 0);
	double first[200], last[200];
	int covered = 0;

	for (int repeat = 0; repeat < 2000; repeat++) {
		struct probe p = probe_of("objective_gain");

		for (int k = 0; k < 200; k++) {
			first[k] = 2 * spk_rng_normal(&rng);
			last[k] = spk_rng_normal(&rng);
		}
		probe_input(&p, "before", 200, first), probe_input(&p, "after", 200, last);
		probe_input(&p, "dimensions", 1, &one);
		CHECK(probe_run(&p) == SPK_OK);
		covered += p.e.low <= 1.5 && 1.5 <= p.e.high;
	}
	CHECK(covered > 0.93 * 2000 && covered < 0.97 * 2000); /* as in tests/law/measure_intervals.c */
}

static void filling_against_the_mean(void)
{
	static const double filled[] = {1, 0, 0, 9}, right[] = {2, 5, 1, 3}, missing[] = {200, 0, 0, 50},
			    known[] = {0, 4, 2, 2, 4, 0}, first[] = {200, 0, 0, 0};
	struct probe p = probe_of("fill_ratio");

	probe_param(&p, "dimension", 2);
	probe_input(&p, "filled", 4, filled), probe_input(&p, "right", 4, right);
	probe_input(&p, "missing", 4, missing), probe_input(&p, "known", 6, known);
	/* the mean is (2, 2): filled 1 + 36, mean 0 + 1 */
	CHECK(probe_run(&p) == SPK_OK);
	CHECK_ABS(p.e.value, 37, 1e-12, rounding);
	CHECK(p.e.n == 2 && isnan(p.e.low) && isnan(p.e.high));
	probe_input(&p, "known", 2, right), probe_input(&p, "missing", 4, first);
	probe_refused(&p, "or the mean is right everywhere");
}

static void refusals(void)
{
	static const double zero[4] = {0}, half[] = {2, 0.5};
	struct probe p = by_hand("objective_gain");

	probe_input(&p, "after", 5, after), probe_refused(&p, "go together one by one");
	p = by_hand("objective_gain"), probe_input(&p, "dimensions", 1, &sigmas[1]);
	CHECK(probe_run(&p) == SPK_OK && p.e.n == 3);
	probe_input(&p, "before", 5, before), probe_input(&p, "after", 5, after);
	probe_refused(&p, "5 residuals make no items of 2 numbers");
	p = by_hand("objective_gain"), probe_input(&p, "dimensions", 2, half);
	probe_refused(&p, "a dimension is 0.5");
	p = by_hand("objective_rising"), probe_input(&p, "sigma", 1, sigmas);
	probe_refused(&p, "go together one by one");
	p = by_hand("objective_rising"), probe_input(&p, "sigma", 2, zero);
	probe_refused(&p, "a sigma is 0");
	p = probe_of("fill_ratio"), probe_param(&p, "dimension", 3);
	probe_input(&p, "filled", 4, before), probe_input(&p, "right", 4, after);
	probe_input(&p, "missing", 4, before), probe_input(&p, "known", 6, before);
	probe_refused(&p, "make no rows of 3");
	probe_param(&p, "dimension", 2), probe_input(&p, "missing", 4, zero);
	probe_refused(&p, "nothing is missing");
}

TEST_MAIN(TEST(gains_worked_out_by_hand), TEST(interval_covers_the_mean_gain), TEST(filling_against_the_mean),
	TEST(refusals))
