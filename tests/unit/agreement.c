/* Cosine and interval on synthetic updates whose answer is known; coverage of the interval by Monte Carlo. */
#include "sim/agreement.h"

#include "tests/test.h"

enum { SYNAPSES = 40, PRESENTATIONS = 200 };

/* Normal by the central limit: sd 1, near enough for noise. */
static double draw_noise(uint64_t *seed)
{
	double sum = 0;

	for (int k = 0; k < 12; k++)
		sum += test_uniform(seed, -0.5, 0.5);
	return sum;
}

/* Updates = gradient + noise, the gradient fixed up to a strength that falls in the course of learning. */
static struct spk_cosine measure(double noise, uint64_t seed)
{
	struct spk_agreement a;
	struct spk_cosine c = {.value = 2};

	CHECK(spk_agreement_init(&a, SYNAPSES, 1, NULL) == SPK_OK);
	for (int k = 0; k < PRESENTATIONS; k++) {
		const double strength = 2.0 - 1.9 * k / PRESENTATIONS;
		double *change = spk_agreement_change(&a, 0), *gradient = spk_agreement_gradient(&a);
		for (int i = 0; i < SYNAPSES; i++) {
			const double g = strength * (i % 2 ? 1.0 : -0.5);
			gradient[i] += g;
			change[i] += g + noise * draw_noise(&seed);
		}
		spk_agreement_next(&a);
	}
	CHECK(spk_agreement_cosine(&a, 0, &c, NULL) == SPK_OK);
	spk_agreement_clear(&a);
	return c;
}

static void parallel_updates_have_cosine_one(void)
{
	const struct spk_cosine c = measure(0.0, 1);

	CHECK_ABS(c.value, 1.0, 1e-14, "rounding of sums");
	CHECK_ABS(c.low, 1.0, 1e-6, "no noise");
	CHECK_ABS(c.high, 1.0, 1e-6, "no noise");
}

/* cos = 1/sqrt(1 + d sd^2 N / |sum g|^2) where noise of d dimensions adds to the sum of N gradients g. */
static void noise_lowers_the_cosine_as_theory_says(void)
{
	const double noises[] = {3.0, 10.0, 30.0};
	const double sum = PRESENTATIONS * 2.0 - 1.9 * (PRESENTATIONS - 1) / 2; /* of the strengths */
	const double length2 = sum * sum * SYNAPSES * (1.0 + 0.25) / 2;

	for (size_t k = 0; k < 3; k++) {
		const double n2 = noises[k] * noises[k] * PRESENTATIONS * SYNAPSES;
		double mean = 0;
		for (uint64_t seed = 1; seed <= 200; seed++)
			mean += measure(noises[k], seed).value / 200;
		CHECK_ABS(mean, 1 / sqrt(1 + n2 / length2), 0.035,
			"200 draws of sd <= 0.12: 3 times 0.0085; curvature in 40 dimensions 0.01");
	}
}

/* Conservative: up to 99 % where the cosine is near 1, because noise turns a sum only in second order there.
 */
static void interval_covers_the_expected_cosine(void)
{
	enum { TRIALS = 1000 };
	const double noises[] = {2.0, 10.0, 40.0};

	for (size_t k = 0; k < 3; k++) {
		struct spk_cosine c[TRIALS];
		double mean = 0;
		int covered = 0;
		for (size_t trial = 0; trial < TRIALS; trial++) {
			c[trial] = measure(noises[k], 1000 * (k + 1) + trial);
			mean += c[trial].value / TRIALS;
		}
		for (size_t trial = 0; trial < TRIALS; trial++)
			covered += c[trial].low <= mean && mean <= c[trial].high;
		if (!CHECK(covered >= 0.935 * TRIALS && covered < TRIALS))
			printf("# noise %g: %d of %d intervals hold %g\n", noises[k], covered, TRIALS, mean);
	}
}

static void blocks_take_turns(void)
{
	struct spk_agreement a;
	double change[2], gradient[2];

	CHECK(spk_agreement_init(&a, 2, 2, NULL) == SPK_OK);
	CHECK(spk_agreement_blocks(&a) == 0);
	for (int k = 0; k < 2 * SPK_AGREEMENT_BLOCKS + 1; k++) {
		spk_agreement_change(&a, 0)[0] += 1;
		spk_agreement_change(&a, 1)[1] += 10;
		spk_agreement_gradient(&a)[k % 2] += k == 0 || k == SPK_AGREEMENT_BLOCKS ? 1 : 2;
		spk_agreement_next(&a);
	}
	CHECK(spk_agreement_blocks(&a) == SPK_AGREEMENT_BLOCKS);
	spk_agreement_total(&a, 0, change, gradient);
	CHECK(change[0] == 2 * SPK_AGREEMENT_BLOCKS + 1 && change[1] == 0);
	spk_agreement_total(&a, 1, change, gradient);
	CHECK(change[0] == 0 && change[1] == 10.0 * (2 * SPK_AGREEMENT_BLOCKS + 1));
	CHECK(gradient[0] + gradient[1] == 2.0 * (2 * SPK_AGREEMENT_BLOCKS + 1) - 2);
	/* block 0 holds presentations 0, 25 and 50: gradient (1 + 2, 1) */
	CHECK_ABS(spk_agreement_block_cosine(&a, 0, 0), 3 / sqrt(10.0), 1e-15, "rounding");
	spk_agreement_clear(&a);
}

static void silent_rule_has_no_cosine(void)
{
	struct spk_agreement a;
	struct spk_cosine c = {0};

	CHECK(spk_agreement_init(&a, 2, 1, NULL) == SPK_OK);
	for (int k = 0; k < 30; k++) {
		spk_agreement_gradient(&a)[0] += 1;
		spk_agreement_next(&a);
	}
	CHECK(spk_agreement_cosine(&a, 0, &c, NULL) == SPK_OK);
	CHECK(isnan(c.value) && isnan(c.low) && isnan(c.high));
	spk_agreement_clear(&a);
}

TEST_MAIN(TEST(parallel_updates_have_cosine_one), TEST(noise_lowers_the_cosine_as_theory_says),
	TEST(interval_covers_the_expected_cosine), TEST(blocks_take_turns), TEST(silent_rule_has_no_cosine))
