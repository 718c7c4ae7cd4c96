/**
 * Noise on the activities of many items. Row r reads the stream of id noise->id + r from noise->draw on;
 * afterwards noise->draw stands behind what was used. So an item's noise depends neither on threads nor on
 * the items beside it.
 */
#ifndef SPK_MODELS_STACK_NOISE_H
#define SPK_MODELS_STACK_NOISE_H

#include <spikem/rng.h>
#include <spikem/stack.h>

#include "models/stack/parallel.h"

/** out = h + sd N(0, 1), [n * size] each; out may be h. */
void spk_noise_add(const struct spk_parallel *parallel, struct spk_rng *noise, double sd, size_t n,
	size_t size, const float *h, float *out);

/** out = mean of `draws` Bernoulli draws with probability h (cut to [0, 1]); out may be h. */
void spk_noise_bernoulli(const struct spk_parallel *parallel, struct spk_rng *noise, uint64_t draws, size_t n,
	size_t size, const float *h, float *out);

/** A layer's activities as training gives them to the maps: noisy in `room`, or h itself without noise. */
const float *spk_noise_corrupt(const struct spk_parallel *parallel, const struct spk_stack_layer *layer,
	int for_decoder, struct spk_rng *noise, size_t n, const float *h, float *room);

#endif
