/**
 * The maps of a stack in single precision: y = phi(W x + b), many items at once.
 *
 * Batches are row-major: n rows, one item each. All matrix products go through models/stack/blas.c, which
 * cuts each product into blocks that do not depend on the number of threads, so results do not either.
 */
#ifndef SPK_MODELS_STACK_NET_H
#define SPK_MODELS_STACK_NET_H

#include <spikem/stack.h>

#include "models/stack/blas.h"

struct spk_map {
	size_t n_in, n_out;
	float *weight; /**< [n_out * n_in] row-major */
	float *bias;   /**< [n_out] */
	const struct spk_unit_model *unit;
};

/** Weights of a stack. encoder[l]: layer l to l + 1; decoder[l]: layer l + 1 to l. */
struct spk_net {
	size_t n_layers;
	size_t size[SPK_STACK_MAX_LAYERS];
	struct spk_map encoder[SPK_STACK_MAX_LAYERS - 1], decoder[SPK_STACK_MAX_LAYERS - 1];
};

/** Weights and biases 0. Free with spk_map_clear. */
int spk_map_init(size_t n_in, size_t n_out, const struct spk_unit_model *unit, struct spk_map *ret_map,
	struct spk_error *err);
void spk_map_clear(struct spk_map *map);

/** Weights before training: orthogonal matrices times the gain of the layer that the map ends in, biases of
 *  that layer. Depends on seed, layer and direction only: Haar
 *  distributed (QR of a Gaussian matrix; Saxe et al. 2014). Free with spk_net_clear. */
int spk_net_init(
	const struct spk_stack *stack, uint64_t seed, struct spk_net *ret_net, struct spk_error *err);
void spk_net_clear(struct spk_net *net);

/** For layers with `centre`: biases that make the mean net input over n items, encoded from below, `bias`. */
int spk_net_centre(const struct spk_parallel *parallel, const struct spk_stack *stack, size_t n,
	const float *items, struct spk_net *net, struct spk_error *err);

/** out[n * n_out] = phi(W in + b). in and out must not overlap. */
void spk_map_apply(const struct spk_parallel *parallel, const struct spk_map *map, size_t n, const float *in,
	float *out);
/** The same; then(context, block) follows for each block of columns of out, see struct spk_product. */
void spk_map_apply_then(const struct spk_parallel *parallel, const struct spk_map *map, size_t n,
	const float *in, float *out, void (*then)(void *context, struct spk_block block), void *context);
/** The same without phi: the net input W in + b. */
void spk_map_input(const struct spk_parallel *parallel, const struct spk_map *map, size_t n, const float *in,
	float *out);

#endif
