/* What the hot loops use in place of the scalar functions: same bits, or one unit in the last place. */
#include "tests/test.h"

#include "models/math/exp_inline.h"
#include "models/math/philox.h"
#include "models/math/times.h"

#include <math.h>

static void philox_batches_are_the_blocks_of_the_stream(void)
{
	const uint64_t starts[] = {0, 5, UINT32_MAX - 20, (UINT64_C(1) << 33) + 3};
	enum { N = 64 };

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		const struct spk_rng rng = spk_rng_stream(
			UINT64_C(0x123456789abcdef) + i, SPK_RNG_TEST, 7, UINT64_C(0xabcdef0123) + i);
		uint64_t bits[2 * N];
		spk_philox_fill(&rng, starts[i], N, bits);
		for (unsigned k = 0; k < N; k++) {
			uint32_t word[4];
			spk_rng_block(&rng, starts[i] + k, word);
			CHECK(bits[2 * k] == ((uint64_t)word[1] << 32 | word[0]));
			CHECK(bits[2 * k + 1] == ((uint64_t)word[3] << 32 | word[2]));
		}
	}
}

/* All bits of a block but the uppermost two, once each. */
static void thirds_are_the_bits_of_the_blocks(void)
{
	enum { N = 2 * SPK_PHILOX_BATCH };
	const struct spk_rng rng = spk_rng_stream(77, SPK_RNG_TEST, 1, 2);
	uint64_t thirds[3 * N], bits[2 * N];

	spk_philox_fill(&rng, 3, N, bits);
	spk_philox_fill_thirds(&rng, 3, N, thirds);
	for (unsigned k = 0; k < N; k++) {
		const unsigned batch = k / SPK_PHILOX_BATCH, lane = k % SPK_PHILOX_BATCH;
		uint64_t low = 0, high = 0;
		for (unsigned i = 0; i < 3; i++) {
			const uint64_t third = thirds[(3 * batch + i) * SPK_PHILOX_BATCH + lane];
			const unsigned at = 42 * i;
			CHECK((third & 0x3fffff) == 0);
			low |= at < 64 ? third >> 22 << at : 0;
			high |= at >= 64       ? third >> 22 << (at - 64)
				: at + 42 > 64 ? third >> 22 >> (64 - at)
					       : 0;
		}
		CHECK(low == bits[2 * k]);
		CHECK(high == (bits[2 * k + 1] & UINT64_MAX >> 2));
	}
}

static void exp_is_within_one_ulp(void)
{
	NEED_LONG_DOUBLE;
	struct spk_rng rng = spk_rng_stream(1, SPK_RNG_TEST, 0, 0);
	const double ranges[] = {1e-12, 0.3, 1, 40, SPK_EXP_INLINE_MAX};
	double worst = 0;

	for (int i = 0; i < 200000; i++) {
		const double x = (2 * spk_rng_uniform(&rng) - 1) * ranges[i % 5];
		const long double want = expl(x);
		const double ulp = nextafter((double)want, HUGE_VAL) - (double)want;
		worst = fmax(worst, fabs((double)((spk_exp_inline(x) - want) / ulp)));
	}
	CHECK(worst < 1.0);
	CHECK(spk_exp_inline(0) == 1);
	CHECK(spk_exp_inline(-0.0) == 1);
}

static void event_times_follow_their_bits(void)
{
	enum { N = 4096 };
	static uint64_t bits[N];
	static double when[N], factor[N];
	const struct spk_rng rng = spk_rng_stream(3, SPK_RNG_TEST, 0, 0);
	const double tau = 20, a = 17.25, b = a + tau * SPK_TIMES_MAX_TAUS;
	const struct spk_times times = {
		.a = a, .b = b, .tau = tau, .f_a = exp(a / tau), .when = when, .factor = factor};
	double previous = a;

	spk_philox_fill(&rng, 0, N / 2, bits);
	bits[0] = 0;
	bits[1] = UINT64_MAX;
	spk_convert_times(&times, N, bits);
	CHECK(when[0] == a);
	CHECK(when[1] < b && when[1] > b - ldexp(b - a, -35));
	for (int k = 0; k < N; k++) {
		const long double share = ldexpl((long double)(bits[k] >> 28), -36);
		CHECK_ABS(when[k], (double)(a + (b - a) * share), 8e-15, "two roundings at 20");
		CHECK_REL(factor[k], (double)expl((a + (b - a) * share) / tau), 1e-15, "f(a) and the series");
		CHECK(when[k] >= a && when[k] < b);
	}
	for (unsigned k = 1; k < 64; k++) {
		uint64_t step = (uint64_t)k << 58;
		spk_convert_times(&times, 1, &step);
		CHECK(when[0] > previous);
		previous = when[0];
	}
}

/* Every residue has the same share; rejection happens (n just above 2^31) and ends. */
static void buffered_draws_are_uniform(void)
{
	struct spk_draws draws = spk_draws_of(spk_rng_stream(9, SPK_RNG_TEST, 0, 0));
	const struct spk_rng plain = spk_rng_stream(9, SPK_RNG_TEST, 0, 0);
	double count[7] = {0}, chi2 = 0, mean = 0;
	enum { DRAWS = 70000 };
	uint64_t bits[2 * SPK_PHILOX_BATCH];

	spk_philox_fill(&plain, 0, SPK_PHILOX_BATCH, bits);
	for (unsigned k = 0; k < 2 * SPK_PHILOX_BATCH; k++)
		CHECK(spk_draws_bits(&draws) == bits[k]);
	for (int k = 0; k < DRAWS; k++)
		count[spk_draws_below(&draws, 7)]++;
	for (int k = 0; k < 7; k++)
		chi2 += pow(count[k] - DRAWS / 7, 2) / (DRAWS / 7);
	CHECK(chi2 < 22.5); /* p = 0.001 with 6 degrees of freedom */
	for (int k = 0; k < DRAWS; k++) {
		const uint32_t n = (UINT32_C(1) << 31) + 5;
		const uint32_t draw = spk_draws_below(&draws, n);
		CHECK(draw < n);
		mean += (double)draw / n / DRAWS;
	}
	CHECK_ABS(mean, 0.5, 4.0 / sqrt(12.0 * DRAWS), "four standard errors");
}

TEST_MAIN(TEST(philox_batches_are_the_blocks_of_the_stream), TEST(thirds_are_the_bits_of_the_blocks),
	TEST(exp_is_within_one_ulp), TEST(event_times_follow_their_bits), TEST(buffered_draws_are_uniform))
