/**
 * Random numbers: implementation of include/spikem/rng.h.
 *
 * Every stream has its own blocks. Philox4x32-10 is, for each 64-bit key, a bijection of its 128-bit
 * counter. The key is the seed. The counter holds the other four numbers of a stream side by side,
 *
 *   word 0  draw, bits 0-31
 *   word 1  draw, bits 32-39 | purpose (8 bits) << 8 | id, bits 32-47, << 16
 *   word 2  id, bits 0-31
 *   word 3  sub (32 bits)
 *
 * so (purpose, sub, id, draw) can be read back from it: the mapping is injective as long as id < 2^48,
 * draw < 2^40 and purpose < 256, and two streams that differ in anything never use the same block of one
 * key. 2^40 blocks are 1.7 biological years of a 20 kHz Poisson process.
 *
 * Sources: Salmon et al. 2011 (Philox); Marsaglia and Bray 1964 (polar normals); Lemire 2019 (integers
 * below n); Hoermann 1993, 1993a (Poisson PTRS, binomial BTRS); Loader 2000 (accurate probabilities).
 */
#include <Random123/philox.h>
#include <assert.h>
#include <math.h>
#include <spikem/rng.h>

#include "models/math/det.h"

#define LN_SQRT_2PI 0.91893853320467274178
#define INVERSION_BELOW 10.0 /**< mean under which inversion is used; PTRS and BTRS need at least 10 */

__extension__ typedef unsigned __int128 u128;

struct spk_rng spk_rng_stream(uint64_t seed, enum spk_rng_purpose purpose, uint32_t sub, uint64_t id)
{
	assert(id <= SPK_RNG_MAX_ID && (uint32_t)purpose <= SPK_RNG_MAX_PURPOSE);
	return (struct spk_rng){.seed = seed, .id = id, .draw = 0, .purpose = (uint32_t)purpose, .sub = sub};
}

void spk_rng_block(const struct spk_rng *rng, uint64_t draw, uint32_t ret_words[4])
{
	philox4x32_key_t key = {{(uint32_t)rng->seed, (uint32_t)(rng->seed >> 32)}};
	philox4x32_ctr_t counter = {{(uint32_t)draw,
		(uint32_t)(draw >> 32 & 0xff) | rng->purpose << 8 | (uint32_t)(rng->id >> 32) << 16,
		(uint32_t)rng->id, rng->sub}};
	philox4x32_ctr_t block = philox4x32_R(10, counter, key);
	for (int k = 0; k < 4; k++)
		ret_words[k] = block.v[k];
}

/** The next block as two 64-bit numbers. */
static void draw_pair(struct spk_rng *rng, uint64_t ret_bits[2])
{
	uint32_t word[4];
	spk_rng_block(rng, rng->draw++, word);
	ret_bits[0] = (uint64_t)word[1] << 32 | word[0];
	ret_bits[1] = (uint64_t)word[3] << 32 | word[2];
}

/** 53 bits as a number inside (0, 1). Adding half a step instead would round to 1 at the upper end. */
static double to_unit(uint64_t bits)
{
	uint64_t k = bits >> 11;
	return (k ? (double)k : 0.5) * 0x1p-53;
}

double spk_rng_uniform(struct spk_rng *rng)
{
	uint64_t bits[2];
	draw_pair(rng, bits);
	return to_unit(bits[0]);
}

double spk_rng_exponential(struct spk_rng *rng)
{
	return -spk_log(spk_rng_uniform(rng));
}

double spk_rng_normal(struct spk_rng *rng)
{
	for (;;) {
		uint64_t bits[2];
		draw_pair(rng, bits);
		double x = 2.0 * to_unit(bits[0]) - 1.0;
		double y = 2.0 * to_unit(bits[1]) - 1.0;
		double s = x * x + y * y;
		if (s > 0.0 && s < 1.0)
			return x * sqrt(-2.0 * spk_log(s) / s);
	}
}

uint64_t spk_rng_below(struct spk_rng *rng, uint64_t n)
{
	assert(n > 0);
	uint64_t n_biased =
		(0 - n) % n; /* 2^64 mod n: so many products would make some results too frequent */
	for (;;) {
		uint64_t bits[2];
		draw_pair(rng, bits);
		u128 product = (u128)bits[0] * n;
		if ((uint64_t)product >= n_biased)
			return (uint64_t)(product >> 64);
	}
}

void spk_rng_shuffle(struct spk_rng *rng, size_t n, uint64_t *items)
{
	for (size_t k = n; k > 1; k--) {
		size_t other = (size_t)spk_rng_below(rng, k);
		uint64_t item = items[k - 1];
		items[k - 1] = items[other];
		items[other] = item;
	}
}

/** log(k!) - log(sqrt(2 pi k) (k/e)^k), the error of Stirling's formula; k >= 1. */
static double stirling_error(double k)
{
	if (k < 16.0) {
		double factorial = 1.0; /* exact in a double up to 22! */
		for (double j = 2.0; j <= k; j += 1.0)
			factorial *= j;
		return spk_log(factorial) - (k + 0.5) * spk_log(k) + k - LN_SQRT_2PI;
	}
	double inv = 1.0 / (k * k);
	return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - inv / 1188) * inv) * inv) * inv) / k;
}

/** k log(k/mean) + mean - k without cancellation; k, mean > 0. */
static double deviance(double k, double mean)
{
	double v = (k - mean) / (k + mean);
	if (fabs(v) >= 0.1)
		return k * spk_log(k / mean) + mean - k;
	/* log(k/mean) = 2 atanh(v), and the terms of first order cancel */
	double power = v, sum = 0.0;
	for (double j = 3.0; j < 18.0; j += 2.0) {
		power *= v * v;
		sum += power / j;
	}
	return (k - mean) * v + 2.0 * k * sum;
}

/** Logarithm of the Poisson probability of k. */
static double log_poisson(double k, double mean)
{
	if (k < 1.0)
		return -mean;
	return -stirling_error(k) - deviance(k, mean) - LN_SQRT_2PI - 0.5 * spk_log(k);
}

/** Logarithm of the binomial probability of k. */
static double log_binomial(double k, double n, double p)
{
	if (k < 1.0)
		return n * spk_log1p(-p);
	if (k >= n)
		return n * spk_log(p);
	return stirling_error(n) - stirling_error(k) - stirling_error(n - k) - deviance(k, n * p) -
	       deviance(n - k, n * (1.0 - p)) - LN_SQRT_2PI -
	       0.5 * (spk_log(k) + spk_log(n - k) - spk_log(n));
}

/** Proposal of the transformed rejection with squeeze, common to PTRS and BTRS. */
struct proposal {
	double a, b, centre, squeeze, scale;
};

/** One proposal. @return 1: accepted by the squeeze; 0: accept if *ret_log_bound <= log probability; -1: no
 */
static int propose(struct spk_rng *rng, const struct proposal *pr, double *ret_k, double *ret_log_bound)
{
	uint64_t bits[2];
	draw_pair(rng, bits);
	double u = to_unit(bits[0]) - 0.5, v = to_unit(bits[1]);
	double us = 0.5 - fabs(u);
	if (us <= 0.0)
		return -1;
	*ret_k = floor((2.0 * pr->a / us + pr->b) * u + pr->centre);
	if (us >= 0.07 && v <= pr->squeeze)
		return 1;
	*ret_log_bound = spk_log(v * pr->scale / (pr->a / (us * us) + pr->b));
	return 0;
}

uint64_t spk_rng_poisson(struct spk_rng *rng, double mean)
{
	assert(mean >= 0.0 && mean <= 1e15);
	if (mean < INVERSION_BELOW) {
		double u = spk_rng_uniform(rng), term = spk_exp(-mean), below = term;
		uint64_t k = 0;
		while (u > below && term > 0.0) {
			k++;
			term *= mean / (double)k;
			below += term;
		}
		return k;
	}
	double b = 0.931 + 2.53 * sqrt(mean);
	struct proposal pr = {.a = -0.059 + 0.02483 * b,
		.b = b,
		.centre = mean + 0.43,
		.squeeze = 0.9277 - 3.6224 / (b - 2.0),
		.scale = 1.1239 + 1.1328 / (b - 3.4)};
	for (;;) {
		double k, log_bound;
		int verdict = propose(rng, &pr, &k, &log_bound);
		if (verdict > 0 || (verdict == 0 && k >= 0.0 && log_bound <= log_poisson(k, mean)))
			return (uint64_t)k;
	}
}

/** Binomial with p <= 1/2. */
static uint64_t draw_binomial(struct spk_rng *rng, double n, double p)
{
	double odds = p / (1.0 - p);
	if (n * p < INVERSION_BELOW) {
		double u = spk_rng_uniform(rng), term = spk_exp(n * spk_log1p(-p)), below = term, k = 0.0;
		while (u > below && k < n && term > 0.0) {
			k += 1.0;
			term *= odds * (n - k + 1.0) / k;
			below += term;
		}
		return (uint64_t)k;
	}
	double sd = sqrt(n * p * (1.0 - p));
	double b = 1.15 + 2.53 * sd;
	struct proposal pr = {.a = -0.0873 + 0.0248 * b + 0.01 * p,
		.b = b,
		.centre = n * p + 0.5,
		.squeeze = 0.92 - 4.2 / b,
		.scale = (2.83 + 5.1 / b) * sd};
	double log_mode = log_binomial(floor((n + 1.0) * p), n, p);
	for (;;) {
		double k, log_bound;
		int verdict = propose(rng, &pr, &k, &log_bound);
		if (verdict > 0 ||
			(verdict == 0 && k >= 0.0 && k <= n && log_bound <= log_binomial(k, n, p) - log_mode))
			return (uint64_t)k;
	}
}

uint64_t spk_rng_binomial(struct spk_rng *rng, uint64_t n, double p)
{
	assert(p >= 0.0 && p <= 1.0 && n <= UINT64_C(1000000000000000));
	if (n == 0 || p == 0.0)
		return 0;
	return p <= 0.5 ? draw_binomial(rng, (double)n, p) : n - draw_binomial(rng, (double)n, 1.0 - p);
}
