/**
 * Random numbers: counter-based (Philox 4x32-10 of Random123), never a running generator.
 *
 * A draw is a pure function of (seed, purpose, id, draw number), so it does not depend on threads,
 * ranks, or on what else was drawn. Uniforms have 53 bits and lie inside (0, 1).
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
 */
#ifndef SPIKEM_RNG_H
#define SPIKEM_RNG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** X(name): what a stream is for. The order is part of every result: append only. */
#define SPK_RNG_PURPOSE_LIST(X)                                                \
	X(SPK_RNG_CONNECT)                                                     \
	X(SPK_RNG_WEIGHT)                                                      \
	X(SPK_RNG_DELAY)                                                       \
	X(SPK_RNG_PARAM)                                                       \
	X(SPK_RNG_INITIAL)                                                     \
	X(SPK_RNG_SOURCE)                                                      \
	X(SPK_RNG_INPUT)                                                       \
	X(SPK_RNG_ESCAPE)                                                      \
	X(SPK_RNG_ORDER)                                                       \
	X(SPK_RNG_BOOTSTRAP)                                                   \
	X(SPK_RNG_TEST)

enum spk_rng_purpose {
#define SPK_RNG_ENUM(name) name,
	SPK_RNG_PURPOSE_LIST(SPK_RNG_ENUM)
#undef SPK_RNG_ENUM
	SPK_RNG_N_PURPOSES
};

/** A stream: its key and the number of the next draw. Plain data; copying it copies the future. */
struct spk_rng {
	uint64_t seed;
	uint64_t id;      /**< global id of what draws: neuron, synapse, connection task, ... */
	uint64_t draw;    /**< number of 128-bit blocks used so far */
	uint32_t purpose; /**< enum spk_rng_purpose, plus a sub-number in the upper 16 bits */
	uint32_t sub;     /**< sub-stream, e.g. number of the projection or input */
};

/** Start the stream (seed, purpose, sub, id) at draw 0. */
struct spk_rng spk_rng_stream(uint64_t seed, enum spk_rng_purpose purpose, uint32_t sub, uint64_t id);

/** The 128 bits of block `draw` of a stream, without changing it. */
void spk_rng_block(const struct spk_rng *rng, uint64_t draw, uint32_t ret_words[4]);

double spk_rng_uniform(struct spk_rng *rng);                     /**< in (0, 1), 53 bits */
double spk_rng_exponential(struct spk_rng *rng);                 /**< mean 1 */
double spk_rng_normal(struct spk_rng *rng);                      /**< mean 0, sd 1 (Box-Muller, one per draw) */
uint64_t spk_rng_below(struct spk_rng *rng, uint64_t n);         /**< uniform in [0, n), unbiased; n > 0 */
uint64_t spk_rng_poisson(struct spk_rng *rng, double mean);      /**< mean >= 0 */
uint64_t spk_rng_binomial(struct spk_rng *rng, uint64_t n, double p);
void spk_rng_shuffle(struct spk_rng *rng, size_t n, uint64_t *items); /**< Fisher-Yates, in place */

#ifdef __cplusplus
}
#endif
#endif
