/**
 * Pair-based STDP on one row of synapses: the part that several rules share.
 *
 *   postsynaptic spike at the synapse at s:   w += gain_plus  (1 - z)^mu_plus  x(s)
 *   presynaptic arrival at t:                 w -= gain_minus  z^mu_minus      y(t)
 *   gate opens (closes) at t:                 w -= (+=) gain_minus x(t) y(t)
 *
 * with z = (w - w_min)/(w_max - w_min), x and y the presynaptic and postsynaptic fast traces; y(t) holds the
 * spikes that reached the synapse before t, x(s) the arrivals up to and including s.
 */
#ifndef SPIKEM_MODELS_PLASTICITY_PAIR_H
#define SPIKEM_MODELS_PLASTICITY_PAIR_H

#include <spikem/model.h>

struct spk_pair {
	double gain_plus, gain_minus; /**< in the weight's unit */
	double tau_plus, tau_minus;   /**< ms */
	double mu_plus, mu_minus;     /**< exponents of the dependence on weight; 0: none */
};

void spk_pair_settle(const struct spk_rule_call *call, const struct spk_pair *pair);
void spk_pair_arrive(const struct spk_rule_call *call, const struct spk_pair *pair);
/** Both in one pass; the same bits. */
void spk_pair_settle_and_arrive(const struct spk_rule_call *call, const struct spk_pair *pair);
/** The hook factors(): up = exp(-since / tau_plus), down = y exp(since / tau_minus). */
void spk_pair_factors(const struct spk_pair *pair, const struct spk_post_spike *spike, double since_ms,
	double *ret_up, double *ret_down);
void spk_pair_boundary(const struct spk_rule_call *call, const struct spk_pair *pair, int edge);

/** Unit in which amplitudes are counted: w_max - w_min, or 1 (mV, pA) without both bounds. */
double spk_pair_scale(const struct spk_rule_call *call);

#endif
