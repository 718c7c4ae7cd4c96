/**
 * A stack: layers of rate units with an encoder f_l and a decoder g_l between neighbours, trained and sampled
 * by Algorithm 2 of Bengio et al. (2016), arXiv:1502.04156v3, and measured against its objective
 *
 *   J = sum_l log p(h_l | h_{l+1}) + log p(h_M) + alpha sum_l log q(h_{l+1} | h_l),    h_0 = x   (eq 6 to 8)
 *
 * This header describes one as plain data (`stack:` of a scenario) and runs it. Layers are numbered from 0,
 * the observation; map l (0 <= l < n_layers - 1) joins layers l and l + 1: encoder l is the paper's f_{l+1},
 * decoder l its g_{l+1}. A layer's unit and bias belong to every map onto it.
 */
#ifndef SPIKEM_STACK_H
#define SPIKEM_STACK_H

#include <spikem/model.h>
#include <spikem/status.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct spk_scenario;

enum { SPK_STACK_MAX_LAYERS = 16 };

struct spk_stack_layer {
	char *name;
	uint64_t size;                     /**< of layer 0: the pixels of the data */
	const struct spk_unit_model *unit; /**< transfer function of the maps onto this layer */
	double bias;                       /**< their biases before training */
	/** Their weights before training: orthogonal rows or columns of this length. */
	double gain;
	double decoder_gain; /**< of the decoder onto this layer, where it is not `gain`; 0: `gain` */
	/** Non-zero: the encoder onto this layer starts with biases that make its mean net input over the
	 *  first 1000 training items `bias`. */
	int centre;
	/** Step sizes of the encoder and of the decoder onto this layer; 0: those of the training. */
	double encoder_step, decoder_step;
	double sigma; /**< standard deviation of this layer given its neighbours, > 0 */
	/** In training: standard deviation of the Gaussian noise on it as an input of maps. */
	double corruption;
	uint64_t draws; /**< in training: as an input of the decoder it is the mean of so many Bernoulli
			   draws instead; 0: off; only with a unit whose values lie in [0, 1] */
};

/** How the difference that moves h_l towards a better explanation of h_{l-1} is found. */
enum spk_estimator {
	SPK_ESTIMATOR_TARGET_PROP, /**< eq 12: f(h_{l-1}) - f(g(h_l)) */
	SPK_ESTIMATOR_GRADIENT,    /**< J_g^T (h_{l-1} - g(h_l)): exact, needs transposed weights */
	SPK_ESTIMATOR_RANDOM       /**< the same with a fixed random matrix in place of W_g^T */
};

/** INFERENCE of Algorithm 2. */
struct spk_inference {
	uint64_t steps;
	double delta;       /**< step of the bottom-up difference */
	double alpha;       /**< step towards the prediction from above */
	double temperature; /**< noise sqrt(2 delta temperature) N(0, 1) added at each step; 0: none */
	enum spk_estimator estimator;
};

enum spk_optimiser { SPK_OPTIMISER_SGD, SPK_OPTIMISER_RMSPROP, SPK_OPTIMISER_ADAM };

struct spk_training {
	size_t split; /**< of the data set; see spk_dataset.splits */
	uint64_t epochs, minibatch;
	/** Non-zero: codes are inferred from items with the corruption of layer 0, so that the decoder onto
	 *  it learns the item itself from the code of a noisy one, as in a denoising auto-encoder whose
	 *  noise enters at x. Encoders learn these codes too. */
	int infer_from_corrupted;
	enum spk_optimiser optimiser;
	double encoder_step, decoder_step; /**< step sizes at the start */
	double decay;                      /**< both are multiplied by this after each epoch */
	double final;    /**< their share at the end of training, approached linearly; 0: off */
	double momentum; /**< SGD: of the step; Adam: beta_1 */
	double forget;   /**< RMSprop: rho; Adam: beta_2 */
	double epsilon;  /**< RMSprop, Adam: added to the root of the second moment; 0: 1e-8 */
};

/** p(h_M), a Gaussian fitted to the inferred top layer of the training items. */
struct spk_prior {
	double spread;       /**< factor on the variance; the paper: 4 */
	int full_covariance; /**< 0: independent units */
	int clip;            /**< draws are clipped to the range of the top layer's unit */
};

enum spk_sampler_kind {
	SPK_SAMPLER_ANCESTRAL,      /**< h_M ~ p(h_M), then decoders down to x */
	SPK_SAMPLER_GENERATE,       /**< the same, then `rounds` times { INFERENCE(x); x = g(h_1) } */
	SPK_SAMPLER_JOINT,          /**< walk-back chain of the stacked denoising auto-encoders: corrupt each
				       layer, encode, corrupt, decode; `rounds` times */
	SPK_SAMPLER_RECONSTRUCTION, /**< items of the training split: INFERENCE(x), x = g(h_1) */
	SPK_SAMPLER_DATA,           /**< control: items of the training split themselves */
	SPK_SAMPLER_CENTROIDS,      /**< control: k-means centroids of the training split, one a sample */
	SPK_SAMPLER_ITEMS           /**< items of another data set: samples that were made elsewhere */
};

struct spk_stack_sampler {
	char *name;
	enum spk_sampler_kind kind;
	uint64_t rounds;
	struct spk_inference inference;
	size_t dataset; /**< SPK_SAMPLER_ITEMS */
};

struct spk_likelihood_plan {
	int on;
	size_t split, choose_on; /**< scored items; items on which the kernel width is chosen */
	uint64_t n_samples;
	size_t n_widths;
	double *widths; /**< candidates for the width of the Parzen kernel */
	size_t n_samplers;
	struct spk_stack_sampler *samplers;
};

struct spk_ascent_plan {
	int on;
	size_t split;
	struct spk_inference inference;
	int directions; /**< also the angles of the three estimators to the true gradient */
};

enum spk_mask_kind { SPK_MASK_TOP, SPK_MASK_BOTTOM, SPK_MASK_LEFT, SPK_MASK_RIGHT, SPK_MASK_RANDOM };

/** Missing halves filled in from the visible ones. */
struct spk_inpainting_plan {
	int on;
	size_t split;
	size_t n_masks;
	enum spk_mask_kind *masks;
	uint64_t rounds;
	struct spk_inference inference;
};

/** The denoising score (r(x) - x)/sigma^2 against that of a known density (data set `mixture`). */
struct spk_score_plan {
	int on;
	size_t split;
};

struct spk_stack {
	int on;
	size_t dataset;
	size_t n_layers;
	struct spk_stack_layer *layers;
	double objective_alpha;         /**< alpha of J as measured */
	int objective_prior;            /**< non-zero: log p(h_M) is part of J as measured */
	struct spk_inference inference; /**< of training and of what does not bring its own */
	struct spk_training training;
	struct spk_prior prior;
	struct spk_ascent_plan ascent;
	struct spk_likelihood_plan likelihood;
	struct spk_inpainting_plan inpainting;
	struct spk_score_plan score;
	char *fingerprint; /**< YAML of all that the weights after an epoch depend on, the data file's
			      contents aside */
};

/** Progress of a run, passed to the callback about ten times a second. */
struct spk_stack_progress {
	const char *stage;    /**< "training", "likelihood", ... */
	uint64_t done, total; /**< of the stage: minibatches, items, rounds */
	double share;         /**< estimated share of the whole run's work that is done */
};

struct spk_stack_options {
	unsigned threads;       /**< 0: 1; results do not depend on it */
	const char *output;     /**< result file; NULL: nothing is written */
	const char *checkpoint; /**< written after each epoch, replaced atomically; NULL: none */
	int resume;             /**< go on from `checkpoint` if there is one of this scenario */
	int compress;
	int (*progress)(void *user, const struct spk_stack_progress *progress);
	void *user;
};

/** Train, evaluate, write the result file. *ret_report: the table for people, malloc'ed (may be NULL).
 *  Errors: SPK_E_INVALID (no stack), SPK_E_NOMEM, SPK_E_LIMIT, SPK_E_IO, SPK_E_FORMAT (a checkpoint of
 * another scenario), SPK_E_NUMERIC (training diverged), SPK_E_INTERRUPTED (the checkpoint is kept). */
int spk_stack_run(const struct spk_scenario *scenario, const struct spk_stack_options *options,
	char **ret_report, struct spk_error *err);

#ifdef __cplusplus
}
#endif
#endif
