/** Samples of a trained stack: the prior on the top layer, and the samplers of enum spk_sampler_kind. */
#ifndef SPK_MODELS_STACK_SAMPLE_H
#define SPK_MODELS_STACK_SAMPLE_H

#include "models/stack/infer.h"

/**
 * p(h_M) = N(mean, spread * covariance): independent units, or a lower Cholesky factor. 1e-6 is added to each
 * unit's variance, so that a unit that never changes has a density too.
 */
struct spk_top {
	size_t n;
	double *mean;  /**< [n] */
	double *sd;    /**< [n], NULL with full covariance */
	double *lower; /**< [n * n] row-major lower Cholesky factor, NULL without */
	int clip;
	double lo, hi; /**< range of the activities, for clip */
};

/** Fit to `count` >= 1 rows of inferred top activities, h[count * n], that lie in [lo, hi]; the covariance is
 * that of the rows (sum over count, not count - 1). Errors: SPK_E_NOMEM; SPK_E_NUMERIC where they are not
 * finite. */
int spk_top_fit(const struct spk_prior *prior, double lo, double hi, size_t n, size_t count, const float *h,
	struct spk_top *ret_top, struct spk_error *err);
void spk_top_clear(struct spk_top *top);
/** Draw row `id` of a sampler's first layer: ret[n]. A function of (seed, sub, id). */
void spk_top_draw(const struct spk_top *top, uint64_t seed, uint32_t sub, uint64_t id, float *ret);

/**
 * Samples first .. first + batch->n - 1 of a sampler that draws from the model (ancestral, generate, joint).
 * The result is in batch->h[0]. The joint chain starts from `start` (items of the training split, batch->n
 * rows) and is, `rounds` times: h_{l+1} = f(h~_l) upwards, then h_l = g(h~_{l+1}) downwards, h~ being h with
 * the noise of training; the others ignore `start`. The noise of a sample depends on (seed, sub, its number)
 * alone; through the BLAS its last bits may depend on the number of samples in the batch.
 * The estimator of sampler->inference is not SPK_ESTIMATOR_RANDOM.
 */
void spk_sample(const struct spk_parallel *parallel, const struct spk_stack *stack, const struct spk_net *net,
	const struct spk_top *top, const struct spk_stack_sampler *sampler, uint64_t seed, uint32_t sub,
	uint64_t first, const float *start, struct spk_batch *batch);

#endif
