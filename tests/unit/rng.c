/**
 * Random numbers: published vectors of Philox, disjoint streams, and the distributions against GSL.
 *
 * The seeds are fixed, so the statistical tests are reproducible; their limits are those of a p-value of
 * 1e-4.
 */
#include <gsl/gsl_cdf.h>
#include <spikem/rng.h>

#include "tests/test.h"

enum { N_DRAWS = 200000, N_BINS = 40 };

static struct spk_rng stream(uint64_t id)
{
	return spk_rng_stream(42, SPK_RNG_TEST, 7, id);
}

/* ---- Philox and its streams --------------------------------------------------------------------- */

/** Known answers published with Random123 (kat_vectors, philox4x32 10), through the counter's layout. */
static void published_vectors(void)
{
	static const struct {
		struct spk_rng rng;
		uint32_t want[4];
	} cases[] = {
		{{.seed = 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{{.seed = UINT64_MAX,
			 .id = SPK_RNG_MAX_ID,
			 .draw = SPK_RNG_MAX_DRAW,
			 .purpose = SPK_RNG_MAX_PURPOSE,
			 .sub = UINT32_MAX},
			{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		/* counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0: digits of pi */
		{{.seed = 0x299f31d0a4093822,
			 .id = 0x85a313198a2e,
			 .draw = 0xd3243f6a88,
			 .purpose = 0x08,
			 .sub = 0x03707344},
			{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	};
	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		uint32_t word[4];
		spk_rng_block(&cases[k].rng, cases[k].rng.draw, word);
		for (int j = 0; j < 4; j++)
			CHECK(word[j] == cases[k].want[j]);
	}
}

/** Flip bit k of the 128 bits that tell the blocks of one seed apart. */
static struct spk_rng flipped(int k)
{
	struct spk_rng rng = {.seed = 1};
	if (k < 48)
		rng.id ^= UINT64_C(1) << k;
	else if (k < 88)
		rng.draw ^= UINT64_C(1) << (k - 48);
	else if (k < 96)
		rng.purpose ^= 1u << (k - 88);
	else if (k < 128)
		rng.sub ^= 1u << (k - 96);
	return rng;
}

static void every_bit_leads_to_another_block(void)
{
	uint32_t block[129][4];
	for (int k = 0; k < 129; k++) {
		struct spk_rng rng = flipped(k);
		spk_rng_block(&rng, rng.draw, block[k]);
		for (int j = 0; j < k; j++)
			CHECK(memcmp(block[j], block[k], sizeof block[k]) != 0);
	}
}

static void purposes_are_distinct(void)
{
	uint32_t block[SPK_RNG_N_PURPOSES][4];
	CHECK(SPK_RNG_N_PURPOSES - 1 <= SPK_RNG_MAX_PURPOSE);
	for (int k = 0; k < SPK_RNG_N_PURPOSES; k++) {
		struct spk_rng rng = spk_rng_stream(1, (enum spk_rng_purpose)k, 0, 0);
		CHECK(rng.purpose == (uint32_t)k && rng.draw == 0);
		spk_rng_block(&rng, 0, block[k]);
		for (int j = 0; j < k; j++)
			CHECK(memcmp(block[j], block[k], sizeof block[k]) != 0);
	}
}

static void a_copy_repeats_the_future(void)
{
	struct spk_rng a = stream(1);
	for (int k = 0; k < 10; k++)
		spk_rng_normal(&a);
	struct spk_rng b = a;
	for (int k = 0; k < 10; k++)
		CHECK(spk_rng_uniform(&a) == spk_rng_uniform(&b));
	CHECK(a.draw == b.draw);
}

/* ---- Distributions ------------------------------------------------------------------------------ */

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/** Kolmogorov-Smirnov: largest distance of the empirical from the given distribution, times sqrt(n). */
static double ks_distance(double (*draw)(struct spk_rng *), double (*cdf)(double), uint64_t id)
{
	static double x[N_DRAWS];
	struct spk_rng rng = stream(id);
	double worst = 0.0;
	for (int k = 0; k < N_DRAWS; k++)
		x[k] = draw(&rng);
	qsort(x, N_DRAWS, sizeof x[0], compare_doubles);
	for (int k = 0; k < N_DRAWS; k++) {
		double p = cdf(x[k]);
		worst = fmax(worst, fmax(p - (double)k / N_DRAWS, (double)(k + 1) / N_DRAWS - p));
	}
	return worst * sqrt(N_DRAWS);
}

static double uniform_cdf(double x)
{
	return x;
}
static double exponential_cdf(double x)
{
	return gsl_cdf_exponential_P(x, 1.0);
}

static void continuous_distributions(void)
{
	const double limit = 2.23; /* 2 exp(-2 d^2) = 1e-4 */
	CHECK(ks_distance(spk_rng_uniform, uniform_cdf, 2) < limit);
	CHECK(ks_distance(spk_rng_exponential, exponential_cdf, 3) < limit);
	CHECK(ks_distance(spk_rng_normal, gsl_cdf_ugaussian_P, 4) < limit);
}

static void uniforms_have_53_bits_inside_the_interval(void)
{
	struct spk_rng rng = stream(5);
	int n_odd = 0;
	for (int k = 0; k < 10000; k++) {
		double u = spk_rng_uniform(&rng);
		CHECK(u > 0.0 && u < 1.0 && u * 0x1p53 == floor(u * 0x1p53));
		n_odd += fmod(u * 0x1p53, 2.0) == 1.0;
	}
	CHECK_ABS(n_odd, 5000, 195, "3.9 standard deviations of a fair coin");
}

/** p-value of observed counts against probabilities. */
static double chi_square(int n_bins, const double *count, const double *probability, double n)
{
	double sum = 0.0;
	for (int k = 0; k < n_bins; k++) {
		double want = n * probability[k];
		sum += (count[k] - want) * (count[k] - want) / want;
	}
	return gsl_cdf_chisq_Q(sum, n_bins - 1);
}

/** A discrete distribution under test. */
struct law {
	double mean, n; /* Poisson: n = 0; binomial: mean = p */
};

static double law_cdf(const struct law *law, uint64_t k)
{
	return law->n > 0.0 ? gsl_cdf_binomial_P((unsigned)k, law->mean, (unsigned)law->n)
			    : gsl_cdf_poisson_P((unsigned)k, law->mean);
}

static uint64_t law_draw(const struct law *law, struct spk_rng *rng)
{
	return law->n > 0.0 ? spk_rng_binomial(rng, (uint64_t)law->n, law->mean)
			    : spk_rng_poisson(rng, law->mean);
}

/** Bins of about equal probability, each up to and including edge[k]; the last takes the rest. */
static int make_bins(const struct law *law, uint64_t *edge, double *probability)
{
	double mean = law->n > 0.0 ? law->n * law->mean : law->mean;
	double sd = sqrt(law->n > 0.0 ? mean * (1.0 - law->mean) : mean);
	double below = 0.0;
	int n_bins = 0;
	uint64_t first = (uint64_t)fmax(0.0, mean - 6.0 * sd);
	uint64_t last = (uint64_t)(mean + 6.0 * sd + 6.0);
	uint64_t step = (uint64_t)fmax(1.0, sd / 50.0);
	for (uint64_t k = first; k <= last && n_bins < N_BINS - 1; k += step) {
		double p = law_cdf(law, k);
		if (p - below >= 1.0 / N_BINS && 1.0 - p >= 1e-3) {
			edge[n_bins] = k;
			probability[n_bins++] = p - below;
			below = p;
		}
	}
	edge[n_bins] = UINT64_MAX;
	probability[n_bins++] = 1.0 - below;
	return n_bins;
}

static double law_p_value(const struct law *law, uint64_t id)
{
	uint64_t edge[N_BINS];
	double probability[N_BINS], count[N_BINS] = {0};
	int n_bins = make_bins(law, edge, probability);
	struct spk_rng rng = stream(id);
	/* a wrong rejection method shows most at small means, as about a percent of a bin */
	double mean = law->n > 0.0 ? law->n * law->mean : law->mean;
	int n_draws = mean < 50.0 ? 4 * N_DRAWS : N_DRAWS;
	for (int k = 0; k < n_draws; k++) {
		uint64_t x = law_draw(law, &rng);
		int bin = 0;
		while (x > edge[bin])
			bin++;
		count[bin] += 1.0;
	}
	CHECK(n_bins > 1);
	return chi_square(n_bins, count, probability, n_draws);
}

static void poisson_counts(void)
{
	static const double means[] = {0.1, 1.0, 9.999, 10.0, 11.7, 30.0, 250.0, 4e3, 1e6};
	for (size_t k = 0; k < sizeof means / sizeof means[0]; k++) {
		struct law law = {.mean = means[k]};
		if (!CHECK(law_p_value(&law, 100 + k) > 1e-4))
			printf("#   mean %g\n", means[k]);
	}
	struct spk_rng rng = stream(99);
	for (int k = 0; k < 100; k++)
		CHECK(spk_rng_poisson(&rng, 0.0) == 0);
}

static void binomial_counts(void)
{
	static const struct law laws[] = {{0.3, 10}, {0.5, 20}, {0.05, 100}, {0.1, 101}, {0.3, 50},
		{0.75, 60}, {0.5, 1000}, {0.999, 5000}, {1e-8, 1e9}, {0.37, 1e6}, {1e-4, 1e6}};
	for (size_t k = 0; k < sizeof laws / sizeof laws[0]; k++)
		if (!CHECK(law_p_value(&laws[k], 200 + k) > 1e-4))
			printf("#   n %g, p %g\n", laws[k].n, laws[k].mean);
	struct spk_rng rng = stream(98);
	for (int k = 0; k < 100; k++) {
		CHECK(spk_rng_binomial(&rng, 5, 0.0) == 0 && spk_rng_binomial(&rng, 5, 1.0) == 5);
		CHECK(spk_rng_binomial(&rng, 0, 0.5) == 0 && spk_rng_binomial(&rng, 30, 0.5) <= 30);
	}
}

/** Far beyond the tables: rounding in the acceptance test would distort the shape. */
static double huge_poisson(struct spk_rng *rng)
{
	return ((double)spk_rng_poisson(rng, 1e14) - 1e14) / 1e7;
}
static double huge_binomial(struct spk_rng *rng)
{
	return ((double)spk_rng_binomial(rng, 1000000000000000, 0.25) - 2.5e14) / sqrt(2.5e14 * 0.75);
}

static void huge_counts_become_normal(void)
{
	CHECK(ks_distance(huge_poisson, gsl_cdf_ugaussian_P, 97) < 2.23);
	CHECK(ks_distance(huge_binomial, gsl_cdf_ugaussian_P, 96) < 2.23);
}

static void integers_below_n_are_unbiased(void)
{
	struct spk_rng rng = stream(6);
	double six[6] = {0}, residue[3] = {0}, third[3] = {0};
	const double fair[6] = {1.0 / 6, 1.0 / 6, 1.0 / 6, 1.0 / 6, 1.0 / 6, 1.0 / 6};
	const double even[3] = {1.0 / 3, 1.0 / 3, 1.0 / 3};
	const uint64_t large =
		3 * (UINT64_C(1) << 62); /* a plain product favours a residue, a remainder a third */
	for (int k = 0; k < N_DRAWS; k++) {
		six[spk_rng_below(&rng, 6)] += 1.0;
		uint64_t x = spk_rng_below(&rng, large);
		CHECK(x < large);
		residue[x % 3] += 1.0;
		third[x >> 62] += 1.0;
	}
	CHECK(chi_square(6, six, fair, N_DRAWS) > 1e-4);
	CHECK(chi_square(3, residue, even, N_DRAWS) > 1e-4);
	CHECK(chi_square(3, third, even, N_DRAWS) > 1e-4);
	CHECK(spk_rng_below(&rng, 1) == 0);
}

static void shuffles_are_even(void)
{
	double count[24] = {0}, probability[24];
	struct spk_rng rng = stream(8);
	for (int k = 0; k < N_DRAWS; k++) {
		uint64_t item[4] = {0, 1, 2, 3};
		spk_rng_shuffle(&rng, 4, item);
		CHECK((1u << item[0] | 1u << item[1] | 1u << item[2] | 1u << item[3]) == 15u);
		uint64_t second = item[1] - (item[1] > item[0]);
		uint64_t third = item[2] - (item[2] > item[0]) - (item[2] > item[1]);
		count[item[0] * 6 + second * 2 + third] += 1.0;
	}
	for (int k = 0; k < 24; k++)
		probability[k] = 1.0 / 24;
	CHECK(chi_square(24, count, probability, N_DRAWS) > 1e-4);
	spk_rng_shuffle(&rng, 0, NULL);
}

/** A change of any of these changes every scenario's results: it needs a reason and a line in the changelog.
 */
static void results_stay_the_same(void)
{
	struct spk_rng rng = stream(9);
	CHECK(spk_rng_uniform(&rng) == 0x1.5787d0a5d51e8p-4);
	CHECK(spk_rng_exponential(&rng) == 0x1.2d78208c7b486p+1);
	CHECK(spk_rng_normal(&rng) == 0x1.7bc40814879fcp-1);
	CHECK(spk_rng_below(&rng, 1000000) == 831896);
	CHECK(spk_rng_poisson(&rng, 3.0) == 3);
	CHECK(spk_rng_poisson(&rng, 1e6) == 1000019);
	CHECK(spk_rng_binomial(&rng, 1000000, 0.3) == 300025);
}

TEST_MAIN(TEST(published_vectors), TEST(every_bit_leads_to_another_block), TEST(purposes_are_distinct),
	TEST(a_copy_repeats_the_future), TEST(continuous_distributions),
	TEST(uniforms_have_53_bits_inside_the_interval), TEST(poisson_counts), TEST(binomial_counts),
	TEST(huge_counts_become_normal), TEST(integers_below_n_are_unbiased), TEST(shuffles_are_even),
	TEST(results_stay_the_same))
