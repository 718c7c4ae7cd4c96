/**
 * Weight changes of learning projections beside analytic gradients that are made of readouts.
 *
 * The gradient of a projection is, summed over the presentations that learn, d_j a_ij r_i: d_j is a direction
 * of target j, r_i the readout of source i, a_ij the shift of u_j for each unit of weight and rate.
 *
 * - Error: d = target - prediction, a = 1. The gradient of -1/2 |target - prediction|^2 where the prediction
 * is linear in the weights.
 * - Top: d = dJ/du of the protocol's objective, or slope dJ/drate where it reads rates.
 * - Back: d_i = slope_i(u_i) sum_j a_ij W_ij d_j over the projection above, slope and a from the transfer
 * function of the neuron model. With the one above this is backpropagation through the rate limit.
 *
 * Sums are exact for all synapses. The interval of the cosine needs sums by blocks, which are kept of
 * SPK_COMPARED_SYNAPSES synapses at most, spread evenly; noise that fewer synapses average less makes the
 * interval wider, not narrower.
 */
#ifndef SPK_SIM_COMPARISON_H
#define SPK_SIM_COMPARISON_H

#include "sim/agreement.h"
#include "sim/synapse_order.h"

#include <spikem/scenario.h>

enum { SPK_COMPARED_SYNAPSES = 1 << 16 };

struct spk_lane;
struct spk_protocol_run;

struct spk_comparison {
	struct spk_synapse_place *places; /**< [n] */
	uint64_t n;
	double *change, *gradient; /**< [n] sums over the presentations */
	double *direction;         /**< [size of the target population] of the presentation */
	double *par;               /**< [size of the target population * n_par] of its neurons */
	size_t n_par;
	struct spk_agreement sample; /**< the same by blocks, of sample.n synapses */
};

int spk_comparisons_create(struct spk_protocol_run *run, struct spk_error *err);
void spk_comparisons_free(struct spk_protocol_run *run);
/** The part of a lane, which spk_lane_clear frees with spk_comparisons_clear_lane. */
int spk_comparisons_init_lane(struct spk_lane *lane, struct spk_error *err);
void spk_comparisons_clear_lane(struct spk_lane *lane);
/** A presentation that learns begins. */
void spk_comparisons_begin(struct spk_lane *lane);
/** It ended; weights are kept if another rank is to know them. */
void spk_comparisons_end(struct spk_lane *lane);
/** Add it to the sums; presentations follow one another in their order. Of a lane of another rank
 * sim/lane_gather.h has brought the weights. */
void spk_comparisons_add(struct spk_protocol_run *run, const struct spk_lane *lane);
/** Cosine of the sums, with its interval. Errors: SPK_E_NOMEM. */
int spk_comparison_cosine(
	const struct spk_comparison *comparison, struct spk_cosine *ret_cosine, struct spk_error *err);

#endif
