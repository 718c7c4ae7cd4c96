/** The M-step of Algorithm 2: each map descends its own squared error on corrupted inputs. */
#ifndef SPK_MODELS_STACK_LEARN_H
#define SPK_MODELS_STACK_LEARN_H

#include "models/stack/infer.h"

/** State of the optimiser: first and second moments, one pair of arrays per map (NULL where unused). */
struct spk_learner {
	const struct spk_stack *stack;
	uint64_t seed;
	uint64_t updates; /**< minibatches so far */
	struct spk_map first_encoder[SPK_STACK_MAX_LAYERS - 1], first_decoder[SPK_STACK_MAX_LAYERS - 1];
	struct spk_map second_encoder[SPK_STACK_MAX_LAYERS - 1], second_decoder[SPK_STACK_MAX_LAYERS - 1];
	float *gradient; /**< scratch, largest map */
};

int spk_learner_init(const struct spk_stack *stack, const struct spk_net *net, uint64_t seed,
	struct spk_learner *ret_learner, struct spk_error *err);
void spk_learner_clear(struct spk_learner *learner);

/** Mean squared errors of one minibatch per item, before the update, on the corrupted inputs. */
struct spk_learn_loss {
	double encoder[SPK_STACK_MAX_LAYERS - 1], decoder[SPK_STACK_MAX_LAYERS - 1];
};

/**
 * One update of all maps from the activities of a minibatch after INFERENCE. The noise depends on (seed,
 * learner->updates) alone, so that training goes on exactly where a checkpoint left it.
 */
void spk_learn(const struct spk_parallel *parallel, struct spk_learner *learner, struct spk_net *net,
	uint64_t epoch, struct spk_batch *batch, struct spk_learn_loss *ret_loss);

#endif
