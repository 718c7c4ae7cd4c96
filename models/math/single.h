/**
 * Functions in single precision for loops over many numbers: inlined, free of branches, the same bits on
 * every processor and vector width. Series, each cut where its rest is below 2e-8 of the value; within 3
 * units of the last place (tests/unit/single.c). NAN gives NAN.
 */
#ifndef SPK_MODELS_MATH_SINGLE_H
#define SPK_MODELS_MATH_SINGLE_H

#include <stdint.h>
#include <string.h>

#define SPK_SINGLE static inline __attribute__((always_inline))

SPK_SINGLE float spk_single_of_bits(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

SPK_SINGLE uint32_t spk_single_bits(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof bits);
	return bits;
}

/** x = n ln 2 + r, |r| <= ln 2 / 2; returns e^r - 1. For |x| below 1e4. */
SPK_SINGLE float spk_single_reduce(float x, int32_t *ret_n)
{
	const float round = 0x1.8p23f; /* adding it leaves an integer in the low bits */
	const float shifted = x * 0x1.715476p+0f + round, n = shifted - round;
	const float r = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f;
	float p = 1.0f / 5040;

	p = p * r + 1.0f / 720;
	p = p * r + 1.0f / 120;
	p = p * r + 1.0f / 24;
	p = p * r + 1.0f / 6;
	p = p * r + 0.5f;
	*ret_n = (int32_t)(spk_single_bits(shifted) - spk_single_bits(round));
	return r + r * r * p;
}

/** 2^n, -126 <= n <= 127. */
SPK_SINGLE float spk_single_power(int32_t n)
{
	return spk_single_of_bits((uint32_t)(n + 127) << 23);
}

/** e^x for x <= 0, subnormal results included; below -104: 0. */
SPK_SINGLE float spk_single_exp(float x)
{
	int32_t n;
	const float e = 1.0f + spk_single_reduce(x < -105.0f ? -105.0f : x, &n);
	const int32_t half = n / 2; /* 2^n may be subnormal */

	return e * spk_single_power(half) * spk_single_power(n - half);
}

/** e^x - 1 for x <= 0, accurate near 0. */
SPK_SINGLE float spk_single_expm1(float x)
{
	int32_t n;
	const float e = spk_single_reduce(x < -30.0f ? -30.0f : x, &n), power = spk_single_power(n);

	return (power - 1.0f) + power * e;
}

/** log(1 + x) for 0 <= x <= 1: 2 artanh(x / (2 + x)). */
SPK_SINGLE float spk_single_log1p(float x)
{
	const float s = x / (2.0f + x), z = s * s;
	float p = 1.0f / 13;

	p = p * z + 1.0f / 11;
	p = p * z + 1.0f / 9;
	p = p * z + 1.0f / 7;
	p = p * z + 1.0f / 5;
	p = p * z + 1.0f / 3;
	return 2.0f * s + 2.0f * s * z * p;
}

/** Natural logarithm of a normal number, x > 0. */
SPK_SINGLE float spk_single_log(float x)
{
	/* m in [sqrt(1/2), sqrt(2)): the exponent field is cut at the mantissa of sqrt(1/2) */
	const uint32_t shifted = spk_single_bits(x) - UINT32_C(0x3f3504f3);
	const int32_t n = (int32_t)shifted >> 23;
	const float m = spk_single_of_bits((shifted & UINT32_C(0x7fffff)) + UINT32_C(0x3f3504f3));
	const float s = (m - 1.0f) / (m + 1.0f), z = s * s;
	float p = 1.0f / 9;

	p = p * z + 1.0f / 7;
	p = p * z + 1.0f / 5;
	p = p * z + 1.0f / 3;
	return (float)n * 0x1.62e4p-1f + (2.0f * s + (2.0f * s * z * p + (float)n * 0x1.7f7d1cp-20f));
}

/** Sine and cosine of pi/2 t, -1/2 <= t <= 1/2. */
SPK_SINGLE void spk_single_sincos(float t, float *ret_sin, float *ret_cos)
{
	const float x = t * 0x1.921fb6p+0f, z = x * x;
	float s = 1.0f / 362880, c = 1.0f / 40320;

	s = s * z - 1.0f / 5040;
	s = s * z + 1.0f / 120;
	s = s * z - 1.0f / 6;
	c = c * z - 1.0f / 720;
	c = c * z + 1.0f / 24;
	c = c * z - 0.5f;
	*ret_sin = x + x * z * s;
	*ret_cos = 1.0f + z * c;
}

#endif
