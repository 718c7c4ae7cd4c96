/** The optimisers' element by element updates; what they do stands in learn.h. */
#ifndef SPK_MODELS_STACK_OPTIMISER_H
#define SPK_MODELS_STACK_OPTIMISER_H

#include <spikem/stack.h>

/** An optimiser at one update: constants in single precision. */
struct spk_optimiser_step {
	enum spk_optimiser kind;
	float step, momentum, forget, epsilon;
	float keep_first, keep_second; /**< 1 - momentum, 1 - forget */
	float scale_first, scale_root; /**< Adam: 1 / (1 - momentum^t), 1 / sqrt(1 - forget^t) */
};

/** @param t  number of the update, from 1 */
struct spk_optimiser_step spk_optimiser_start(const struct spk_training *training, double step, uint64_t t);

/** w, first, second: n weights and their running means (NULL where the optimiser has none); g: the gradient.
 */
void spk_optimiser_apply(const struct spk_optimiser_step *step, size_t n, const float *g, float *first,
	float *second, float *w);

#endif
