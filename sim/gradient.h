/**
 * The analytic gradient of J for a running protocol, beside what the rules change.
 *
 * The gradient is that of the rate limit: u_j = u_rest + sum_i area(W_ij) r_i, with the rates r_i that the
 * sources have for the item shown (or, where the presynaptic side is no source with a mean rate, the rates
 * that were counted), dJ/dW_ij = dJ/du_j area'(W_ij) r_i. It contains no simulated noise of its own.
 *
 * A rank has the synapses onto its own neurons until spk_gradient_gather brings their sums together at rank
 * 0. All ranks call the functions that return a status.
 */
#ifndef SPK_SIM_GRADIENT_H
#define SPK_SIM_GRADIENT_H

#include "sim/protocol_run.h"

int spk_gradient_create(struct spk_protocol_run *run, struct spk_error *err);
void spk_gradient_free(struct spk_protocol_run *run);
/** The part of a lane, which spk_lane_clear frees. */
int spk_gradient_init_lane(struct spk_lane *lane, struct spk_error *err);
/** A presentation that learns begins; its gradient is taken at the weights of this moment. */
int spk_gradient_begin(struct spk_lane *lane, struct spk_error *err);
/** It ended: lane->terms become its gradient, and the weight changes of every rule with the sign of its
 * nudge. */
int spk_gradient_end(struct spk_lane *lane, struct spk_error *err);
/** Numbers in lane->terms. */
size_t spk_gradient_terms(const struct spk_protocol_run *run);
/** Add them to the sums; presentations follow one another in their order. */
void spk_gradient_add(struct spk_protocol_run *run, const struct spk_lane *lane);
/** After the last presentation: at rank 0 run->agreement and run->n_synapses become those of all ranks. */
int spk_gradient_gather(struct spk_protocol_run *run, struct spk_error *err);
/** Some phase alternates the sign of its nudge. */
int spk_gradient_is_paired(const struct spk_protocol_run *run);

#endif
