/**
 * Many normal numbers in single precision from a random stream (Box and Muller 1958): two from each 64 bits.
 *
 * A function of the stream and the draw number alone. The radius has 31 bits: no value exceeds 6.7, and the
 * density is right to about 1e-3 at the very centre (|x| < 1e-3). About 3 ns a number.
 */
#ifndef SPK_MODELS_MATH_NORMAL_H
#define SPK_MODELS_MATH_NORMAL_H

#include <spikem/rng.h>

/** Blocks of the stream that n numbers use. */
uint64_t spk_normal_blocks(size_t n);

/** n numbers of mean 0 and variance 1 from block `draw` on; the stream is not changed. */
void spk_normal_fill(const struct spk_rng *rng, uint64_t draw, size_t n, float *ret);

#endif
