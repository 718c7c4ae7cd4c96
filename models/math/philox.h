/**
 * Many blocks of a random stream at once: the bits of spk_rng_block, several per instruction.
 */
#ifndef SPK_MODELS_MATH_PHILOX_H
#define SPK_MODELS_MATH_PHILOX_H

#include <spikem/rng.h>

/** Blocks are made in batches of this many. */
#define SPK_PHILOX_BATCH 8

/**
 * The blocks draw .. draw + n - 1 of a stream as 64-bit numbers: ret_bits[2k] holds words 0 and 1 of block k,
 * ret_bits[2k + 1] words 2 and 3, the lower word first. The stream itself is not changed.
 *
 * @param n         number of blocks, a multiple of SPK_PHILOX_BATCH
 * @param ret_bits  [2 * n]
 */
void spk_philox_fill(const struct spk_rng *rng, uint64_t draw, size_t n, uint64_t *ret_bits);

/**
 * The same blocks as numbers of 42 random bits each, in bits 22 .. 63, the others 0: three a block, for
 * events that are satisfied with that. A batch of blocks gives SPK_PHILOX_BATCH numbers of the lowest bits of
 * its blocks, then as many of the middle ones, then of the upper ones; two bits of a block are left over.
 *
 * @param ret_bits  [3 * n]
 */
void spk_philox_fill_thirds(const struct spk_rng *rng, uint64_t draw, size_t n, uint64_t *ret_bits);

/** Uniform in (0, 1) from the upper 53 bits, as spk_rng_uniform. */
static inline double spk_uniform_of(uint64_t bits)
{
	const uint64_t k = bits >> 11;

	return (k ? (double)k : 0.5) * 0x1p-53;
}

/** A stream read through a buffer, for code that draws many numbers in a row. Plain data. */
struct spk_draws {
	struct spk_rng rng;
	unsigned next; /**< first unused number of the buffer */
	uint64_t bits[2 * SPK_PHILOX_BATCH];
};

/** Start reading a stream. */
static inline struct spk_draws spk_draws_of(struct spk_rng rng)
{
	return (struct spk_draws){.rng = rng, .next = 2 * SPK_PHILOX_BATCH};
}

static inline uint64_t spk_draws_bits(struct spk_draws *draws)
{
	if (draws->next == 2 * SPK_PHILOX_BATCH) {
		spk_philox_fill(&draws->rng, draws->rng.draw, SPK_PHILOX_BATCH, draws->bits);
		draws->rng.draw += SPK_PHILOX_BATCH;
		draws->next = 0;
	}
	return draws->bits[draws->next++];
}

/** Uniform in (0, 1), 53 bits. */
static inline double spk_draws_uniform(struct spk_draws *draws)
{
	return spk_uniform_of(spk_draws_bits(draws));
}

/** Uniform in [0, n), unbiased; 0 < n < 2^32. Source: Lemire 2019. */
static inline uint32_t spk_draws_below(struct spk_draws *draws, uint32_t n)
{
	for (;;) {
		const uint64_t bits = spk_draws_bits(draws), low = (bits & UINT32_MAX) * n;
		const uint64_t high =
			(bits >> 32) * n + (low >> 32); /* bits * n = high * 2^32 + low mod 2^32 */
		const uint64_t rest = high << 32 | (low & UINT32_MAX);
		if (rest >= n || rest >= (0 - (uint64_t)n) % n)
			return (uint32_t)(high >> 32);
	}
}

#endif
