/** In-painting: missing pixels filled in by inference and decoding with the visible ones held. */
#ifndef SPK_MODELS_STACK_INPAINT_H
#define SPK_MODELS_STACK_INPAINT_H

#include "models/stack/infer.h"

/** visible[height * width] of a mask; a random mask hides exactly half, drawn from (seed, id). */
void spk_mask(enum spk_mask_kind kind, size_t height, size_t width, uint64_t seed, uint64_t id,
	unsigned char *ret_visible);

/**
 * One round: INFERENCE on the present image, then missing pixels = g(h_1); visible pixels stay as they are.
 * @param visible  [batch->n * size[0]]
 * batch->h[0] holds the image with its missing pixels as filled so far.
 */
void spk_inpaint_round(const struct spk_parallel *parallel, const struct spk_net *net,
	const struct spk_inference *inference, const unsigned char *visible, struct spk_rng *noise,
	struct spk_batch *batch);

#endif
