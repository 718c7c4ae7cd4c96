/** In-painting: missing pixels filled in by inference and decoding with the visible ones held. */
#ifndef SPK_MODELS_STACK_INPAINT_H
#define SPK_MODELS_STACK_INPAINT_H

#include "models/stack/infer.h"

/**
 * visible[height * width] of a mask, row-major, 1: visible. It hides exactly half of the pixels, rounded
 * down: those of the named side in reading order (top, bottom: row by row; left, right: column by column;
 * the middle row or column of an odd number is divided), or a random half drawn from (seed, id).
 * Errors: SPK_E_NOMEM, only with SPK_MASK_RANDOM.
 */
int spk_mask(enum spk_mask_kind kind, size_t height, size_t width, uint64_t seed, uint64_t id,
	unsigned char *ret_visible, struct spk_error *err);

/**
 * One round: INFERENCE on the present image, then missing pixels = g(h_1); visible pixels stay as they are,
 * to the bit. Before the first round the caller puts a first guess into the missing pixels of batch->h[0].
 *
 * @param random   see spk_infer_step; also for noise
 * @param visible  [batch->n * size[0]]
 */
void spk_inpaint_round(const struct spk_parallel *parallel, const struct spk_net *net,
	const struct spk_inference *inference, const struct spk_map *random, const unsigned char *visible,
	struct spk_rng *noise, struct spk_batch *batch);

#endif
