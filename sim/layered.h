/**
 * The objective of a chain of populations at points of time, and its gradients (Bengio et al. 2016, eq 6-8):
 *
 *   J = sum_l -|h_l - g_l|^2 / (2 sigma_l^2) + alpha sum_l -|h_l - f_l|^2 / (2 sigma_l^2)
 *
 * h_l is the readout of the units of layer l; g_l predicts it from the layer above through the decoder alone,
 * f_l from the layer below through the encoder alone. The first sum goes over the layers of neurons that have
 * a layer above, the second over those that have one below. Constants of the Gaussians are dropped. Both
 * predictions are those of the rate limit:
 *
 *   a_j = u_rest_j + sum_i psp_area(W_ij) r_i,   r_i: rate of unit i over the last `width`, in 1/ms
 *
 * and rate_j(a_j) where the readout is the rate, a_j itself where it is u or u_bar. The gradient is
 * dJ/dW_ij = (h_j - g_j) / sigma^2 dg_j/da_j dpsp_area/dW r_i at fixed h and r, times alpha for encoders.
 *
 * Rates, states and weights of a grid point come in one after the other, each in order of the points; they
 * wait here until all of a point are there. Sums over synapses follow sim/synapse_order.h, whatever the
 * partitions. Each rank has the synapses onto its own units, sums over those and has their gradient; rates,
 * states and J are the same on all.
 */
#ifndef SPK_SIM_LAYERED_H
#define SPK_SIM_LAYERED_H

#include "sim/synapse_order.h"

/** Rows that wait, oldest first. */
struct spk_rows {
	size_t width, first, n, capacity; /**< rows first ... n - 1 wait */
	double *values;                   /**< [capacity * width] */
};

struct spk_layer {
	const struct spk_population *population;
	size_t n;      /**< units */
	size_t lo, hi; /**< units whose first copies live on this rank */
	size_t n_par;
	double *par;     /**< [n * n_par] neurons: parameter blocks with derived values */
	double *rest;    /**< [n] u_rest */
	double *area[2]; /**< [n] psp_area per weight, of weights >= 0 and < 0 */
	int has_states;  /**< the readout is a state, not the rate */
	struct spk_rows rates, states;
};

/** A map onto a layer: a decoder or an encoder. */
struct spk_link {
	size_t projection;
	size_t from, to; /**< layers */
	double factor;   /**< 1 for decoders, alpha for encoders */
	int is_plastic;
	uint32_t from_copies, to_copies;  /**< neurons of each unit */
	uint64_t n;                       /**< synapses of this rank onto first copies */
	struct spk_synapse_place *places; /**< [n] */
	double *weights;                  /**< [n] at the grid point at work */
	struct spk_rows waiting;          /**< plastic: weights of the next ones */
	double *gradient;                 /**< [n] sum over the points; NULL: not asked for */
};

struct spk_layered {
	const struct spk_record_objective *record;
	struct spk_ranks *ranks; /**< lent */
	size_t n_layers, n_decoders, n_links;
	struct spk_layer *layers;
	struct spk_link *links; /**< [n_links] decoders from the bottom up, then encoders */
	double *scratch;        /**< [units of the largest layer] */
};

/** The network lends its starting weights. Errors: SPK_E_NOMEM. */
int spk_layered_create(const struct spk_network *network, const struct spk_record_objective *record,
	struct spk_layered *ret_layered, struct spk_error *err);
void spk_layered_clear(struct spk_layered *layered);
/** Some of its weights change, so spk_layered_weights is needed for each point. */
int spk_layered_is_plastic(const struct spk_layered *layered);

/** Rates (Hz) of all units of a layer at its next point. Errors: SPK_E_NOMEM. */
int spk_layered_rates(struct spk_layered *layered, size_t layer, const double *rates, struct spk_error *err);
/** The same of its state: n values for each unit, one after the other, of which it has the mean. */
int spk_layered_states(
	struct spk_layered *layered, size_t layer, size_t n, const double *values, struct spk_error *err);
/** The weights of now belong to the next point. Errors: SPK_E_NOMEM. */
int spk_layered_weights(
	struct spk_layered *layered, const struct spk_network *network, struct spk_error *err);

/** Everything of the next point is there: the same on all ranks. */
int spk_layered_has_next(const struct spk_layered *layered);
/**
 * Use the next point up. All ranks call. Errors: as spk_ranks_share.
 *
 * @param ret_terms  [n_links] terms of J, encoders' without alpha
 */
int spk_layered_next(struct spk_layered *layered, double *ret_terms, double *ret_J, struct spk_error *err);

#endif
