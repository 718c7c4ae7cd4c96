/** The M-step of Algorithm 2: each map descends its own squared error on corrupted inputs. */
#ifndef SPK_MODELS_STACK_LEARN_H
#define SPK_MODELS_STACK_LEARN_H

#include "models/stack/infer.h"

/**
 * State of the optimiser: running means, one pair of arrays per map (NULL where unused).
 *
 *   SGD      m = momentum m + g;                                        w -= step m
 *   RMSprop  v = forget v + (1 - forget) g^2;                           w -= step g / (sqrt(v) + epsilon)
 *   Adam     m = momentum m + (1 - momentum) g, v as above;             w -= step m' / (sqrt(v') + epsilon)
 *
 * m', v' being m / (1 - momentum^t), v / (1 - forget^t) at update t = 1, 2, ... (Kingma and Ba 2015). To save
 * and restore a learner: `updates` and all arrays that are there.
 */
struct spk_learner {
	const struct spk_stack *stack; /**< borrowed */
	uint64_t seed;
	uint64_t updates; /**< minibatches so far, at most 2^31 */
	struct spk_map first_encoder[SPK_STACK_MAX_LAYERS - 1], first_decoder[SPK_STACK_MAX_LAYERS - 1];
	struct spk_map second_encoder[SPK_STACK_MAX_LAYERS - 1], second_decoder[SPK_STACK_MAX_LAYERS - 1];
	float *gradient; /**< scratch: weights of the largest map, then biases */
};

int spk_learner_init(const struct spk_stack *stack, const struct spk_net *net, uint64_t seed,
	struct spk_learner *ret_learner, struct spk_error *err);
void spk_learner_clear(struct spk_learner *learner);

/** Share of the initial step sizes that epoch 0, 1, ... uses: decay^epoch, times the value in its middle of
 * the straight line from 1 at the start to `final` at the end of training. */
double spk_learn_share(const struct spk_training *training, uint64_t epoch);

/** Loss of each map in one minibatch before the update: half the squared error on the corrupted inputs,
 *  summed over units, mean over items. */
struct spk_learn_loss {
	double encoder[SPK_STACK_MAX_LAYERS - 1], decoder[SPK_STACK_MAX_LAYERS - 1];
};

/**
 * One update of all maps from the activities of a minibatch after INFERENCE, which serve as targets. Each map
 * descends the gradient of its own loss (see above). The noise depends on (seed, learner->updates, row)
 * alone, so that training goes on exactly where a checkpoint left it. batch->n <= 65536.
 */
void spk_learn(const struct spk_parallel *parallel, struct spk_learner *learner, struct spk_net *net,
	uint64_t epoch, struct spk_batch *batch, struct spk_learn_loss *ret_loss);

#endif
