/**
 * The objective J of a deep chain and its exact gradients, in double precision (Bengio et al. 2016, eq 6-8):
 *
 *   J = sum_{l < M} log p(h_l | h_{l+1}) + log p(h_M) + alpha sum_{l < M} log q(h_{l+1} | h_l)
 *
 *   log p(h_l | h_{l+1}) = -|h_l - g_l(h_{l+1})|^2 / (2 sigma_l^2)        g_l: decoder l, layer l + 1 to l
 *   log q(h_{l+1} | h_l) = -|h_{l+1} - f_l(h_l)|^2 / (2 sigma_{l+1}^2)    f_l: encoder l, layer l to l + 1
 *   log p(h_M)           = -(h_M - mean)^T covariance^-1 (h_M - mean) / 2
 *
 * Layers are numbered from 0, h_0 = x; M = n_layers - 1. The constants of the Gaussians are dropped, all of
 * them. A map is phi(W h + b); phi is given by value and slope as functions of the net input W h + b, so that
 * the same code serves rate units and the stationary rates of spiking neurons.
 *
 * Life cycle: spk_deep_init (weights 0), fill in weights, transfer functions, sigma, alpha, prior, or have
 * spk_deep_load do it for a stack; a struct spk_deep_state for the activities of some items; then any of the
 * functions below, which cannot fail. Sums over items and units are taken in an order that does not depend on
 * the number of threads.
 */
#ifndef SPK_MODELS_STACK_OBJECTIVE_H
#define SPK_MODELS_STACK_OBJECTIVE_H

#include "models/stack/infer.h"
#include "models/stack/sample.h"

/** Transfer functions of the units of one layer and their slopes, of the net input a. */
struct spk_transfer {
	double (*value)(const void *context, size_t unit, double a);
	double (*slope)(const void *context, size_t unit, double a);
	const void *context; /**< borrowed */
};

/** Transfer function of rate units. At a kink the slope is the unit's own choice. */
struct spk_transfer spk_transfer_of_unit(const struct spk_unit_model *unit);

/** A neuron model with the parameters that all units of a layer have. Borrowed. */
struct spk_neuron_unit {
	const struct spk_neuron_model *model;
	const double *par; /**< with its derived values */
};

/** Stationary rate (Hz) of a neuron as a function of u (mV), where weights are mV per Hz and biases mV. */
struct spk_transfer spk_transfer_of_neuron(const struct spk_neuron_unit *neuron);

struct spk_deep_map {
	size_t n_in, n_out;
	double *weight; /**< [n_out * n_in] row-major; owned */
	double *bias;   /**< [n_out]; owned */
};

struct spk_deep {
	size_t n_layers;
	size_t size[SPK_STACK_MAX_LAYERS];
	struct spk_transfer transfer[SPK_STACK_MAX_LAYERS]; /**< of the maps onto the layer */
	double sigma[SPK_STACK_MAX_LAYERS];                 /**< sd of the layer given a neighbour, > 0 */
	struct spk_deep_map encoder[SPK_STACK_MAX_LAYERS - 1], decoder[SPK_STACK_MAX_LAYERS - 1];
	double alpha;
	const struct spk_top *prior; /**< p(h_M), borrowed; its `clip` plays no role. NULL: not part of J */
};

/** Weights and biases 0, sigma 1, alpha 0, no prior, no transfer functions. 2 <= n_layers.
 *  Errors: SPK_E_NOMEM. */
int spk_deep_init(size_t n_layers, const size_t *size, struct spk_deep *ret_deep, struct spk_error *err);
void spk_deep_clear(struct spk_deep *deep);

/** Take weights, units, sigma and alpha of a stack over; the shapes must agree. The prior stays. */
void spk_deep_load(struct spk_deep *deep, const struct spk_stack *stack, const struct spk_net *net);

/** Activities of n items in all layers, and room for intermediate results. */
struct spk_deep_state {
	size_t n, room; /**< items at present, at most `room` */
	size_t n_layers;
	double *h[SPK_STACK_MAX_LAYERS]; /**< [n * size[l]] row-major */
	double *scratch;                 /**< [room * largest layer] */
};

int spk_deep_state_init(
	const struct spk_deep *deep, size_t room, struct spk_deep_state *ret_state, struct spk_error *err);
void spk_deep_state_clear(struct spk_deep_state *state);
/** Take over the activities of a batch; batch->n <= state->room. */
void spk_deep_state_load(
	struct spk_deep_state *state, const struct spk_deep *deep, const struct spk_batch *batch);

/** Terms of J: decoders 0 ... M - 1, the prior, encoders 0 ... M - 1. */
static inline size_t spk_deep_n_terms(const struct spk_deep *deep)
{
	return 2 * deep->n_layers - 1;
}

/**
 * The terms of J for each item.
 *
 * @param ret_terms  [n_terms * n], row t of n items being
 *                   t < M: log p(h_t | h_{t+1});  t = M: log p(h_M), 0 without a prior;
 *                   t = M + 1 + l: log q(h_{l+1} | h_l), without the factor alpha
 */
void spk_deep_terms(const struct spk_parallel *parallel, const struct spk_deep *deep,
	struct spk_deep_state *state, double *ret_terms);
/** J of each item from its terms: ret[n]. */
void spk_deep_total(const struct spk_deep *deep, size_t n, const double *terms, double *ret);

/** dJ/dh_l of each item, all layers including x: ret[n * size[l]]. */
void spk_deep_gradient(const struct spk_parallel *parallel, const struct spk_deep *deep,
	struct spk_deep_state *state, size_t l, double *ret);
/**
 * d log p(h_{l-1} | h_l) / dh_l = J_g^T (h_{l-1} - g(h_l)) / sigma_{l-1}^2 of each item, l >= 1: the part of
 * dJ/dh_l that eq 12 estimates without transposed weights. ret[n * size[l]].
 */
void spk_deep_gradient_below(const struct spk_parallel *parallel, const struct spk_deep *deep,
	struct spk_deep_state *state, size_t l, double *ret);

/** dJ/dW and dJ/db of decoder l, summed over the items: ret_weight[size[l] * size[l + 1]], ret_bias[size[l]].
 */
void spk_deep_gradient_decoder(const struct spk_parallel *parallel, const struct spk_deep *deep,
	struct spk_deep_state *state, size_t l, double *ret_weight, double *ret_bias);
/** The same of encoder l, alpha included: ret_weight[size[l + 1] * size[l]], ret_bias[size[l + 1]]. */
void spk_deep_gradient_encoder(const struct spk_parallel *parallel, const struct spk_deep *deep,
	struct spk_deep_state *state, size_t l, double *ret_weight, double *ret_bias);

#endif
