#include "models/math/normal.h"

#include <math.h>
#include <string.h>

#include "models/math/levels.h"
#include "models/math/philox.h"
#include "models/math/single.h"

enum { WORDS = 2 * SPK_PHILOX_BATCH, NUMBERS = 2 * WORDS };

uint64_t spk_normal_blocks(size_t n)
{
	return (uint64_t)((n + NUMBERS - 1) / NUMBERS) * SPK_PHILOX_BATCH;
}

/*
 * Low half of a word: the radius. High half: the angle, two bits for the quadrant, the others for the place
 * in it. The cosines fill the first half of ret, the sines the second.
 */
SPK_FOR_EACH_LEVEL static void make_normals(const uint64_t bits[WORDS], float ret[NUMBERS])
{
	for (unsigned k = 0; k < WORDS; k++) {
		const uint32_t low = (uint32_t)bits[k], high = (uint32_t)(bits[k] >> 32);
		const float u = ((float)(int32_t)(low >> 1) + 0.5f) * 0x1p-31f;
		const float log_u = spk_single_log(u), radius = sqrtf(log_u < 0.0f ? -2.0f * log_u : 0.0f);
		const float t = (float)((int32_t)(high & UINT32_C(0x3fffffff)) - 0x20000000) * 0x1p-30f;
		const uint32_t odd = 0 - (high >> 30 & 1), sign = high & UINT32_C(0x80000000);
		float s, c;
		spk_single_sincos(t, &s, &c);
		/* quadrants 0 .. 3: (c, s), (-s, c), (-c, -s), (s, -c) */
		const uint32_t s_bits = spk_single_bits(s), c_bits = spk_single_bits(c);
		const uint32_t x = (odd & (s_bits ^ UINT32_C(0x80000000))) | (~odd & c_bits);
		const uint32_t y = (odd & c_bits) | (~odd & s_bits);
		ret[k] = radius * spk_single_of_bits(x ^ sign);
		ret[WORDS + k] = radius * spk_single_of_bits(y ^ sign);
	}
}

void spk_normal_fill(const struct spk_rng *rng, uint64_t draw, size_t n, float *ret)
{
	uint64_t bits[WORDS];
	float rest[NUMBERS];

	for (size_t first = 0; first < n; first += NUMBERS, draw += SPK_PHILOX_BATCH) {
		spk_philox_fill(rng, draw, SPK_PHILOX_BATCH, bits);
		if (n - first >= NUMBERS) {
			make_normals(bits, ret + first);
			continue;
		}
		make_normals(bits, rest);
		memcpy(ret + first, rest, (n - first) * sizeof *ret);
	}
}
