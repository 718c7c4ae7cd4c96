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

#endif
