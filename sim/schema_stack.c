/* The table of keys of a stack. */
#include "sim/schema.h"

#include <math.h>

#define AT_LEAST_0 .lo = 0, .hi = INFINITY
#define ABOVE_0 .lo = 0, .lo_open = 1, .hi = INFINITY
#define END                                                                                                  \
	{                                                                                                    \
		.name = NULL                                                                                 \
	}

const char *const spk_stack_estimator_words[] = {"target_prop", "gradient", "random", NULL};
const char *const spk_stack_source_words[] = {"clean", "corrupted", NULL};
const char *const spk_stack_optimiser_words[] = {"sgd", "rmsprop", "adam", NULL};
const char *const spk_stack_covariance_words[] = {"diagonal", "full", NULL};
const char *const spk_stack_sampler_words[] = {
	"ancestral", "generate", "joint", "reconstruction", "data", "centroids", "items", NULL};
const char *const spk_stack_mask_words[] = {"top", "bottom", "left", "right", "random", NULL};

static const struct spk_key layer_keys[] = {
	{"name", SPK_WANT_NAME, .required = 1, .doc = "name of the layer in the output"},
	{"size", SPK_WANT_COUNT, .lo = 1, .hi = 16384,
		.doc = "number of units; of the first layer the pixels of the data, as is understood"},
	{"unit", SPK_WANT_WORD, .required = 1, .registry = SPK_REGISTRY_UNIT,
		.doc = "transfer function of the maps onto this layer (`spikem list units`)"},
	{"bias", SPK_WANT_QUANTITY, .fill = "0", .lo = -1e3, .hi = 1e3,
		.doc = "biases of the maps onto this layer before training"},
	{"gain", SPK_WANT_QUANTITY, .fill = "1", .lo = 0, .hi = 1e3,
		.doc = "length of the orthogonal rows or columns of their weights before training"},
	{"decoder_gain", SPK_WANT_QUANTITY, .lo = 0, .hi = 1e3,
		.doc = "the same for the decoder onto this layer; `gain` unless given"},
	{"centre", SPK_WANT_BOOL, .fill = "false",
		.doc = "before training the encoder onto this layer gets the biases that make its mean net "
		       "input over the first 1000 training items `bias`"},
	{"encoder_step", SPK_WANT_QUANTITY, .lo = 0, .lo_open = 1, .hi = 1e3,
		.doc = "step size of the encoder onto this layer; that of the training unless given"},
	{"decoder_step", SPK_WANT_QUANTITY, .lo = 0, .lo_open = 1, .hi = 1e3,
		.doc = "the same for the decoder onto this layer"},
	{"sigma", SPK_WANT_QUANTITY, .fill = "1", .lo = 1e-6, .hi = 1e6,
		.doc = "standard deviation of the layer given its neighbours, in the objective"},
	{"corruption", SPK_WANT_QUANTITY, .fill = "0", .lo = 0, .hi = 1e3,
		.doc = "in training: standard deviation of the Gaussian noise on it as an input of maps"},
	{"draws", SPK_WANT_COUNT, .fill = "0", .lo = 0, .hi = 1e6,
		.doc = "in training: as an input of the decoder it is the mean of so many Bernoulli draws; "
		       "0: off"},
	END};
static const struct spk_shape layer_shape = {.doc = "Units of one kind.", .keys = layer_keys};

static const struct spk_key objective_keys[] = {
	{"alpha", SPK_WANT_QUANTITY, .fill = "0.001", AT_LEAST_0, .doc = "weight of log q(h|x) in J, eq 6"},
	{"prior", SPK_WANT_BOOL, .fill = "false", .doc = "log p(h) of the top layer is part of J"}, END};
static const struct spk_shape objective_shape = {
	.doc = "J = log p(x, h) + alpha log q(h|x), as it is measured.", .keys = objective_keys};

#define STEPS_DOC "number of steps of inference"
#define DELTA_DOC "step of the bottom-up difference"
#define ALPHA_DOC "step towards the prediction from above"
#define TEMPERATURE_DOC "T of the noise sqrt(2 delta T) N(0, 1) that each step adds"
#define ESTIMATOR_DOC                                                                                        \
	"the bottom-up difference: eq 12, the exact gradient, or random weights in place of the transposed " \
	"ones"
#define MOST_STEPS 1e5
#define MOST_ROUNDS 1e5

static const struct spk_key inference_keys[] = {
	{"steps", SPK_WANT_COUNT, .fill = "15", .lo = 0, .hi = MOST_STEPS, .doc = STEPS_DOC},
	{"delta", SPK_WANT_QUANTITY, .fill = "0.1", AT_LEAST_0, .doc = DELTA_DOC},
	{"alpha", SPK_WANT_QUANTITY, .fill = "0.001", AT_LEAST_0, .doc = ALPHA_DOC},
	{"temperature", SPK_WANT_QUANTITY, .fill = "0", AT_LEAST_0, .doc = TEMPERATURE_DOC},
	{"estimator", SPK_WANT_WORD, .fill = "target_prop", .words = spk_stack_estimator_words,
		.doc = ESTIMATOR_DOC},
	END};
static const struct spk_shape inference_shape = {
	.doc = "INFERENCE of Algorithm 2, in training and where nothing else is written.",
	.keys = inference_keys};

static const struct spk_key training_keys[] = {
	{"split", SPK_WANT_NAME, .required = 1, .doc = "part of the data"},
	{"epochs", SPK_WANT_COUNT, .fill = "20", .lo = 0, .hi = 1e6,
		.doc = "times that the split is gone through, each time in another order"},
	{"minibatch", SPK_WANT_COUNT, .fill = "100", .lo = 1, .hi = 65536, .doc = "items of one update"},
	{"infer_from", SPK_WANT_WORD, .fill = "clean", .words = spk_stack_source_words,
		.doc = "what an item's code is inferred from: the item, or the item with the noise of the "
		       "first layer"},
	{"optimiser", SPK_WANT_WORD, .fill = "rmsprop", .words = spk_stack_optimiser_words,
		.doc = "what makes a step of a gradient"},
	{"encoder_step", SPK_WANT_QUANTITY, .fill = "4e-5", AT_LEAST_0,
		.doc = "step size of the encoders at the start"},
	{"decoder_step", SPK_WANT_QUANTITY, .fill = "4e-4", AT_LEAST_0,
		.doc = "step size of the decoders at the start"},
	{"decay", SPK_WANT_QUANTITY, .fill = "1", .lo = 0, .lo_open = 1, .hi = 10,
		.doc = "both are multiplied by this after each epoch"},
	{"final", SPK_WANT_QUANTITY, .lo = 0, .lo_open = 1, .hi = 10,
		.doc = "their share at the end of training, approached linearly; 1 unless given"},
	{"momentum", SPK_WANT_QUANTITY, .fill = "0.9", .lo = 0, .hi = 0.999999,
		.doc = "sgd: of the step; adam: beta_1"},
	{"forget", SPK_WANT_QUANTITY, .fill = "0.9", .lo = 0, .hi = 0.999999999,
		.doc = "rmsprop: rho; adam: beta_2"},
	{"epsilon", SPK_WANT_QUANTITY, .fill = "1e-8", .lo = 0, .lo_open = 1, .hi = 1e6,
		.doc = "rmsprop, adam: added to the root of the second moment"},
	END};
static const struct spk_shape training_shape = {.doc = "TRAIN of Algorithm 2.", .keys = training_keys};

static const struct spk_key prior_keys[] = {
	{"spread", SPK_WANT_QUANTITY, .fill = "4", ABOVE_0, .doc = "factor on the variance; the paper: 4"},
	{"covariance", SPK_WANT_WORD, .fill = "diagonal", .words = spk_stack_covariance_words,
		.doc = "independent units, or all of them together"},
	{"clip", SPK_WANT_BOOL, .fill = "true", .doc = "draws are clipped to the range of the unit"}, END};
static const struct spk_shape prior_shape = {
	.doc = "The Gaussian fitted to the top layer after training.", .keys = prior_keys};

static const struct spk_key ascent_keys[] = {
	{"split", SPK_WANT_NAME, .required = 1, .doc = "part of the data"},
	{"steps", SPK_WANT_COUNT, .fill = "20", .lo = 1, .hi = MOST_STEPS, .doc = STEPS_DOC},
	{"directions", SPK_WANT_BOOL, .fill = "false",
		.doc = "also the cosines of eq 12 and of random weights with the true gradient"},
	{"delta", SPK_WANT_QUANTITY, AT_LEAST_0, .doc = DELTA_DOC},
	{"alpha", SPK_WANT_QUANTITY, AT_LEAST_0, .doc = ALPHA_DOC},
	{"temperature", SPK_WANT_QUANTITY, AT_LEAST_0, .doc = TEMPERATURE_DOC},
	{"estimator", SPK_WANT_WORD, .words = spk_stack_estimator_words, .doc = ESTIMATOR_DOC}, END};
static const struct spk_shape ascent_shape = {
	.doc = "J at each step of inference. What is not written of its inference is that of the stack.",
	.keys = ascent_keys};

static const struct spk_key sampler_keys[] = {
	{"name", SPK_WANT_TEXT, .required = 1, .doc = "name in the output; blanks are allowed"},
	{"model", SPK_WANT_WORD, .required = 1, .words = spk_stack_sampler_words,
		.doc = "how samples are made; data and centroids are controls, items are samples of another "
		       "data set"},
	{"data", SPK_WANT_NAME, .required = 1, .only = "items",
		.doc = "data set whose first items are the samples"},
	{"rounds", SPK_WANT_COUNT, .lo = 0, .hi = MOST_ROUNDS, .only = "generate joint", .fill = "3",
		.doc = "rounds of inference and decoding, or of corruption, encoding and decoding"},
	{"steps", SPK_WANT_COUNT, .lo = 0, .hi = MOST_STEPS, .only = "generate reconstruction",
		.doc = STEPS_DOC},
	{"delta", SPK_WANT_QUANTITY, AT_LEAST_0, .only = "generate reconstruction", .doc = DELTA_DOC},
	{"alpha", SPK_WANT_QUANTITY, AT_LEAST_0, .only = "generate reconstruction", .doc = ALPHA_DOC},
	{"temperature", SPK_WANT_QUANTITY, AT_LEAST_0, .only = "generate reconstruction",
		.doc = TEMPERATURE_DOC},
	{"estimator", SPK_WANT_WORD, .words = spk_stack_estimator_words, .only = "generate reconstruction",
		.doc = ESTIMATOR_DOC},
	END};
static const struct spk_shape sampler_shape = {
	.doc = "A way to make samples. What is not written of its inference is that of the stack.",
	.keys = sampler_keys};

static const struct spk_key likelihood_keys[] = {
	{"split", SPK_WANT_NAME, .required = 1, .doc = "part of the data that is scored"},
	{"choose_on", SPK_WANT_NAME, .required = 1, .doc = "part of the data on which the width is chosen"},
	{"samples", SPK_WANT_COUNT, .fill = "10000", .lo = 1, .hi = 1e6, .doc = "samples of each sampler"},
	{"widths", SPK_WANT_QUANTITIES, .required = 1, ABOVE_0,
		.doc = "candidates for the width of the kernel"},
	{"samplers", SPK_WANT_MAPS, .required = 1, .shape = &sampler_shape, .doc = "what is compared"}, END};
static const struct spk_shape likelihood_shape = {
	.doc = "Parzen-window log-likelihood of samples.", .keys = likelihood_keys};

static const struct spk_key inpainting_keys[] = {
	{"split", SPK_WANT_NAME, .required = 1, .doc = "part of the data"},
	{"rounds", SPK_WANT_COUNT, .fill = "20", .lo = 1, .hi = MOST_ROUNDS,
		.doc = "rounds of inference and decoding"},
	{"masks", SPK_WANT_WORDS, .required = 1, .words = spk_stack_mask_words,
		.doc = "halves that are missing"},
	{"steps", SPK_WANT_COUNT, .lo = 0, .hi = MOST_STEPS, .doc = STEPS_DOC},
	{"delta", SPK_WANT_QUANTITY, AT_LEAST_0, .doc = DELTA_DOC},
	{"alpha", SPK_WANT_QUANTITY, AT_LEAST_0, .doc = ALPHA_DOC},
	{"temperature", SPK_WANT_QUANTITY, AT_LEAST_0, .doc = TEMPERATURE_DOC},
	{"estimator", SPK_WANT_WORD, .words = spk_stack_estimator_words, .doc = ESTIMATOR_DOC}, END};
static const struct spk_shape inpainting_shape = {
	.doc = "Missing halves filled in. What is not written of its inference is that of the stack.",
	.keys = inpainting_keys};

static const struct spk_key score_keys[] = {
	{"split", SPK_WANT_NAME, .required = 1, .doc = "part of the data"}, END};
static const struct spk_shape score_shape = {
	.doc = "The score (r(x) - x)/sigma^2 against that of the mixture that the data were drawn from.",
	.keys = score_keys};

static const struct spk_key evaluate_keys[] = {
	{"ascent", SPK_WANT_MAP, .shape = &ascent_shape, .doc = "the ascent of J"},
	{"likelihood", SPK_WANT_MAP, .shape = &likelihood_shape, .doc = "likelihood of samplers"},
	{"inpainting", SPK_WANT_MAP, .shape = &inpainting_shape, .doc = "missing halves filled in"},
	{"score", SPK_WANT_MAP, .shape = &score_shape, .doc = "the denoising score; needs a mixture"}, END};
static const struct spk_shape evaluate_shape = {
	.doc = "What is measured after training.", .keys = evaluate_keys};

static const struct spk_key stack_keys[] = {{"data", SPK_WANT_NAME, .required = 1, .doc = "data set"},
	{"layers", SPK_WANT_MAPS, .required = 1, .shape = &layer_shape,
		.doc = "layers from the observation up"},
	{"objective", SPK_WANT_MAP, .fill = "{}", .shape = &objective_shape, .doc = "J as it is measured"},
	{"inference", SPK_WANT_MAP, .fill = "{}", .shape = &inference_shape, .doc = "INFERENCE"},
	{"training", SPK_WANT_MAP, .required = 1, .shape = &training_shape, .doc = "TRAIN"},
	{"prior", SPK_WANT_MAP, .fill = "{}", .shape = &prior_shape, .doc = "p(h) of the top layer"},
	{"evaluate", SPK_WANT_MAP, .fill = "{}", .shape = &evaluate_shape,
		.doc = "what is measured after training"},
	END};
const struct spk_shape spk_schema_stack = {
	.doc = "Layers of rate units with an encoder and a decoder between neighbours (Bengio et al. 2016).",
	.keys = stack_keys};
