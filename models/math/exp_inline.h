/**
 * An exponential for hot loops: inlined, branch-free, the same bits on every processor and vector width.
 *
 * x = n ln 2 + r, |r| <= ln 2 / 2; exp(r) by its series to r^13 / 13!, 2^n by its exponent field. Within 1
 * ulp of the true value for |x| <= 700 (tests/unit/exp_inline.c). Outside that range the result is wrong:
 * callers know their range, or use spk_exp of det.h.
 */
#ifndef SPK_MODELS_MATH_EXP_INLINE_H
#define SPK_MODELS_MATH_EXP_INLINE_H

#include <stdint.h>
#include <string.h>

/** Largest magnitude of the argument. */
#define SPK_EXP_INLINE_MAX 700.0

static inline __attribute__((always_inline)) double spk_exp_inline(double x)
{
	const double log2_e = 0x1.71547652b82fep+0, ln2_high = 0x1.62e42fefa0000p-1,
		     ln2_low = 0x1.cf79abc9e3b39p-40;
	const double round = 0x1.8p52; /* adding it leaves an integer in the low bits */
	const double shifted = x * log2_e + round, n = shifted - round;
	const double r = (x - n * ln2_high) - n * ln2_low, r2 = r * r, r4 = r2 * r2;
	const double p01 = 1.0 / 2 + r * (1.0 / 6), p23 = 1.0 / 24 + r * (1.0 / 120);
	const double p45 = 1.0 / 720 + r * (1.0 / 5040), p67 = 1.0 / 40320 + r * (1.0 / 362880);
	const double p89 = 1.0 / 3628800 + r * (1.0 / 39916800),
		     p1011 = 1.0 / 479001600 + r * (1.0 / 6227020800);
	const double low = p01 + r2 * p23, middle = p45 + r2 * p67, high = p89 + r2 * p1011;
	const double value = 1.0 + (r + r2 * (low + r4 * (middle + r4 * high)));
	uint64_t bits, exponent;
	double result;

	memcpy(&exponent, &shifted, sizeof exponent);
	memcpy(&bits, &value, sizeof bits);
	bits += exponent << 52;
	memcpy(&result, &bits, sizeof result);
	return result;
}

#endif
