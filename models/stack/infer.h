/** INFERENCE of Algorithm 2 on many items at once (Bengio et al. 2016; eq 12 for the differences). */
#ifndef SPK_MODELS_STACK_INFER_H
#define SPK_MODELS_STACK_INFER_H

#include <spikem/rng.h>

#include "models/stack/net.h"

/** Activities of n items in all layers, and room for a step. One allocation per batch size. */
struct spk_batch {
	size_t n, room; /**< items at present, at most `room` */
	size_t n_layers;
	float *h[SPK_STACK_MAX_LAYERS]; /**< [n * size[l]] layer l; h[0] = x */
	float *up;                      /**< [n * size[1]] f(x), kept by spk_encode: it stays while x does */
	float *scratch[4];              /**< [room * largest layer] */
};

int spk_batch_init(
	const struct spk_net *net, size_t room, struct spk_batch *ret_batch, struct spk_error *err);
void spk_batch_clear(struct spk_batch *batch);

/** Bottom-up pass: h_{l+1} = f(h_l) for all l. Required after each change of h[0], before inference. */
void spk_encode(const struct spk_parallel *parallel, const struct spk_net *net, struct spk_batch *batch);

/**
 * One step of INFERENCE, from the top layer down as printed in Algorithm 2:
 *   h_M += delta d_M;   h_l += delta d_l + alpha (g(h_{l+1}) - h_l)  for l = M - 1 ... 1,
 * d_l being the estimator's difference. x stays. Temperature T > 0: after its move each layer gets noise
 * sqrt(2 delta T) N(0, 1).
 * @param random  for SPK_ESTIMATOR_RANDOM: maps of the decoders' shapes whose weights replace W_g (those of
 *                a net with another seed); else unused, may be NULL
 * @param noise   for temperature > 0: streams of the rows, see noise.h; else unused, may be NULL
 */
void spk_infer_step(const struct spk_parallel *parallel, const struct spk_net *net,
	const struct spk_inference *inference, const struct spk_map *random, struct spk_rng *noise,
	struct spk_batch *batch);

/** spk_encode, then inference->steps steps. */
void spk_infer(const struct spk_parallel *parallel, const struct spk_net *net,
	const struct spk_inference *inference, const struct spk_map *random, struct spk_rng *noise,
	struct spk_batch *batch);

/** The estimator's difference d_l of layer l >= 1 for the present activities: ret[n * size[l]]. */
void spk_infer_difference(const struct spk_parallel *parallel, const struct spk_net *net,
	enum spk_estimator estimator, const struct spk_map *random, size_t l, struct spk_batch *batch,
	float *ret);

#endif
