/* Functions in single precision against long double; normals made from them against their distribution. */
#include "models/math/single.h"

#include <math.h>

#include "models/math/normal.h"
#include "tests/test.h"

/* In units of the last place of a float near the value. */
static double error_in_ulp(float got, long double want)
{
	return (double)(fabsl((long double)got - want) / ldexpl(1, ilogbl(want) - 23));
}

static void functions_are_within_three_ulp(void)
{
	NEED_LONG_DOUBLE;
	double worst[4] = {0};
	for (double t = 1e-7; t < 1; t += 1.37e-5) {
		const float x = (float)t, negative = (float)(-86 * t),
			    positive = (float)(1e-9 + 20 * t * t * t);
		float s, c;
		worst[0] =
			fmax(worst[0], error_in_ulp(spk_single_exp(negative), expl((long double)negative)));
		worst[1] = fmax(
			worst[1], error_in_ulp(spk_single_expm1(negative), expm1l((long double)negative)));
		worst[2] = fmax(worst[2], error_in_ulp(spk_single_log1p(x), log1pl((long double)x)));
		worst[3] =
			fmax(worst[3], error_in_ulp(spk_single_log(positive), logl((long double)positive)));
		spk_single_sincos(x - 0.5f, &s, &c);
		const long double angle = 1.57079632679489661923L * (long double)(x - 0.5f);
		CHECK_ABS((double)s, (double)sinl(angle), 1.2e-7, "an ulp at 1");
		CHECK_ABS((double)c, (double)cosl(angle), 1.2e-7, "an ulp at 1");
	}
	for (unsigned k = 0; k < 4; k++)
		CHECK_ABS(worst[k], 0, 3, "what the header promises");
}

static void special_values(void)
{
	CHECK((double)spk_single_exp(0) == 1 && (double)spk_single_exp(-INFINITY) == 0);
	CHECK_ABS((double)spk_single_exp(-100), exp(-100), 1.5e-45, "a subnormal: steps of 1.4e-45");
	CHECK((double)spk_single_expm1(0) == 0 && (double)spk_single_expm1(-INFINITY) == -1);
	CHECK((double)spk_single_log1p(0) == 0 && (double)spk_single_log(1) == 0);
	CHECK(isnan(spk_single_exp(NAN)) && isnan(spk_single_expm1(NAN)) && isnan(spk_single_log1p(NAN)));
}

/* ---- Normals ------------------------------------------------------------------------------------ */

enum { MANY = 1 << 20 };

/* Share below x; a million draws have a standard error of at most 5e-4. */
static void normals_have_their_distribution(void)
{
	const struct spk_rng rng = spk_rng_stream(11, SPK_RNG_TEST, 3, 4);
	float *z = malloc(MANY * sizeof *z);
	double moment[5] = {0}, product = 0;
	const double x[] = {-3, -2, -1, -0.5, 0, 0.5, 1, 2, 3};
	size_t below[9] = {0}, tail = 0;

	spk_normal_fill(&rng, 0, MANY, z);
	for (size_t k = 0; k < MANY; k++) {
		double power = 1;
		for (unsigned m = 0; m < 5; m++, power *= (double)z[k])
			moment[m] += power / MANY;
		for (unsigned b = 0; b < 9; b++)
			below[b] += (double)z[k] < x[b];
		tail += fabs((double)z[k]) > 4;
		product += k >= 16 ? (double)z[k] * (double)z[k - 16] / MANY : 0;
	}
	for (unsigned b = 0; b < 9; b++)
		CHECK_ABS((double)below[b] / MANY, 0.5 * erfc(-x[b] / sqrt(2)), 0.0025, "5 standard errors");
	CHECK_ABS(moment[1], 0, 5.0 / 1024, "5 / sqrt(n)");
	CHECK_ABS(moment[2], 1, 5 * sqrt(2) / 1024, "variance of z^2 is 2");
	CHECK_ABS(moment[3], 0, 5 * sqrt(15) / 1024, "variance of z^3 is 15");
	CHECK_ABS(moment[4], 3, 5 * sqrt(96) / 1024, "variance of z^4 is 96");
	CHECK_ABS(product, 0, 5.0 / 1024, "sine and cosine of one radius are independent");
	CHECK_ABS((double)tail, 66.4, 5 * sqrt(66.4), "n erfc(4 / sqrt 2), Poisson");
	free(z);
}

/* A piece of a stream is the same alone and within a longer one. */
static void normals_can_be_read_in_pieces(void)
{
	const struct spk_rng rng = spk_rng_stream(11, SPK_RNG_TEST, 3, 4);
	float all[160], piece[64];

	spk_normal_fill(&rng, 0, 160, all);
	spk_normal_fill(&rng, spk_normal_blocks(96), 51, piece);
	CHECK(memcmp(all + 96, piece, 51 * sizeof *piece) == 0);
	CHECK(memcmp(all, piece, 51 * sizeof *piece) != 0);
	CHECK(spk_normal_blocks(0) == 0 && spk_normal_blocks(1) == spk_normal_blocks(32));
	CHECK(spk_normal_blocks(33) == 2 * spk_normal_blocks(32));
}

TEST_MAIN(TEST(functions_are_within_three_ulp), TEST(special_values), TEST(normals_have_their_distribution),
	TEST(normals_can_be_read_in_pieces))
