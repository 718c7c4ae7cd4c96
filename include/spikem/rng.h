/**
 * Random numbers: counter-based (Philox 4x32-10 of Random123), never a running generator.
 *
 * A draw is a pure function of (seed, purpose, sub, id, draw number), so it does not depend on threads,
 * ranks, or on what else was drawn. Uniforms have 53 bits and lie inside (0, 1). Each call uses whole
 * 128-bit blocks. Exponentials and logarithms are those of models/math/det.h, so results do not depend on
 * the processor.
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
#define SPK_RNG_PURPOSE_LIST(X)                                                                              \
	X(SPK_RNG_CONNECT)                                                                                   \
	X(SPK_RNG_WEIGHT)                                                                                    \
	X(SPK_RNG_DELAY)                                                                                     \
	X(SPK_RNG_PARAM)                                                                                     \
	X(SPK_RNG_INITIAL)                                                                                   \
	X(SPK_RNG_SOURCE)                                                                                    \
	X(SPK_RNG_INPUT)                                                                                     \
	X(SPK_RNG_ESCAPE)                                                                                    \
	X(SPK_RNG_ORDER)                                                                                     \
	X(SPK_RNG_TEST)                                                                                      \
	X(SPK_RNG_DATA)                                                                                      \
	X(SPK_RNG_STACK_WEIGHT)                                                                              \
	X(SPK_RNG_STACK_NOISE)                                                                               \
	X(SPK_RNG_STACK_TOP)                                                                                 \
	X(SPK_RNG_STACK_CHAIN)                                                                               \
	X(SPK_RNG_CHOICE)                                                                                    \
	X(SPK_RNG_ACTION)                                                                                    \
	X(SPK_RNG_LANE)                                                                                      \
	X(SPK_RNG_NOISE)                                                                                     \
	X(SPK_RNG_DURATION)

enum spk_rng_purpose {
#define SPK_RNG_ENUM(name) name,
	SPK_RNG_PURPOSE_LIST(SPK_RNG_ENUM)
#undef SPK_RNG_ENUM
		SPK_RNG_N_PURPOSES
};

/** Largest values inside which no two streams share a block. */
#define SPK_RNG_MAX_ID ((UINT64_C(1) << 48) - 1)
#define SPK_RNG_MAX_DRAW ((UINT64_C(1) << 40) - 1)
#define SPK_RNG_MAX_PURPOSE 255u

/** A stream: its key and the number of the next draw. Plain data; copying it copies the future. */
struct spk_rng {
	uint64_t seed;
	uint64_t id;      /**< global id of what draws: neuron, synapse, ...; at most SPK_RNG_MAX_ID */
	uint64_t draw;    /**< number of 128-bit blocks used so far; at most SPK_RNG_MAX_DRAW */
	uint32_t purpose; /**< enum spk_rng_purpose */
	uint32_t sub;     /**< sub-stream, e.g. number of the projection or input */
};

/** Start the stream (seed, purpose, sub, id) at draw 0. */
struct spk_rng spk_rng_stream(uint64_t seed, enum spk_rng_purpose purpose, uint32_t sub, uint64_t id);

/** The 128 bits of block `draw` of a stream, without changing it. */
void spk_rng_block(const struct spk_rng *rng, uint64_t draw, uint32_t ret_words[4]);

/** Uniform in (0, 1): a multiple of 2^-53, the value 0 replaced by 2^-54. One block. */
double spk_rng_uniform(struct spk_rng *rng);
/** Exponential with mean 1. One block. */
double spk_rng_exponential(struct spk_rng *rng);
/** Normal with mean 0 and sd 1 (polar method, one value per call). */
double spk_rng_normal(struct spk_rng *rng);
/** Uniform in [0, n), unbiased; n > 0. Source: Lemire 2019. */
uint64_t spk_rng_below(struct spk_rng *rng, uint64_t n);
/** Poisson with this mean, 0 <= mean <= 1e15. Exact at any mean. Source: Hoermann 1993 (PTRS). */
uint64_t spk_rng_poisson(struct spk_rng *rng, double mean);
/** Successes in n trials of probability p, n <= 1e15, 0 <= p <= 1. Source: Hoermann 1993 (BTRS). */
uint64_t spk_rng_binomial(struct spk_rng *rng, uint64_t n, double p);
/** Random permutation in place (Fisher and Yates). */
void spk_rng_shuffle(struct spk_rng *rng, size_t n, uint64_t *items);

#ifdef __cplusplus
}
#endif
#endif
